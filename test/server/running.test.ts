import { expect, spyOn, test } from "bun:test";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { urlHost } from "../../src/core/address";
import type { Finding } from "../../src/instance/doctor/finding";
import type { ServerFile } from "../../src/server/running";
import { newTemporary } from "../support/backup";
import { program } from "../support/server";
import { command } from "../support/terminal";

const doctor = async (env: Record<string, string>) =>
	JSON.parse((await command(["doctor", "--json"], env)).stdout) as { findings: Finding[] };
const of = ({ findings }: { findings: Finding[] }, check: string) => findings.filter((found) => found.check === check);

test("doctor and healthcheck ask the server that runs, and not their own environment", async () => {
	const secret = "q8Z1vN5rT0xY7mK3jH6gB9cD2fL4pW8s";
	const settings = { HOST: "0.0.0.0", RATE_LIMIT: "off", SECRET_KEY: secret, ALLOWED_HOSTS: "feed.example,0.0.0.0" };
	const server = program(settings);
	const { port } = new URL(await server.address());
	const data = join(server.directory, "data");
	const path = join(data, "server.json");
	const text = readFileSync(path, "utf8");
	const running: ServerFile = JSON.parse(text);
	expect(running).toMatchObject({ pid: server.child.pid, address: `http://0.0.0.0:${port}` });
	expect(running.options).toMatchObject({ RATE_LIMIT: "off", DATABASE_PATH: join(data, "minifeed.db") });
	expect(text).not.toContain(secret);
	expect(statSync(path).mode & 0o777).toBe(0o600);

	const env = { DATA_DIR: data, ALLOWED_HOSTS: "0.0.0.0" };
	for (const own of [env, { DATA_DIR: data }, { DATA_DIR: data, ALLOWED_HOSTS: "other.example" }])
		expect(await command(["healthcheck"], own)).toEqual({ code: 0, stdout: "ready\n", stderr: "" });
	const told = await doctor({ ...env, PUBLIC_URL: "http://other.example" });
	expect(of(told, "settings")).toMatchObject([
		{ severity: "notice", message: expect.stringMatching(/HOST.*SECRET_KEY.*PUBLIC_URL.*RATE_LIMIT/) },
	]);
	expect(of(told, "exposure").map(({ message }) => message)).toEqual([
		expect.stringContaining("Registration is open"),
		expect.stringContaining("RATE_LIMIT=off"),
		expect.stringContaining(`Other machines can reach 0.0.0.0:0`),
	]);
	expect(of(told, "secret")).toMatchObject([
		{ severity: "ok", message: expect.stringContaining("Only the server has") },
	]);
	expect(of(told, "proxy")).toHaveLength(1);

	// The paths of another user's file would lead `doctor --fix` anywhere.
	const other = spyOn(process, "geteuid").mockReturnValue(statSync(path).uid + 1);
	const { findings } = await doctor(env);
	other.mockRestore();
	expect(of({ findings }, "settings")).toMatchObject([{ remedy: expect.stringContaining("sudo -u '#") }]);
	expect(of({ findings }, "proxy")).toEqual([]);

	// A file that a killed server left is not believed, nor is one of a database that no server has.
	await server.stop("SIGKILL");
	expect(of(await doctor(env), "settings")).toEqual([]);
	writeFileSync(path, JSON.stringify({ ...running, pid: process.pid }));
	expect(of(await doctor(env), "settings")).toEqual([]);
	for (const broken of ["", "{", "[]", JSON.stringify({ ...running, pid: -1 }), "x".repeat(300_000)]) {
		writeFileSync(path, broken);
		expect(of(await doctor(env), "settings")).toEqual([]);
	}
	const again = program(settings, server.directory);
	await again.address();
	expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ pid: again.child.pid });
	expect((await again.stop()).code).toBe(0);
	expect(() => statSync(path)).toThrow("ENOENT");
	expect((await command(["healthcheck"], { ...env, PORT: port })).stderr).toContain("No server answers at");
	again.remove();
}, 60_000);

test("healthcheck asks no proxy", async () => {
	const server = program();
	const { port } = new URL(await server.address());
	const env = { HTTP_PROXY: "http://127.0.0.1:1", http_proxy: "http://127.0.0.1:1", NO_PROXY: "", no_proxy: "" };
	const main = join(import.meta.dir, "../../src/main.ts");
	const asked = program({ ...env, PORT: port }, newTemporary(), [process.execPath, main, "healthcheck"]);
	expect(await asked.exit()).toMatchObject({ code: 0, stdout: "ready\n" });
	await server.stop();
	server.remove();
});

test.each([
	["[::1]", "[::1]"],
	["::1", "[::1]"],
	["::", "[::]"],
	["::ffff:127.0.0.1", "[::ffff:127.0.0.1]"],
	["0.0.0.0", "0.0.0.0"],
	["127.1", "127.0.0.1"],
	["LOCALHOST", "localhost"],
	["my_pi.local", "my_pi.local"],
	["localhost:80", null],
	["[::1]:80", null],
	["[::1", null],
	["[localhost]", null],
	["fe80::1%eth0", null],
	["1.2.3.4.5", null],
	["a b", null],
	[" ", null],
	["http://x", null],
	["/run/minifeed.sock", null],
	["*", null],
])("HOST=%p is %p in a URL", (host, expected) => expect(urlHost(host)).toBe(expected));

test.each(["[::]", "[::1]", "::"])("with HOST=%s it listens, prints an address, and is found healthy", async (HOST) => {
	const server = program({ HOST });
	const address = await server.address();
	expect(address).toStartWith("http://[::");
	const env = { DATA_DIR: join(server.directory, "data"), HOST };
	expect(await command(["healthcheck"], env)).toEqual({ code: 0, stdout: "ready\n", stderr: "" });
	const { port } = new URL(address);
	await server.stop("SIGKILL");
	expect((await command(["healthcheck"], { ...env, PORT: port })).stderr).toBe(
		`No server answers at http://[::1]:${port}/readyz.\n`,
	);
	server.remove();
});

test.each([
	[
		"no-such-host.invalid",
		/^The name no-such-host\.invalid does not resolve to an address of this machine\. Set HOST to one of its addresses\.\n$/,
	],
	["fe80::1", /^This machine does not have the address fe80::1\. Set HOST to one of its addresses\.\n$/],
	["localhost:80", /^The configuration has mistakes:\n {2}HOST must be: [^\n]+\n$/],
])("HOST=%s is one sentence", async (HOST, sentence) => {
	const server = program({ HOST, PORT: "8000" });
	const { code, stdout, stderr } = await server.exit();
	expect(stderr).toMatch(sentence);
	expect([code, stdout]).toEqual([1, ""]);
	server.remove();
});
