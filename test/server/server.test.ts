import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
	existsSync,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { password } from "../support/app";
import { connection, type Program, program, raw } from "../support/server";

const main = join(import.meta.dir, "../../src/main.ts");

const send = (body: object) => ({
	method: "POST",
	headers: { "content-type": "application/json" },
	body: JSON.stringify(body),
});
const account = (username: string) => send({ username, email: `${username}@example.com`, password });

test("with nothing configured it starts, says where it is, and keeps everything through a restart", async () => {
	const first = program({ LOG_FORMAT: "pretty" });
	const address = await first.address();
	const registered = (await (await fetch(`${address}/auth/register`, account("ada"))).json()) as {
		access_token: string;
	};
	const headers = { authorization: `Bearer ${registered.access_token}` };
	const { code, stdout, stderr } = await first.stop();

	expect([code, stderr]).toEqual([0, ""]);
	for (const line of ["minifeed 0.1.0", `${address}/docs`, "data/minifeed.db", `curl ${address}/auth/register`])
		expect(stdout).toContain(line);
	const data = join(first.directory, "data");
	expect(readdirSync(data).sort()).toEqual([
		"minifeed.db",
		"minifeed.db.initialized",
		"minifeed.db.lock",
		"secret.key",
		"uploads",
	]);
	expect(statSync(data).mode & 0o777).toBe(0o700);
	for (const name of readdirSync(data)) expect([name, statSync(join(data, name)).mode & 0o077]).toEqual([name, 0]);

	const second = program({ LOG_FORMAT: "pretty" }, first.directory);
	const me = await fetch(`${await second.address()}/auth/me`, { headers });
	expect([me.status, ((await me.json()) as { username: string }).username]).toEqual([200, "ada"]);
	const ended = await second.stop("SIGINT");
	expect(ended.code).toBe(0);
	expect(ended.stdout).not.toContain("first account"); // there is one
	expect(ended.stdout).not.toContain("was missing");

	rmSync(join(data, "secret.key")); // somebody is signed in
	const third = program({ LOG_FORMAT: "pretty" }, first.directory);
	await third.address();
	expect((await third.stop()).stdout).toMatch(
		/secret\.key was missing, so the server created a new one\. Put the old file back: with another/,
	);
	third.remove();
});

test("the administrator of the configuration is made once, and may have a reserved name", async () => {
	const env = { ADMIN_USERNAME: "Admin", ADMIN_EMAIL: "admin@example.com", ADMIN_PASSWORD: password };
	const first = program(env);
	await first.address();
	await first.stop();
	const second = program(env, first.directory);
	const login = await fetch(`${await second.address()}/auth/login`, send({ username: "admin", password }));

	expect(((await login.json()) as { user: object }).user).toMatchObject({ username: "admin", role: "admin" });
	await second.stop();
	second.remove();
});

test.each<[string, (directory: Program) => Record<string, string>, RegExp]>([
	[
		"a mistake in the configuration",
		() => ({ PORT: "http" }),
		/^The configuration has mistakes:\n {2}PORT must be: [^\n]+\n$/,
	],
	[
		"a weak administrator",
		() => ({ ADMIN_USERNAME: "root", ADMIN_EMAIL: "root@example.com", ADMIN_PASSWORD: "password" }),
		/^The first administrator cannot be created: .*password: Is one of the most common/,
	],
	[
		"an administrator's address with a control character",
		() => ({ ADMIN_USERNAME: "root", ADMIN_EMAIL: "root@exa\u009bmple.com", ADMIN_PASSWORD: password }),
		/^The first administrator cannot be created: .*email: Must be an e-mail address[^\u0080-\u009f]*$/,
	],
	["a port below 0", () => ({ PORT: "-1" }), /PORT must be/],
	[
		"an address of another machine",
		() => ({ HOST: "192.0.2.1", PORT: "8000" }),
		/^This machine does not have the address 192\.0\.2\.1\. Set HOST to one of its addresses\.\n$/,
	],
	[
		"a data directory that is a file",
		({ directory }) => {
			writeFileSync(join(directory, "file"), "");
			return { DATA_DIR: "file" };
		},
		/^file is a file, where a folder should be\. Move it away, or set DATA_DIR to another place\.\n$/,
	],
	[
		"a file that is no database",
		({ directory }) => {
			writeFileSync(join(directory, "my.db"), "not a database ".repeat(100));
			return { DATABASE_PATH: "my.db" };
		},
		/^my\.db is not a database\. It was not changed\. There is no backup in data\/backups\. If you have one elsewhere, run: minifeed restore FILE\n$/,
	],
])("%s is one clear sentence and exit code 1", async (_, prepare, sentence) => {
	const running = program();
	await running.address();
	await running.stop();
	const { code, stdout, stderr } = await program(prepare(running), running.directory).exit();

	expect(stderr).toMatch(sentence);
	expect([code, stdout]).toEqual([1, ""]);
	running.remove();
});

describe("a running server", () => {
	let server: Program;
	let address: string;
	beforeAll(async () => {
		server = program();
		address = await server.address();
	});
	afterAll(async () => {
		expect(await server.stop()).toMatchObject({ code: 0, stderr: "" });
		server.remove();
	});

	test("keeps its port to itself", async () => {
		const second = program({ PORT: new URL(address).port });
		const { code, stderr } = await second.exit();

		expect(stderr).toMatch(/^Port \d+ on 127\.0\.0\.1 is in use\. Stop the other program, or set PORT\.\n$/);
		expect(code).toBe(1);
		second.remove();
	});

	test("takes no Host for part of the path, however short", async () => {
		const get = (host: string, path: string) =>
			raw(address, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);

		expect(await get("x", "/aa/livez")).toStartWith("HTTP/1.1 404");
		expect(await get("pi", "/livez")).toStartWith("HTTP/1.1 200");
		for (const host of ["x/livez?", "a b", "a\\b", "-", "a@b", "a:b:c", "[::1", "é", "a".repeat(300)]) {
			const answer = await get(host, "/livez");
			expect([host, answer.slice(0, 12)]).toEqual([host, "HTTP/1.1 400"]);
		}
		expect(await get("[::1]:8000", "/livez")).toStartWith("HTTP/1.1 200");
	});

	test("answers a body that is too large before it was sent", async () => {
		const head = "POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
		const answer = await raw(address, `${head}Content-Length: 1000000\r\n\r\n{`);
		expect(answer).toStartWith("HTTP/1.1 413");
		expect(answer).toContain('"code":"too_large"');
		const chunk = `10000\r\n${"x".repeat(65_536)}\r\n`;
		expect(await raw(address, `${head}Transfer-Encoding: chunked\r\n\r\n${chunk}${chunk}`)).toContain("HTTP/1.1 413");
	});

	test("lets go of a socket whose body it gave up", async () => {
		const head =
			"POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
		const chunk = `10000\r\n${"x".repeat(65_536)}\r\n`;
		const started = performance.now();
		const answer = await raw(address, head + chunk + chunk, 10_000);
		expect(answer.toLowerCase()).toContain("connection: close");
		expect(performance.now() - started).toBeLessThan(9_000); // it was closed from the other side
	});

	test("skips the rest of a refused body whose length it knows, and goes on with the connection", async () => {
		const body = "x".repeat(500_000);
		const head = (type: string) =>
			`POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`;
		for (const [type, status] of [
			["application/json", 413],
			["text/plain", 415],
		] as const) {
			const [first, next] = [head(type) + body, "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"];
			const answers = await raw(address, first, 1_000, next);
			expect(answers).toStartWith(`HTTP/1.1 ${status}`);
			expect(answers.toLowerCase()).not.toContain("connection: close");
			expect(answers).toContain("HTTP/1.1 200");
		}
	});

	test("does not keep what it refuses to read", async () => {
		const before = await memory(server.child.pid);
		const body = new Uint8Array(15_000_000);
		const replies = await Promise.all(
			Array.from({ length: 6 }, () =>
				fetch(`${address}/posts/`, { method: "POST", body, headers: { "content-type": "application/json" } })
					.then(({ status }) => status)
					.catch(() => 401),
			),
		);

		expect(replies).toEqual(Array(6).fill(401));
		expect((await memory(server.child.pid)) - before).toBeLessThan(60_000_000);
	});

	test("answers HEAD like GET, without the body", async () => {
		const answer = await raw(address, "HEAD /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
		expect(answer).toStartWith("HTTP/1.1 200");
		expect(answer.toLowerCase()).toContain("content-length: 15");
		expect(answer.split("\r\n\r\n")[1]).toBe("");
	});

	test("serves its documentation whole, and sends nobody elsewhere", async () => {
		const page = await fetch(`${address}/docs`);
		const html = await page.text();
		expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
		for (const [, path] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
			if (path?.startsWith("data:")) continue;
			expect(path).toStartWith("/docs/");
			const asset = await fetch(address + path);
			expect([path, asset.status]).toEqual([path, 200]);
		}
		expect(html).not.toContain("//");
	});
});

test("it runs in production mode, whatever the environment says: else refusing a hostile body costs seconds", async () => {
	const main = join(import.meta.dir, "../../src/main.ts");
	const script = `
		await import(${JSON.stringify(main)});
		const { t, ValidationError } = await import("elysia");
		// In development an error carries an example of what was expected, and prints what was found.
		console.log("mode:", new ValidationError("body", t.Object({ a: t.String() }), {}).expected === undefined);
		process.kill(process.pid, "SIGTERM");`;
	for (const NODE_ENV of ["", "development"]) {
		const env = { PATH: process.env.PATH, NODE_ENV, PORT: "0", DATABASE_PATH: ":memory:", SECRET_KEY: "x".repeat(32) };
		const child = Bun.spawn([process.execPath, "-e", script], {
			cwd: join(import.meta.dir, "../.."),
			env,
			stdout: "pipe",
		});
		expect(await new Response(child.stdout).text()).toContain("mode: true");
		expect(await child.exited).toBe(0);
	}
});

test("of two copies on one directory the second refuses, until the first is gone, however it went", async () => {
	const first = program();
	await first.address();
	const second = await program({}, first.directory).exit();

	expect(second.stderr).toMatch(/^The database \S+ is in use by another copy of minifeed\. Stop that one first\.\n$/);
	expect(second.code).toBe(1);
	await first.stop("SIGKILL");
	const third = program({}, first.directory);
	await third.address();
	expect((await third.stop()).code).toBe(0);
	third.remove();
});

test("of many that start at once on an empty directory one serves", async () => {
	const first = program();
	const others = Array.from({ length: 4 }, () => program({}, first.directory));
	const started = await Promise.allSettled([first, ...others].map((server) => server.address()));
	expect(started.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
	const ends = await Promise.all([first, ...others].map((server) => server.stop()));
	expect(ends.map(({ code }) => code).sort()).toEqual([0, 1, 1, 1, 1]);
	first.remove();
});

/** Resident memory of a process, in bytes. */
async function memory(pid: number): Promise<number> {
	const status = `/proc/${pid}/status`; // not on every system, and `ps` is not either
	if (existsSync(status)) return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(status, "utf8"))?.[1]) * 1024;
	return Number(await Bun.$`ps -o rss= -p ${pid}`.text()) * 1024;
}

test.each([
	["the database", { DATABASE_PATH: "link.db" }],
	["its folder", { DATA_DIR: "linked" }],
])("a link to %s is followed: start, crash, command, backup, restore", async (_, env) => {
	const directory = mkdtempSync(join(tmpdir(), "minifeed-"));
	const given: Record<string, string> = env;
	mkdirSync(join(directory, "disk"));
	symlinkSync("disk/real.db", join(directory, "link.db")); // the file is still to be made
	symlinkSync("disk", join(directory, "linked"));
	const command = async (...args: string[]) => {
		const { code, stderr } = await program(given, directory, [process.execPath, main, ...args]).exit();
		expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
	};
	const register = async (server: Program, name: string) =>
		expect((await fetch(`${await server.address()}/auth/register`, account(name))).status).toBe(201);
	const has = async (server: Program, name: string) => (await fetch(`${await server.address()}/users/${name}`)).ok;

	let server = program(given, directory);
	await register(server, "ada");
	server.child.kill("SIGKILL");
	await server.exit();
	server = program(given, directory);
	expect(await has(server, "ada")).toBe(true);
	await command("backup", "backup.tar.zst");
	await register(server, "bob");
	await command("user", "role", "bob", "admin");
	const { code } = await program(given, directory).exit();
	expect(code).toBe(1); // one database under two names has one lock
	await server.stop();
	await command("restore", "backup.tar.zst");
	server = program(given, directory);
	expect([await has(server, "ada"), await has(server, "bob")]).toEqual([true, false]);
	await server.stop();
	expect(lstatSync(join(directory, "link.db")).isSymbolicLink()).toBe(true);
	expect(existsSync(join(directory, "link.db-wal"))).toBe(false);
	rmSync(directory, { recursive: true });
});

test("a server without descriptors is not in maintenance, and goes on", async () => {
	const limited = ["sh", "-c", `ulimit -n 80; exec ${process.execPath} ${main}`];
	const directory = mkdtempSync(join(tmpdir(), "minifeed-"));
	mkdirSync(join(directory, "data"));
	writeFileSync(join(directory, "data/minifeed.db.restore.lock"), ""); // a lock to look at, of an earlier restore
	const server = program({ RATE_LIMIT: "off" }, directory, limited);
	const address = await server.address();
	const ask = await connection(address);
	const body = (name: string) => account(name).body;
	const register = (name: string) =>
		ask.send(
			`POST /auth/register HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body(name).length}\r\n\r\n${body(name)}`,
		);
	const answered = async (count: number) => {
		while (ask.received().split("HTTP/1.1 ").length <= count) await Bun.sleep(10);
		return ask.received().split("HTTP/1.1 ")[count]?.slice(0, 3);
	};
	register("ada");
	expect(await answered(1)).toBe("201");

	const { hostname, port } = new URL(address);
	const crowd = Array.from({ length: 120 }, () => connect(Number(port), hostname).on("error", () => {}));
	const open = () => readdirSync(`/proc/${server.child.pid}/fd`).length;
	while (process.platform === "linux" && open() < 80) await Bun.sleep(20);
	await Bun.sleep(1_100); // as long as a look counts
	register("bob");
	expect(await answered(2)).toBe("201");
	for (const socket of crowd) socket.destroy();
	const { code, stdout } = await server.stop();
	expect(code).toBe(0);
	if (process.platform === "linux") expect(stdout).toContain("restore.lock cannot be read (SQLITE_");
	server.remove();
});
