import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { password } from "../support/app";
import { form, picture } from "../support/pictures";
import { type Program, program } from "../support/server";
import { command } from "../support/terminal";

let server: Program;
let env: Record<string, string>;
let uploads: string;
beforeAll(async () => {
	server = program();
	const address = await server.address();
	env = { DATA_DIR: join(server.directory, "data") };
	uploads = join(server.directory, "data/uploads");
	for (const [i, username] of ["ada", "bob"].entries()) {
		const registered = await fetch(`${address}/auth/register`, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify({ username, email: `${username}@example.com`, password }),
		});
		const { access_token } = (await registered.json()) as { access_token: string };
		for (let n = 0; n <= i; n++)
			await fetch(`${address}/posts/`, {
				method: "POST",
				headers: { authorization: `Bearer ${access_token}` },
				body: form({ image: await picture({ at: () => [i * 100, n * 100, 0] }) }),
			});
	}
});
afterAll(async () => {
	await server.stop();
	server.remove();
});

test("usage tells what the pictures of each person take, the most first", async () => {
	const usage = JSON.parse((await command(["media", "usage", "--json"], env)).stdout);
	expect(usage).toMatchObject([
		{ username: "bob", images: 2 },
		{ username: "ada", images: 1 },
	]);
	expect(usage[0].bytes).toBeGreaterThan(usage[1].bytes);
	const { stdout } = await command(["media", "usage"], env);
	expect(stdout).toMatch(/^USERNAME +PICTURES +BYTES\nbob +2 +\d+\nada +1 +\d+\n$/);
});

test("sweep says what it would do, and does it beside the server", async () => {
	const orphan = join(uploads, `${"0".repeat(64)}.webp`);
	const old = new Date(Date.now() - 2 * 60 * 60 * 1000);
	writeFileSync(orphan, "x");
	utimesSync(orphan, old, old);
	const before = readdirSync(uploads);

	expect((await command(["media", "sweep", "--dry-run"], env)).stdout).toStartWith("Orphaned files: 1\n");
	expect(readdirSync(uploads)).toEqual(before);
	const { stdout } = await command(["media", "sweep", "--json"], env);
	expect(JSON.parse(stdout)).toEqual({ files: 1, images: 0, missing: 0, dry_run: false });
	expect(readdirSync(uploads)).toHaveLength(before.length - 1);
	expect((await command(["media", "sweep"], env)).stdout).toStartWith("Orphaned files: 0, deleted\n");
});

test("a folder of another database is refused, by commands and by the server", async () => {
	const other = { DATABASE_PATH: join(server.directory, "other.db"), UPLOAD_DIR: uploads };
	await command(["migrate", "apply"], other);
	const refused = { code: 1, stderr: expect.stringContaining("belongs to another database") };
	expect(await command(["media", "sweep"], other)).toMatchObject(refused);
	const bytes = () => ["", ".initialized"].map((suffix) => readFileSync(other.DATABASE_PATH + suffix));
	const before = bytes();
	const second = program(other);
	expect(await second.exit()).toMatchObject(refused);
	second.remove();
	expect(bytes()).toEqual(before);

	const none = program({ ...other, DATABASE_PATH: join(server.directory, "none.db") });
	expect(await none.exit()).toMatchObject({
		code: 1,
		stderr: expect.stringContaining("The database of the upload folder"),
	});
	none.remove();
	expect(existsSync(join(server.directory, "none.db"))).toBe(false);
	for (const name of readdirSync(server.directory)) if (name.startsWith("other")) rmSync(join(server.directory, name));
});

test("deleting somebody deletes their files, beside the server", async () => {
	const before = readdirSync(uploads).length;
	expect((await command(["user", "delete", "bob", "--yes", "--permanent"], env)).code).toBe(0);
	expect(readdirSync(uploads)).toHaveLength(before - 4);
});

test("where there is no database, there is nothing to see to", async () => {
	const nowhere = { DATA_DIR: join(server.directory, "nowhere") };
	for (const args of [["usage"], ["sweep"]])
		expect(await command(["media", ...args], nowhere)).toMatchObject({ code: 1, stdout: "" });
	expect(readdirSync(server.directory)).not.toContain("nowhere");
});
