import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { program } from "../support/server";

const day = 24 * 3_600_000;
const command = (...args: string[]) => [
	process.execPath,
	"--preload",
	join(import.meta.dir, "../support/clock.ts"),
	join(import.meta.dir, "../../src/main.ts"),
	...args,
];
const password = "correct horse battery";

const directories = [mkdtempSync(join(tmpdir(), "minifeed-")), mkdtempSync(join(tmpdir(), "minifeed-"))];
let directory = "";
afterAll(() => directories.forEach((directory) => void rmSync(directory, { recursive: true })));

const set = (offset: number) => writeFileSync(join(directory, "offset"), String(offset));
const start = (...args: string[]) =>
	program(
		{
			CLOCK_OFFSET_FILE: "offset",
			MIN_FREE_BYTES: "0",
			ADMIN_USERNAME: "root",
			ADMIN_EMAIL: "r@example.com",
			ADMIN_PASSWORD: password,
		},
		directory,
		command(...args),
	);

async function client(server: ReturnType<typeof start>) {
	const address = await server.address();
	return async (method: string, path: string, body?: object, token?: string) => {
		const headers: Record<string, string> = { "content-type": "application/json" };
		if (token) headers.authorization = `Bearer ${token}`;
		const answer = await fetch(address + path, { method, headers, body: body && JSON.stringify(body) });
		const text = await answer.text();
		return { status: answer.status, body: text ? JSON.parse(text) : null };
	};
}
const toEpoch = () => 10_000 - Date.now();
const login = { username: "root", password };

test("a server that first starts in 1970 makes its administrator when the clock is right", async () => {
	directory = directories[0] as string;
	set(toEpoch());
	const server = start();
	const call = await client(server);
	expect((await call("GET", "/posts/")).status).toBe(200);
	expect((await call("POST", "/auth/login", login)).status).toBe(503);
	set(0);
	while ((await call("POST", "/auth/login", login)).status !== 200) await Bun.sleep(100);
	expect((await server.stop()).code).toBe(0);
}, 60_000);

test("in 1970 a server and its commands read and write nothing, and go on when the clock is right", async () => {
	directory = directories[1] as string;
	set(0);
	let server = start();
	let call = await client(server);
	const { access_token: token } = (await call("POST", "/auth/login", login)).body;
	expect((await call("POST", "/posts/", { content: "there" }, token)).status).toBe(201);
	expect((await server.stop()).code).toBe(0);

	set(toEpoch());
	server = start();
	call = await client(server);
	expect((await call("GET", "/auth/me", undefined, token)).status).toBe(200);
	expect((await call("POST", "/posts/", { content: "now" }, token)).status).toBe(503);
	const refused = await start("user", "invite").exit();
	expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/The clock says 1970.*Set it, by NTP/)]);
	expect((await start("user", "list").exit()).stdout).toContain("root");
	const findings = await start("doctor").exit();
	expect([findings.code, findings.stdout]).toEqual([4, expect.stringContaining("this version was built at")]);
	expect((await start("clock", "accept").exit()).code).toBe(1);
	set(0);
	expect((await call("POST", "/posts/", { content: "now" }, token)).status).toBe(201);

	set(-2 * day);
	expect((await call("POST", "/auth/login", login)).status).toBe(503);
	const accepted = await start("clock", "accept").exit();
	expect([accepted.code, accepted.stdout]).toEqual([0, expect.stringMatching(/^Accepted: it is 20/)]);
	while ((await call("POST", "/auth/login", login)).status !== 200) await Bun.sleep(100);
	expect((await server.stop()).code).toBe(0);
}, 60_000);
