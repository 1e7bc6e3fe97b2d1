import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { unzipSync } from "fflate";
import { blocksOf, handbook, isOfApi, readme } from "../handbook/pages";
import { testApp } from "../support/app";
import { picture } from "../support/pictures";
import { type Program, program } from "../support/server";
import { databaseOf } from "../support/versions";

const root = join(import.meta.dir, "../..");
const directory = mkdtempSync(join(tmpdir(), "minifeed-binary-"));
const executable = join(directory, "minifeed");
let server: Program;
let address: string;

beforeAll(async () => {
	const build = Bun.spawn([process.execPath, "src/build.ts"], { cwd: root, stdout: "ignore", stderr: "inherit" });
	expect(await build.exited).toBe(0);
	copyFileSync(join(root, "dist/minifeed"), executable);
	// What stands beside it must not matter: Bun would run the preload of a bunfig.toml.
	writeFileSync(join(directory, "bunfig.toml"), 'preload = ["./evil.ts"]\n[test]\npreload = ["./evil.ts"]\n');
	writeFileSync(join(directory, "evil.ts"), 'console.log("evil"); process.exit(3);');
	// No PATH: it needs nothing that is installed here.
	server = program({ PATH: "", ARGON2_MEMORY_KIB: "8", ARGON2_TIME: "1" }, directory, [executable]);
	address = await server.address();
}, 60_000);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test("it says which version and commit it is", async () => {
	expect(await (await fetch(address)).json()).toMatchObject({ name: "minifeed", version: "0.1.0" });
});

test("it carries its documentation", async () => {
	for (const path of ["/docs", "/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css", "/openapi.json", "/client.ts"]) {
		const response = await fetch(address + path);
		expect([path, response.status]).toEqual([path, 200]);
		expect((await response.text()).length).toBeGreaterThan(300);
	}
});

test("its OpenAPI document and its client are those of the source", async () => {
	const { app } = testApp();
	for (const path of ["/openapi.json", "/client.ts"]) {
		const expected = await (await app.handle(new Request(`http://localhost${path}`))).text();
		expect(await (await fetch(address + path)).text()).toBe(expected);
	}
});

test("limits of numbers hold in it, and errors show nothing of the input", async () => {
	expect((await fetch(`${address}/posts/?limit=100000`)).status).toBe(422);
	const body = JSON.stringify({ username: "x", password: ["hunter2"] });
	const refused = await fetch(`${address}/auth/login`, {
		method: "POST",
		body,
		headers: { "content-type": "application/json" },
	});
	expect([refused.status, (await refused.text()).includes("hunter2")]).toEqual([422, false]);
});

test("it empties the log of the database in a thread of its own, as when somebody goes", async () => {
	const ask = (method: string, path: string, body: object, token = "") =>
		fetch(address + path, {
			method,
			body: JSON.stringify(body),
			headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
		});
	const password = "correct horse battery";
	const signUp = { username: "wombat", email: "wombat@example.com", password };
	const { access_token } = (await (await ask("POST", "/auth/register", signUp)).json()) as { access_token: string };
	const log = Bun.file(join(directory, "data/minifeed.db-wal"));
	expect((await log.text()).includes("wombat@example.com")).toBe(true);
	expect((await ask("DELETE", "/users/me", { password }, access_token)).status).toBe(204);
	expect((await log.text()).includes("wombat@example.com")).toBe(false);
});

/** The names in an answer, and the types of its values. */
function shapeOf(json: unknown): unknown {
	if (Array.isArray(json)) return json.map(shapeOf);
	if (typeof json !== "object" || json === null) return json === null ? null : typeof json;
	return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, shapeOf(value)]));
}

test("the examples of the handbook and the README for the API work on it, word for word", async () => {
	const texts = [...(await handbook())].filter(([topic]) => isOfApi(topic)).map(([, text]) => text);
	// The first page makes the people and the post that the others name.
	const pages = texts.sort((a, b) => Number(b.startsWith("# API")) - Number(a.startsWith("# API")));
	const ofReadme = blocksOf(readme, "sh").filter((block) => block.includes("curl "));
	expect(ofReadme.length).toBeGreaterThan(0);
	const blocks = [...pages.flatMap((text) => blocksOf(text, "sh")), ...ofReadme];
	expect(blocks.length).toBeGreaterThan(8);
	const quickStart = pages[0]?.split(/^## /m).find((text) => text.startsWith("Quick start")) ?? "";
	const script = blocks.join("\n").replaceAll("localhost:8000", new URL(address).host);

	const bin = join(directory, "bin");
	mkdirSync(bin);
	await Bun.write(join(bin, "photo.jpg"), await picture({ width: 640, height: 480 }));
	const curl = join(import.meta.dir, "../support/curl.ts");
	writeFileSync(join(bin, "curl"), `#!/bin/sh\nexec "${process.execPath}" "${curl}" "$@"\n`);
	chmodSync(join(bin, "curl"), 0o755);
	const shell = Bun.spawn(["sh", "-eu", "-c", script], {
		cwd: bin,
		env: { PATH: `${bin}${delimiter}${process.env.PATH}` },
		stdout: "pipe",
	});
	const printed = await new Response(shell.stdout).text();

	expect(await shell.exited).toBe(0);
	const answers = (text: string) =>
		text
			.replaceAll("}{", "}\n{")
			.trim()
			.split(/\n(?={)/)
			.map((json) => JSON.parse(json));
	const shown = blocksOf(quickStart, "json").flatMap(answers);
	expect(answers(printed).slice(0, shown.length).map(shapeOf)).toEqual(shown.map(shapeOf));
	const feed = JSON.parse(/{"items":.*?"next_cursor":null}/.exec(printed)?.[0] ?? "") as { items: object[] };
	expect(feed.items).toMatchObject([{ content: "Hello, world", like_count: 1, comment_count: 1, liked: true }]);
	const saved = new Bun.Image(await Bun.file(join(bin, "photo.webp")).bytes());
	expect(await saved.metadata()).toEqual({ format: "webp", width: 640, height: 480 });
	expect(printed).toContain('"content":"Found him","image":null');
	expect(printed).toMatch(/"kind":"post","post":{.*"like_count":1,"comment_count":1/);
	const taken = Object.keys(unzipSync(await Bun.file(join(bin, "ada.zip")).bytes()));
	expect(taken).toEqual(expect.arrayContaining(["README.txt", "account.json", "posts.json", "pictures/avatar.webp"]));
}, 30_000);

test("its commands work beside it", async () => {
	const env = { PATH: "", PORT: new URL(address).port, ARGON2_MEMORY_KIB: "8", ARGON2_TIME: "1" };
	const run = async (args: string, input = "") => {
		const child = Bun.spawn([executable, ...args.split(" ")], {
			cwd: directory,
			env,
			stdin: Buffer.from(input),
			stdout: "pipe",
		});
		const stdout = await new Response(child.stdout).text();
		return { code: await child.exited, stdout };
	};

	expect((await run("version")).stdout).toMatch(/^minifeed \d+\.\d+\.\d+( \([0-9a-f]+\))?\n$/);
	expect(await run("healthcheck")).toEqual({ code: 0, stdout: "ready\n" });
	expect((await run("user create root --email root@example.com --role admin", "summer2024\n")).code).toBe(1);
	expect((await run("user create root --email root@example.com --role admin", "correct horse battery\n")).code).toBe(0);
	expect((await run("seed --users 5 --posts 20 --yes")).code).toBe(0);
	const everybody = JSON.parse((await run("user list --json")).stdout) as { username: string; role: string }[];
	expect(everybody.map(({ username }) => username).slice(0, 4)).toEqual(["ada", "bob", "grace", "root"]);
	expect([everybody.length, everybody[3]?.role]).toEqual([9, "admin"]);
	const document = await (await fetch(`${address}/openapi.json`)).json();
	expect(JSON.parse((await run("openapi")).stdout)).toEqual(document);
	expect((await run("migrate status")).stdout).not.toContain("pending");
	expect((await run("frobnicate")).code).toBe(2);
	expect(await run("backup saved.tar.zst")).toEqual({ code: 0, stdout: expect.stringContaining("verified") });
	expect((await run("restore saved.tar.zst --dry-run")).stdout).toContain("Stop the running server before the ");
}, 20_000);

test("a server of it has backups made by itself, and brings an older database up to date", async () => {
	const data = join(directory, "older");
	databaseOf(1, join(data, "minifeed.db"));
	const admin = { ADMIN_USERNAME: "root", ADMIN_EMAIL: "root@example.com", ADMIN_PASSWORD: "correct horse battery" };
	const env = { PATH: "", DATA_DIR: data, MIN_FREE_BYTES: "0", ...admin };
	const older = program(env, directory, [executable]);
	const at = await older.address();
	expect(readdirSync(join(data, "snapshots"))).toHaveLength(1);
	const body = JSON.stringify({ username: "root", password: admin.ADMIN_PASSWORD });
	const json = { "content-type": "application/json" };
	const login = await fetch(`${at}/auth/login`, { method: "POST", headers: json, body });
	const { access_token } = (await login.json()) as { access_token: string };
	const headers = { authorization: `Bearer ${access_token}` };
	expect((await fetch(`${at}/admin/backups`, { method: "POST", headers })).status).toBe(202);
	let state = "running";
	while (state === "running") {
		await Bun.sleep(50);
		const { items } = (await (await fetch(`${at}/admin/backups`, { headers })).json()) as {
			items: { state: string }[];
		};
		state = items[0]?.state ?? "gone";
	}
	expect(state).toBe("done");
	expect((await older.stop()).code).toBe(0);
}, 20_000);

test("it reads .env by our rules, and no file beside it", async () => {
	const folder = join(directory, "configured");
	mkdirSync(folder);
	writeFileSync(join(folder, ".env"), "DATA_DIR='a$HOME #b'\nUPLOAD_DIR=a$HOME#b\nPORT=9000\n");
	writeFileSync(join(folder, ".env.production"), "METRICS=on\n");
	const env = { HOME: "/root", PORT: "9001" };
	const child = Bun.spawn([executable, "config", "--json"], { cwd: folder, env, stdout: "pipe" });
	expect(JSON.parse(await new Response(child.stdout).text())).toMatchObject({
		DATA_DIR: "a$HOME #b",
		UPLOAD_DIR: "a$HOME#b",
		PORT: 9001,
		METRICS: "off",
	});
}, 20_000);

test("it moves: what it exports beside itself, it imports elsewhere", async () => {
	const run = async (args: string[], data = join(directory, "data")) => {
		const env = { PATH: "", DATA_DIR: data, MIN_FREE_BYTES: "0" };
		const child = Bun.spawn([executable, ...args], { cwd: directory, env, stdout: "pipe" });
		const stdout = await new Response(child.stdout).text();
		return { code: await child.exited, stdout };
	};
	const [out, data] = [join(directory, "moving"), join(directory, "moved")];
	const told = await run(["export", out, "--json"]);
	expect(told.code).toBe(0);
	expect(JSON.parse(told.stdout)).toMatchObject({ counts: { users: 9 }, pictures: { missing: 0 } });
	expect((await run(["import", out], data)).code).toBe(0);
	const [here, there] = [await run(["user", "list"]), await run(["user", "list"], data)];
	expect(there).toEqual(here);
	for (const folder of [out, data]) rmSync(folder, { recursive: true });
}, 20_000);

type Hashing = { env: Record<string, string>; lines: unknown[] };
const nowhere = join(executable, "nowhere"); // below a file no folder can be
test.each<[string, Hashing]>([
	["natively", { env: {}, lines: [] }],
	["natively where the temporary directory is read-only", { env: { BUN_TMPDIR: nowhere }, lines: [] }],
	[
		"with Bun where nothing can be unpacked, and logs that once",
		{
			env: { BUN_TMPDIR: nowhere, DATA_DIR: "absent", DATABASE_PATH: ":memory:", SECRET_KEY: "x".repeat(32) },
			lines: [expect.stringMatching(/^Bun hashes passwords, at more than twice the CPU time: ENOENT/)],
		},
	],
])(
	"it hashes passwords %s",
	async (_, { env, lines }) => {
		const place = mkdtempSync(join(directory, "hashing-"));
		const signer = program({ PATH: "", LOG_FORMAT: "json", MIN_FREE_BYTES: "0", ...env }, place, [executable]);
		const post = async (path: string, body: object) =>
			fetch((await signer.address()) + path, {
				method: "POST",
				headers: { "content-type": "application/json" },
				body: JSON.stringify(body),
			});
		const names = ["ada", "bob"];
		const password = "correct horse battery";
		const signUp = (username: string) =>
			post("/auth/register", { username, email: `${username}@example.com`, password });
		for (const { status } of await Promise.all(names.map(signUp))) expect(status).toBe(201);
		for (const username of names) {
			expect((await post("/auth/login", { username, password })).status).toBe(200);
			expect((await post("/auth/login", { username, password: "wrong horse battery" })).status).toBe(401);
		}
		const { code, stdout } = await signer.stop();
		const told = stdout.split("\n").flatMap((line) => {
			const { level, msg } = JSON.parse(line || "{}") as { level?: string; msg?: string };
			return level === "warn" && !msg?.startsWith("There is no administrator") ? [msg] : [];
		});
		expect([code, told]).toEqual([0, lines as string[]]);
		const files = [...new Bun.Glob("**/*.{part,node}").scanSync({ cwd: place, dot: true })];
		expect(files).toEqual([]);
	},
	20_000,
);

test("it stops when it is told to, and leaves one database file", async () => {
	expect(await server.stop()).toMatchObject({ code: 0, stderr: "" });
	expect(readdirSync(join(directory, "data")).sort()).toEqual([
		"backups",
		"incoming",
		"minifeed.db",
		"minifeed.db.backup.lock",
		"minifeed.db.initialized",
		"minifeed.db.lock",
		"secret.key",
		"uploads",
	]);
});
