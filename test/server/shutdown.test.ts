import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createShutdown } from "../../src/server/shutdown";
import { password } from "../support/app";
import { connection, program } from "../support/server";

const main = join(import.meta.dir, "../../src/main.ts");
const body = JSON.stringify({ username: "ada", email: "ada@example.com", password });
const head = `POST /auth/register HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;

test("a request that runs when the signal comes is finished, and what it wrote is kept", async () => {
	const server = program({ ARGON2_MEMORY_KIB: "65536", ARGON2_TIME: "4" });
	const { send, received, closed } = await connection(await server.address());
	send(head + body.slice(0, 20));
	await Bun.sleep(100);
	server.child.kill("SIGTERM");
	await Bun.sleep(100);
	send(body.slice(20));
	const { code } = await server.exit();
	await closed;

	expect(code).toBe(0);
	expect(received()).toStartWith("HTTP/1.1 201");
	const again = program({}, server.directory);
	expect((await fetch(`${await again.address()}/users/ada`)).status).toBe(200);
	await again.stop();
	again.remove();
});

test("a signal closes the door to new connections", async () => {
	const server = program();
	const address = await server.address();
	const { send } = await connection(address);
	send(head);
	await Bun.sleep(100);
	server.child.kill("SIGTERM");
	await Bun.sleep(100);
	expect(fetch(`${address}/livez`)).rejects.toThrow();
	send(body);
	expect((await server.exit()).code).toBe(0);
	server.remove();
});

test("who dribbles does not hold up the end: exit 0 within ten seconds", async () => {
	const server = program();
	const { send } = await connection(await server.address());
	send(head);
	await Bun.sleep(100);
	const started = performance.now();
	const { code } = await server.stop();

	expect(code).toBe(0);
	expect(performance.now() - started).toBeLessThan(10_000);
	server.remove();
}, 15_000);

test("a server with many pictures to delete stops between two of them", async () => {
	const server = program();
	await server.address();
	await server.stop();
	const path = join(server.directory, "data/minifeed.db");
	const names = (work: (db: Database) => void) => {
		const db = new Database(path);
		work(db);
		db.close();
	};
	names((db) => {
		const insert = db.prepare("INSERT INTO removed_images VALUES (printf('%064x', ?))");
		db.transaction(() => {
			for (let i = 0; i < 50_000; i++) insert.run(i);
		})();
		insert.finalize();
	});
	const again = program({}, server.directory);
	await again.address();
	const { code, stdout, stderr } = await again.stop();

	expect([code, stderr]).toEqual([0, ""]);
	expect(stdout).not.toContain('"level":"error"');
	names((db) => expect(db.query("SELECT count(*) AS left FROM removed_images").get()).not.toEqual({ left: 0 }));
	again.remove();
}, 60_000);

test("a second signal ends it at once, and what was acknowledged is kept", async () => {
	const server = program();
	const address = await server.address();
	await fetch(`${address}/auth/register`, { method: "POST", headers: { "content-type": "application/json" }, body });
	const { send } = await connection(address);
	send(head);
	await Bun.sleep(100);
	server.child.kill("SIGTERM");
	await Bun.sleep(100);
	const started = performance.now();
	const { code } = await server.stop("SIGINT");

	expect(code).not.toBe(0);
	expect(performance.now() - started).toBeLessThan(2_000);
	const again = program({}, server.directory);
	expect((await fetch(`${await again.address()}/users/ada`)).status).toBe(200);
	await again.stop();
	again.remove();
});

test.each(["SIGHUP", "SIGQUIT"] as const)(
	"%s ends it as SIGTERM does, in the middle of an upload too",
	async (signal) => {
		const server = program();
		const address = await server.address();
		const { send, received, closed } = await connection(address);
		send(head + body.slice(0, 20));
		await Bun.sleep(100);
		server.child.kill(signal);
		if (signal === "SIGHUP") server.child.kill(signal); // a terminal that is closed may send it twice
		await Bun.sleep(100);
		send(body.slice(20));
		const { code, stdout, stderr } = await server.exit();
		await closed;

		expect([code, stderr]).toEqual([0, ""]);
		expect(received()).toStartWith("HTTP/1.1 201");
		expect(stdout).toContain(`${signal}: finishing running requests`);
		server.remove();
	},
);

test("SIGUSR1 and SIGUSR2 change nothing, and no inspector listens", async () => {
	const server = program();
	const address = await server.address();
	for (const signal of ["SIGUSR1", "SIGUSR2"] as const) server.child.kill(signal);
	await Bun.sleep(100);
	expect((await fetch(`${address}/livez`)).status).toBe(200);
	expect(await server.stop()).toMatchObject({ code: 0, stderr: "" });
	server.remove();
});

/** The program on a terminal that is closed when it says where it listens. */
async function onTerminal(...before: string[]) {
	const directory = mkdtempSync(join(tmpdir(), "minifeed-"));
	let shown = "";
	const child = Bun.spawn([...before, process.execPath, main], {
		cwd: directory,
		env: { PATH: process.env.PATH, PORT: "0", TERM: "xterm" },
		terminal: {
			data(_, bytes) {
				shown += Buffer.from(bytes).toString("utf8");
			},
		},
	});
	const found = () => /documentation +(http:\S+)\/docs/.exec(shown)?.[1];
	while (!found() || !shown.includes("Create the first account")) await Bun.sleep(10);
	child.terminal?.close();
	return { directory, child, address: found() as string };
}

test("a terminal that is closed stops it cleanly, and with nohup it goes on", async () => {
	const closed = await onTerminal();
	closed.child.kill("SIGHUP"); // as the terminal of a session does
	expect(await closed.child.exited).toBe(0);
	const data = join(closed.directory, "data");
	expect(readdirSync(data)).not.toContain("minifeed.db-wal");

	if (process.platform !== "linux") return rmSync(closed.directory, { recursive: true });
	const kept = await onTerminal("sh", "-c", "trap '' HUP; exec \"$@\"", "sh");
	kept.child.kill("SIGHUP");
	for (let i = 0; i < 5; i++) expect((await fetch(`${kept.address}/livez`)).status).toBe(200); // each of which is logged
	kept.child.kill("SIGTERM");
	expect(await kept.child.exited).toBe(0);
	for (const { directory } of [closed, kept]) rmSync(directory, { recursive: true });
});

/** Runs the server with a script that is loaded before it. */
function withScript(script: string) {
	const directory = mkdtempSync(join(tmpdir(), "minifeed-"));
	const preload = join(directory, "preload.ts");
	writeFileSync(preload, script);
	return program({}, directory, [process.execPath, "--preload", preload, main]);
}

test.each([
	["a rejection", `process.on("SIGUSR2", () => { Promise.reject(new Error("nothing waits for this")); });`],
	["an exception", `process.on("SIGUSR2", () => { throw new Error("nothing waits for this"); });`],
])("%s that nothing caught is logged, running requests finish, and the exit code is 1", async (_, script) => {
	const server = withScript(script);
	const { send, received, closed } = await connection(await server.address());
	send(head + body.slice(0, 20));
	await Bun.sleep(100);
	server.child.kill("SIGUSR2");
	await Bun.sleep(100);
	send(body.slice(20));
	const { code, stdout, stderr } = await server.exit();
	await closed;

	expect([code, stderr]).toEqual([1, ""]);
	expect(received()).toStartWith("HTTP/1.1 201");
	const error = stdout.split("\n").find((line) => line.includes('"level":"error"'));
	expect(JSON.parse(error ?? "")).toMatchObject({ err: { message: "nothing waits for this" } });
	expect(stdout).toContain('"msg":"stopped"');
	expect(readdirSync(join(server.directory, "data"))).not.toContain("minifeed.db-wal");
	server.remove();
});

test("a command that meets an error that nothing caught says so and leaves with 1", async () => {
	const directory = mkdtempSync(join(tmpdir(), "minifeed-"));
	const preload = join(directory, "preload.ts");
	writeFileSync(preload, `setTimeout(() => { Promise.reject(new Error("nothing waits for this")); }, 20);`);
	const command = [process.execPath, "--preload", preload, main, "seed", "--users", "500", "--posts", "20000"];
	const { code, stderr } = await program({}, directory, command).exit();
	expect([code, stderr]).toEqual([1, expect.stringContaining("nothing waits for this")]);
	rmSync(directory, { recursive: true });
});

test("a step of the end that fails or hangs keeps no other from running", async () => {
	const [ended, failures, codes]: [string[], unknown[], number[]] = [[], [], []];
	const log = { info() {}, error: (line: { err: unknown }) => failures.push(String(line.err)), flush: async () => {} };
	const end = createShutdown({ log: log as never, limitMs: 20, exit: (code) => codes.push(code) });
	end.add("last", () => ended.push("last"));
	end.add("late", () => Promise.withResolvers().promise);
	end.add("thrown", () => {
		throw new Error("thrown");
	});
	end.add("rejected", async () => {
		throw new Error("rejected");
	});
	end.add("first", async () => ended.push("first"));
	await Promise.all([end.stop("test"), end.run()]);
	expect(ended).toEqual(["first", "last"]);
	expect(failures).toEqual(["Error: rejected", "Error: thrown", "Error: It took longer than 20 ms."]);
	expect(codes).toEqual([1]);
});
