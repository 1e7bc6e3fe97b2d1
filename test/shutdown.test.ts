import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import { password } from "./support/app";
import { connection, program } from "./support/server";

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
