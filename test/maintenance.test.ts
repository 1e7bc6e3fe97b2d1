import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { password } from "./support/app";
import { program } from "./support/server";
import { command } from "./support/terminal";

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
	expect((await command(["maintenance", "off"], env)).stdout).toContain("Everybody can write");
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
