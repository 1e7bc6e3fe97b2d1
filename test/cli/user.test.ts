import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { password } from "../support/app";
import { type Program, program } from "../support/server";
import { atTerminal, command } from "../support/terminal";

const temporary = mkdtempSync(join(tmpdir(), "minifeed-"));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));
let directories = 0;
const emptyDirectory = () => ({ DATA_DIR: join(temporary, String(directories++)) });

const create = (env: Record<string, string>, name: string, ...more: string[]) =>
	command(["user", "create", name, "--email", `${name}@example.com`, ...more], env, `${password}\n`);

test("accounts are made, before the server ever ran too", async () => {
	const env = emptyDirectory();
	expect(await create(env, "Ada", "--role", "admin")).toEqual({
		code: 0,
		stdout: "ada is created, as an admin.\n",
		stderr: "",
	});
	await create(env, "bob", "--display-name", "Bob B.");
	const { stdout } = await command(["user", "list", "--json"], env);

	expect(JSON.parse(stdout)).toMatchObject([
		{ username: "ada", email: "Ada@example.com", role: "admin", state: "active", posts_count: 0 },
		{ username: "bob", display_name: "Bob B.", role: "user" },
	]);
	expect(stdout).not.toContain("argon2");
	const table = await command(["user", "list"], env);
	expect(table.stdout.split("\n").map((line) => line.split(/ {2,}/).slice(0, 4))).toEqual([
		["USERNAME", "E-MAIL", "ROLE", "STATE"],
		["ada", "Ada@example.com", "admin", "active"],
		["bob", "bob@example.com", "user", "active"],
		[""],
	]);
});

test("of a database in memory it says that there is nothing to reach", async () => {
	const env = { ...emptyDirectory(), DATABASE_PATH: ":memory:" };
	for (const args of [["user", "list"], ["seed"], ["migrate", "apply"]])
		expect(await command(args, env)).toMatchObject({ code: 1, stderr: expect.stringContaining("in the memory") });
	expect((await create(env, "ada")).code).toBe(1);
});

test("the rules of accounts hold for the operator as well", async () => {
	const env = emptyDirectory();
	await create(env, "ada");
	const refused = (args: string[], input: string | Buffer = password) =>
		command(["user", "create", ...args], env, input);

	expect(await refused(["ada", "--email", "other@example.com"])).toEqual({
		code: 1,
		stdout: "",
		stderr: "This username is taken.\n",
	});
	expect((await refused(["b b", "--email", "b"])).stderr).toMatch(/username: Must be .* email: Must be /);
	expect((await refused(["bob", "--email", "b\u009bb@example.com"])).stderr).toMatch(/email: Must be .*invisible/);
	expect((await refused(["bob", "--email", "b@example.com"], "password1")).stderr).toContain("most common passwords");
	expect((await refused(["bob", "--email", "b@example.com"], "")).stderr).toContain("standard input");
	expect((await refused(["bob", "--email", "b@example.com"], "x".repeat(300))).stderr).toContain("at most 256");
	expect((await refused(["bob", "--email", "b@example.com"], "x".repeat(10_000))).stderr).toContain("too long to be");
	expect((await refused(["bob", "--email", "b@example.com"], Buffer.from([0xff, 0xfe, 0xfd]))).stderr).toContain(
		"UTF-8",
	);
	expect((await command(["user", "list", "--json"], env)).stdout).not.toContain("bob");
});

test("what does not exist is one sentence, and nothing is made by asking", async () => {
	const env = emptyDirectory();
	for (const args of [["list"], ["role", "ada", "admin"], ["suspend", "ada"], ["delete", "ada", "--yes"]])
		expect(await command(["user", ...args], env)).toMatchObject({
			code: 1,
			stderr: expect.stringMatching(/^There is no database at .*\n$/),
		});
	expect(existsSync(env.DATA_DIR)).toBe(false);

	await create(env, "ada");
	for (const args of [
		["role", "eve", "admin"],
		["password", "eve"],
		["suspend", "eve"],
		["unsuspend", "eve"],
		["delete", "eve"],
	])
		expect(await command(["user", ...args], env, password)).toEqual({
			code: 1,
			stdout: "",
			stderr: "There is no such user.\n",
		});
});

test("who was deleted is brought back by the name they had, by the password they had, until the days are over", async () => {
	const env = emptyDirectory();
	await create(env, "ada", "--role", "admin");
	await create(env, "bob");
	expect((await command(["user", "undelete", "bob"], env)).stderr).toBe("There is no such deleted account.\n");
	await command(["user", "delete", "bob", "--yes"], env);
	expect((await command(["user", "list", "--json"], env)).stdout).not.toContain("bob");
	expect(await command(["user", "undelete", "BOB@example.com"], env)).toEqual({
		code: 0,
		stdout: "bob is restored, with all content.\n",
		stderr: "",
	});
	expect(JSON.parse((await command(["user", "list", "--json"], env)).stdout)).toHaveLength(2);

	await command(["user", "delete", "bob", "--yes"], env);
	await create(env, "bob");
	expect(await command(["user", "undelete", "bob"], env)).toMatchObject({
		code: 1,
		stderr: "Another account has taken the username of this account.\n",
	});
	await command(["user", "delete", "bob", "--yes", "--permanent"], env);
	expect((await command(["user", "undelete", "bob"], { ...env, TRASH_DAYS: "0" })).code).toBe(1);
	expect(JSON.parse((await command(["user", "undelete", "bob", "--json"], env)).stdout)).toMatchObject({
		username: "bob",
	});

	const ids: string[] = [];
	for (let i = 0; i < 2; i++) {
		if (i > 0) await create(env, "bob");
		const [{ id }] = JSON.parse((await command(["user", "list", "--json"], env)).stdout).filter(
			({ username }: { username: string }) => username === "bob",
		);
		ids.push(id);
		await command(["user", "delete", "bob", "--yes"], env);
	}
	const told = ids.map((id) => `${id} \\(deleted [^)]*Z\\)`).join(", ");
	expect(await command(["user", "undelete", "bob"], env)).toMatchObject({
		code: 1,
		stderr: expect.stringMatching(new RegExp(`^2 deleted accounts had this name: ${told}\\. Give an id\\.\n$`)),
	});
	expect((await command(["user", "undelete", ids[0] as string], env)).stdout).toBe(
		"bob is restored, with all content.\n",
	);
	const audit = JSON.parse((await command(["audit", "--action", "account_restored", "--json"], env)).stdout);
	expect(audit).toMatchObject([{ actor: null }, { actor: null }, { actor: null }]);
});

test("text of users cannot send escape sequences to the operator's terminal", async () => {
	const env = emptyDirectory();
	await create(env, "eve");
	// As an older version accepted it, with all that a terminal obeys.
	const email = "\u001b[2J\u009b2J\u0007\u007f\u0090\u009d\u202e\u2066eve@example.com";
	const name = "Eve \u009b31m\u202e";
	const database = new Database(join(env.DATA_DIR, "minifeed.db"));
	database.run("UPDATE users SET email = ?, email_key = ?, display_name = ?", [email, email, name]);
	database.close();

	const run = (...args: string[]) => command(args, env);
	const list = await run("user", "list", "--json");
	expect(JSON.parse(list.stdout)).toMatchObject([{ email, display_name: name }]);
	expect(list.stdout).toContain("\\u009b2J");
	const all = [
		list,
		await run("user", "list"),
		await run("user", "role", "eve", "admin", "--json"),
		await run("user", "role", "\u009b2Jnobody", "admin"),
		await run("user", "\u009b2J\u001b[2J"),
		await run("import", "\u009b2J\u001b[2J"),
		await run("audit", "--json"),
		await run("config", "--json"),
		await run("doctor"),
	];
	for (const { stdout, stderr } of all)
		expect(stdout + stderr).not.toMatch(/[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u);
	expect(all[1]?.stdout).toContain("eve@example.com");
});

test("links are made at the command line: the URL for scripts, with a code to photograph on a terminal", async () => {
	const env = { ...emptyDirectory(), PUBLIC_URL: "https://feed.example/" };
	await create(env, "ada");
	const link = (purpose: string) => new RegExp(`^https://feed\\.example/link#${purpose}=[\\w-]{43}\n$`);
	expect((await command(["user", "reset-link", "ada"], env)).stdout).toMatch(link("reset"));
	expect((await command(["user", "invite"], env)).stdout).toMatch(link("invite"));
	const made = JSON.parse((await command(["user", "invite", "--uses", "3", "--days", "2", "--json"], env)).stdout);
	expect(made.url).toEndWith(made.token);
	expect(await command(["user", "reset-link", "nobody_here"], env)).toMatchObject({ code: 1, stdout: "" });
	const { shown } = await atTerminal(["user", "reset-link", "ada"], env, []);
	expect(shown).toContain("\u2588");
	const audit = await command(["audit", "--action", "link_created", "--json"], env);
	expect(JSON.parse(audit.stdout)).toHaveLength(4);
	expect((await command(["audit", "--user", "ada", "--limit", "1"], env)).stdout).toMatch(
		/^TIME +ACTION.*\n.*link_created/,
	);
});

test("without a public address a link says where it opens, beside the URL", async () => {
	const env = emptyDirectory();
	await create(env, "ada");
	const said = async (more: Record<string, string>) => {
		const { code, stdout, stderr } = await command(["user", "reset-link", "ada"], { ...env, ...more });
		return [code, stdout.split("/link#")[0], stderr];
	};
	expect(await said({ PORT: "9000" })).toEqual([
		0,
		"http://127.0.0.1:9000",
		expect.stringMatching(/only on this machine.* `ssh -L 9000:127\.0\.0\.1:9000 SERVER`.*PUBLIC_URL/),
	]);
	expect(await said({ HOST: "0.0.0.0", PORT: "80" })).toEqual([
		0,
		"http://127.0.0.1:80",
		expect.stringContaining("replace it with the address of this one"),
	]);
	expect(await said({ HOST: "192.0.2.7" })).toEqual([0, "http://192.0.2.7:8000", ""]);
	expect((await said({ ALLOWED_HOSTS: "feed.example" }))[2]).toContain("does not open, because ALLOWED_HOSTS refuses");
	expect(await said({ ALLOWED_HOSTS: "feed.example", PUBLIC_URL: "https://feed.example" })).toEqual([
		0,
		"https://feed.example",
		"",
	]);
	expect(await said({ PORT: "0" })).toEqual([1, "", expect.stringContaining("No server is running and PORT is 0")]);
	const invite = await command(["user", "invite", "--json"], env);
	expect(JSON.parse(invite.stdout).url).toStartWith("http://127.0.0.1:8000/link#invite=");
	expect(invite.stderr).toContain("only on this machine");
	const audit = await command(["audit", "--action", "link_created", "--json"], env);
	expect(JSON.parse(audit.stdout)).toHaveLength(6); // none for the link that would lead nowhere
});

test("a link leads to the server that runs, wherever it listens", async () => {
	const env = emptyDirectory();
	const server = program({ ...env, PUBLIC_URL: "https://feed.example" });
	await server.address();
	const link = async (more = {}) => (await command(["user", "invite"], { ...env, PORT: "0", ...more })).stdout;
	expect(await link()).toStartWith("https://feed.example/link#");
	expect(await link({ PUBLIC_URL: "https://other.example" })).toStartWith("https://other.example/link#");
	await server.stop();
	const local = program(env);
	const address = await local.address();
	expect(await link()).toStartWith(`${address}/link#`);
	await local.stop();
	for (const { remove } of [server, local]) remove();
});

test("who waits is approved at the command line", async () => {
	const env = { ...emptyDirectory(), REGISTRATION: "approval" };
	const server = program(env);
	await fetch(`${await server.address()}/auth/register`, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ username: "ada", email: "ada@example.com", password }),
	});
	const state = async () => JSON.parse((await command(["user", "list", "--json"], env)).stdout)[0].state;
	expect(await state()).toBe("pending");
	expect((await command(["user", "approve", "ada"], env)).code).toBe(0);
	expect(await state()).toBe("active");
	await server.stop();
	server.remove();
});

describe("beside a running server", () => {
	const env = emptyDirectory();
	let server: Program;
	let address: string;
	beforeAll(async () => {
		server = program(env);
		address = await server.address();
		await create(env, "ada");
	});
	afterAll(async () => {
		expect((await server.stop()).code).toBe(0);
		server.remove();
	});

	const signIn = async (typed = password) => {
		const response = await fetch(`${address}/auth/login`, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify({ username: "ada", password: typed }),
		});
		return { status: response.status, body: (await response.json()) as { access_token: string } };
	};
	const me = async (token: string) => {
		const response = await fetch(`${address}/auth/me`, { headers: { authorization: `Bearer ${token}` } });
		return { status: response.status, body: (await response.json()) as { role: string } };
	};

	test("a new account can sign in, and a new role counts, without a restart", async () => {
		const { access_token: token } = (await signIn()).body;
		expect((await me(token)).body.role).toBe("user");
		expect((await command(["user", "role", "ada@example.com", "admin"], env)).stdout).toBe(
			"ada has the role admin now.\n",
		);
		expect((await me(token)).body.role).toBe("admin");
	});

	test("suspending shuts somebody out at once, restoring lets them in again", async () => {
		const { access_token: token } = (await signIn()).body;
		await create(env, "second", "--role", "admin"); // the only administrator cannot be suspended
		const suspended = await command(["user", "suspend", "ada", "--json"], env);
		expect(JSON.parse(suspended.stdout)).toMatchObject({ username: "ada", state: "suspended" });
		expect((await me(token)).status).toBe(401);
		expect((await signIn()).status).toBe(403);
		expect((await command(["user", "unsuspend", "ada"], env)).stdout).toBe("ada can sign in again.\n");
		expect((await signIn()).status).toBe(200);
	});

	test("a new password ends the sessions", async () => {
		const { access_token: token } = (await signIn()).body;
		const changed = await command(["user", "password", "ada"], env, "another fine battery\n");
		expect(changed.stdout).toBe(
			"ada has a new password; all sessions, personal access tokens and reset links have ended.\n",
		);
		expect([(await me(token)).status, (await signIn()).status]).toEqual([401, 401]);
		expect((await signIn("another fine battery")).status).toBe(200);
	});

	test("deleting needs a yes, and then leaves nothing", async () => {
		await create(env, "bob");
		const asked = await command(["user", "delete", "bob"], env);
		expect(asked).toMatchObject({ code: 1, stderr: expect.stringContaining("Add --yes if so. Nothing was changed.") });
		expect((await fetch(`${address}/users/bob`)).status).toBe(200);
		expect((await command(["user", "delete", "bob", "--yes"], env)).code).toBe(0);
		expect((await fetch(`${address}/users/bob`)).status).toBe(404);
	});
});

describe("at a terminal", () => {
	const env = emptyDirectory();

	test("a password is asked for twice and never shown", async () => {
		const { code, shown } = await atTerminal(["user", "create", "ada", "--email", "ada@example.com"], env, [
			["Password", `${password}\r`],
			["The same once more", `${password}\r`],
		]);
		expect(shown).toContain("ada is created.");
		expect(code).toBe(0);
		expect(shown).not.toContain(password);
		expect((await command(["user", "list"], env)).stdout).toContain("ada@example.com");
	});

	test("two different passwords, and Ctrl-C, change nothing", async () => {
		const args = ["user", "create", "bob", "--email", "bob@example.com"];
		const different = await atTerminal(args, env, [
			["Password", `${password}\r`],
			["The same once more", "something else\r"],
		]);
		expect([different.code, different.shown.includes("two different passwords")]).toEqual([1, true]);
		const cancelled = await atTerminal(args, env, [["Password", "\u0003"]]);
		expect([cancelled.code, cancelled.shown.includes("Nothing was changed.")]).toEqual([1, true]);
		expect((await command(["user", "list"], env)).stdout).not.toContain("bob");
	});

	test("deleting is asked about, and no is the answer of who just presses return", async () => {
		const kept = await atTerminal(["user", "delete", "ada"], env, [["Delete ada", "\r"]]);
		expect([kept.code, kept.shown.includes("Nothing was changed.")]).toEqual([1, true]);
		const deleted = await atTerminal(["user", "delete", "ada"], env, [["Delete ada", "y"]]);
		expect([deleted.code, deleted.shown.includes("ada is deleted")]).toEqual([0, true]);
	});
});
