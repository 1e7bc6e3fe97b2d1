import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seedPassword } from "../../src/seed";
import { program } from "../support/server";
import { atTerminal, command } from "../support/terminal";

const temporary = mkdtempSync(join(tmpdir(), "minifeed-"));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));
let directories = 0;
const emptyDirectory = () => ({ DATA_DIR: join(temporary, String(directories++)) });
const few = ["seed", "--users", "8", "--posts", "30"];

test("it fills an empty database and says how to sign in", async () => {
	const env = emptyDirectory();
	const { code, stdout, stderr } = await command(few, env);
	expect([code, stderr]).toEqual([0, ""]);
	expect(stdout).toMatch(/^Created 8 users, \d+ follows, 30 posts, \d+ comments and \d+ likes\.\nSign in as ada, /);
	expect(stdout).toContain(seedPassword);
	expect(JSON.parse((await command(["user", "list", "--json"], env)).stdout)).toHaveLength(8);
});

test("the same numbers make the same, and as JSON it says what", async () => {
	const made = async (...more: string[]) =>
		JSON.parse((await command([...few, "--json", ...more], emptyDirectory())).stdout);
	const first = await made();
	expect(first).toMatchObject({ users: 8, posts: 30, password: seedPassword });
	expect(first.usernames).toHaveLength(8);
	expect(await made()).toEqual(first);
	expect(await made("--seed", "2")).not.toEqual(first);
});

test("where people have accounts it asks first, and takes no name from anybody", async () => {
	const env = emptyDirectory();
	await command(["user", "create", "ada", "--email", "ada@example.com"], env, seedPassword);
	const refused = await command(few, env);
	expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("Add --yes if so. Nothing was changed.")]);
	const { usernames } = JSON.parse((await command([...few, "--yes", "--json"], env)).stdout);
	expect(usernames).not.toContain("ada");
	expect(JSON.parse((await command(["user", "list", "--json"], env)).stdout)).toHaveLength(9);
});

test("beside a running server, which has it all at once", async () => {
	const env = emptyDirectory();
	const server = program(env);
	const address = await server.address();
	expect((await command(few, env)).code).toBe(0);
	const { items } = (await (await fetch(`${address}/posts/?author=ada`)).json()) as { items: object[] };
	expect(items.length).toBeGreaterThan(0);
	const login = await fetch(`${address}/auth/login`, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ username: "ada", password: seedPassword }),
	});
	expect(login.status).toBe(200);
	expect((await server.stop()).code).toBe(0);
	server.remove();
});

test("on a terminal it shows how far it is", async () => {
	const { code, shown } = await atTerminal(["seed", "--users", "40", "--posts", "1500"], emptyDirectory(), []);
	expect(code).toBe(0);
	expect(shown).toMatch(/\d+ of 1540 users and posts/);
	expect(shown).toContain("Created 40 users");
});

test("Ctrl-C ends it, and nobody takes that for done", async () => {
	const env = emptyDirectory();
	const interrupted = await atTerminal(["seed", "--users", "300", "--posts", "50000"], env, [
		["of 50300 users", "\u0003"],
	]);
	expect(interrupted.code).not.toBe(0);
	expect(interrupted.shown).not.toContain("Created");
	const server = program(env); // what is there is sound
	expect((await fetch(`${await server.address()}/users/ada`)).status).toBe(200);
	await server.stop();
	server.remove();
});
