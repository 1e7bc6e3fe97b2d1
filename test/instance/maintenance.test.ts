import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { password } from "../support/app";
import { dataIn, stateOf } from "../support/backup";
import { program } from "../support/server";
import { command } from "../support/terminal";

const account = JSON.stringify({ username: "ada", email: "ada@example.com", password });
const register = (address: string) =>
	fetch(`${address}/auth/register`, { method: "POST", headers: { "content-type": "application/json" }, body: account });

/** Asks until the server has seen what changed. */
async function until(status: number, ask: () => Promise<Response>): Promise<Response> {
	for (;;) {
		const response = await ask();
		if (response.status === status) return response;
		await Bun.sleep(50);
	}
}

test("maintenance is begun and ended beside the server, and survives its restart", async () => {
	const server = program();
	const address = await server.address();
	const env = { DATA_DIR: join(server.directory, "data") };
	const on = await command(["maintenance", "on", "--message", "Back at six"], env);
	expect(on).toMatchObject({ code: 0, stderr: "" });
	const refused = await until(503, () => fetch(`${address}/nowhere`, { method: "POST" }));
	expect(await refused.json()).toMatchObject({ code: "busy", detail: "Back at six" });
	expect((await fetch(`${address}/posts/`)).status).toBe(200);
	expect((await server.stop()).code).toBe(0);

	const again = program(
		{ ADMIN_USERNAME: "root", ADMIN_EMAIL: "root@example.com", ADMIN_PASSWORD: password },
		server.directory,
	);
	const address2 = await again.address();
	expect((await register(address2)).status).toBe(503);
	expect((await fetch(`${address2}/readyz`)).status).toBe(200);
	const status = await command(["maintenance", "status", "--json"], env);
	expect(JSON.parse(status.stdout)).toEqual({ maintenance: true, message: "Back at six" });
	expect((await command(["user", "list"], env)).code).toBe(0); // the operator goes on
	expect((await command(["maintenance", "off"], env)).stdout).toContain("Maintenance is off");
	await until(404, () => fetch(`${address2}/nowhere`, { method: "POST" }));
	expect((await register(address2)).status).toBe(201);
	await again.stop();
	again.remove();
});

test("a server on a disk with less than MIN_FREE_BYTES starts, is read, and takes nothing new", async () => {
	const server = program({ MIN_FREE_BYTES: String(1024 ** 4) }); // more than any disk of a test has
	const address = await server.address();
	const refused = await register(address);
	expect(refused.status).toBe(507);
	expect(await refused.json()).toMatchObject({ code: "storage_full" });
	expect((await fetch(`${address}/posts/`)).status).toBe(200);
	expect((await server.stop()).code).toBe(0);
	server.remove();
});

test("maintenance needs a data directory", async () => {
	const { code, stderr } = await command(["maintenance", "on"], { DATA_DIR: "/nowhere/at/all" });
	expect(code).toBe(1);
	expect(stderr).toContain("There is no /nowhere/at/all.");
	expect(existsSync("/nowhere")).toBe(false);
});

const temporary = mkdtempSync(join(tmpdir(), "minifeed-"));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));
const restoring = (directory: string, env: Record<string, string>, backup: string) =>
	program(env, directory, [process.execPath, join(import.meta.dir, "../../src/main.ts"), "restore", backup, "--wait"]);

test("while a backup is put back with --wait people read, and the exchange is made when the server has stopped", async () => {
	const backup = join(temporary, "backup.tar.zst");
	const saved = dataIn(join(temporary, "saved"), { posts: 30, seed: "saved" });
	expect((await command(["backup", backup], saved.env)).code).toBe(0);
	const home = join(temporary, "home");
	const { directory, env } = dataIn(join(home, "data"), { posts: 20, seed: "there" });
	const server = program(env, home);
	const address = await server.address();
	expect(await command(["restore", backup], env)).toMatchObject({
		code: 1,
		stderr: expect.stringContaining("Stop that one first"),
	});

	const command2 = restoring(home, env, backup);
	await until(503, () => fetch(`${address}/nowhere`, { method: "POST" }));
	expect((await fetch(`${address}/posts/`)).status).toBe(200);
	expect(await command(["restore", backup, "--wait"], env)).toMatchObject({
		code: 1,
		stderr: "Another restore is running. Wait until it is done.\n",
	});
	expect(command2.child.exitCode).toBeNull();
	await server.stop();
	const { code, stdout, stderr } = await command2.exit();
	expect([code, stderr]).toEqual([0, "The backup is ready. Stop the server: this command then replaces the data.\n"]);
	expect(stdout).toContain("Restored. Start the server.");
	expect(stateOf(directory)).toEqual(stateOf(saved.directory));
	const again = program(env, home);
	expect((await fetch(`${await again.address()}/nowhere`, { method: "POST" })).status).toBe(404);
	await again.stop();
});

test("a restore that is killed leaves a server that people write to", async () => {
	const backup = join(temporary, "other.tar.zst");
	const home = join(temporary, "killed");
	const { env } = dataIn(join(home, "data"));
	expect((await command(["backup", backup], env)).code).toBe(0);
	const server = program(env, home);
	const address = await server.address();
	const killed = restoring(home, env, backup);
	await until(503, () => fetch(`${address}/nowhere`, { method: "POST" }));
	await killed.stop("SIGKILL");
	await until(404, () => fetch(`${address}/nowhere`, { method: "POST" }));
	await server.stop();
});
