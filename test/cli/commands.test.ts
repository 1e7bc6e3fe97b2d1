import { Database } from "bun:sqlite";
import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testApp } from "../support/app";
import { program } from "../support/server";
import { command, withoutEnvFile } from "../support/terminal";

const temporary = mkdtempSync(join(tmpdir(), "minifeed-"));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));
let directories = 0;
const emptyDirectory = () => ({ DATA_DIR: join(temporary, String(directories++)) });

const commands = [
	"serve",
	"user",
	"user list",
	"user create",
	"user role",
	"user password",
	"user suspend",
	"user unsuspend",
	"user undelete",
	"user delete",
	"seed",
	"config",
	"openapi",
	"healthcheck",
	"migrate",
	"migrate status",
	"migrate apply",
	"backup",
	"restore",
	"rollback",
	"export",
	"import",
	"maintenance",
	"doctor",
	"version",
];

test.each(commands)("%s has help with examples, which does nothing else", async (name) => {
	const env = emptyDirectory();
	const { code, stdout, stderr } = await command([...name.split(" "), "--help"], env);
	expect([code, stderr]).toEqual([0, ""]);
	expect(stdout).toStartWith(`Usage: minifeed ${name}`);
	expect(stdout).toMatch(/\nExamples:\n {2}\S/);
	expect(existsSync(env.DATA_DIR)).toBe(false);
});

test("help names every command", async () => {
	const help = [(await command(["--help"])).stdout, (await command(["user", "--help"])).stdout].join();
	for (const name of commands)
		expect(help).toContain(
			` ${name
				.split(" ")
				.at(-1)
				?.replace(/^status|apply$/, "migrate")} `,
		);
});

test("the old names of commands and options work for one release, and no help lists them", async () => {
	const { DATA_DIR } = emptyDirectory();
	const env = { DATA_DIR };
	const create = ["user", "create", "ada", "--email", "ada@example.com"];
	for (const args of [create, ["user", "suspend", "ada"]]) await command(args, env, "correct horse battery\n");
	expect((await command(["user", "restore", "ada"], env)).stdout).toBe("ada can sign in again.\n");
	expect((await command(["user", "delete", "ada", "--yes", "--for-ever"], env)).code).toBe(0);
	expect((await command(["user", "undelete", "ada"], env)).stderr).toContain("no such deleted account");
	expect((await command(["restore", "--undo"], env)).stderr).toContain("no earlier state");
	const { findings } = JSON.parse((await command(["doctor", "--json"], env)).stdout);
	for (const { remedy, mend } of findings) expect(mend).toBe(remedy);
	expect((await command(["user", "--help"], env)).stdout).not.toMatch(/^ {2}restore/m);
	expect((await command(["user", "delete", "--help"], env)).stdout).not.toContain("--for-ever");
	expect((await command(["restore", "--help"], env)).stdout).not.toContain("--undo");
});

test.each([
	["an unknown command", ["frobnicate"]],
	["an unknown option", ["version", "--frobnicate"]],
	["a missing argument", ["user", "suspend"]],
	["a missing option", ["user", "create", "ada"]],
	["a value that is no choice", ["user", "role", "ada", "king"]],
	["a number out of range", ["seed", "--users", "0"]],
	["a number that is none", ["seed", "--posts", "1e3"]],
	["a password as an argument", ["user", "password", "ada", "secret"]],
])("%s is a wrong call: exit code 2, and nothing on standard output", async (_, args) => {
	const env = emptyDirectory();
	const { code, stdout, stderr } = await command(args, env);
	expect([code, stdout]).toEqual([2, ""]);
	expect(stderr).toMatch(/^error: .+\nAdd --help/);
	expect(existsSync(env.DATA_DIR)).toBe(false);
});

test("version tells version, commit and Bun", async () => {
	expect((await command(["version"])).stdout).toMatch(/^minifeed \d+\.\d+\.\d+\n$/);
	expect((await command(["--version"])).stdout).toBe((await command(["version"])).stdout);
	expect(JSON.parse((await command(["version", "--json"])).stdout)).toEqual({
		version: expect.stringMatching(/^\d/),
		commit: null,
		bun: Bun.version,
	});
});

test("config shows what counts and where it comes from, and no secret", async () => {
	const env = {
		PORT: "9000",
		DATA_DIR: "/srv/feed",
		SECRET_KEY: "hunter2 hunter2 hunter2 hunter2 hunter2",
		ADMIN_USERNAME: "root",
		ADMIN_EMAIL: "root@example.com",
		ADMIN_PASSWORD: "hunter3 hunter3",
	};
	const [table, json] = [await command(["config"], env), await command(["config", "--json"], env)];
	expect(JSON.parse(json.stdout)).toMatchObject({
		HOST: "127.0.0.1",
		PORT: 9000,
		DATABASE_PATH: "/srv/feed/minifeed.db",
		SECRET_KEY: "********",
		ADMIN_PASSWORD: "********",
		CORS_ORIGINS: null,
	});
	expect(table.stdout).toMatch(/^PORT +9000 +environment$/m);
	expect(table.stdout).toMatch(/^HOST +127\.0\.0\.1 +default$/m);
	expect(table.stdout + json.stdout).not.toContain("hunter");
	expect((await command(["config"], { PORT: "hunter4" })).stderr).toMatch(
		/^The configuration has mistakes:\n {2}PORT must be/,
	);
});

test("openapi prints the document that the server gives", async () => {
	const { stdout } = await command(["openapi"], emptyDirectory());
	const { body } = await testApp().anonymous.get("/openapi.json");
	expect(JSON.parse(stdout)).toEqual(body);
});

test("healthcheck tells a server that is ready from one that is not there", async () => {
	const server = program({ ALLOWED_HOSTS: "feed.example" });
	const port = new URL(await server.address()).port;
	expect(await command(["healthcheck"], { PORT: port, ALLOWED_HOSTS: "feed.example" })).toMatchObject({
		code: 0,
		stdout: "ready\n",
	});
	expect((await command(["healthcheck"], { PORT: port, HOST: "0.0.0.0", ALLOWED_HOSTS: "feed.example" })).code).toBe(0);
	expect(await command(["healthcheck"], { PORT: port })).toMatchObject({
		code: 1,
		stderr: expect.stringContaining("answers 400"),
	});
	await server.stop();
	server.remove();
	expect(await command(["healthcheck"], { PORT: port })).toMatchObject({
		code: 1,
		stderr: expect.stringContaining("No server answers at"),
	});
});

test("migrate status changes nothing, apply does what is pending, and both say so", async () => {
	const env = emptyDirectory();
	expect((await command(["migrate", "status"], env)).stdout).toMatch(/^0001_init +pending$/m);
	expect(existsSync(env.DATA_DIR)).toBe(false);
	expect(JSON.parse((await command(["migrate", "apply", "--json"], env)).stdout).applied).toContain("0001_init");
	expect((await command(["migrate", "apply"], env)).stdout).toBe("The database is up to date.\n");
	const status = JSON.parse((await command(["migrate", "status", "--json"], env)).stdout);
	for (const migration of status) expect(migration).toMatchObject({ known: true, applied_at: expect.any(String) });
	expect(readdirSync(env.DATA_DIR)).not.toContain("secret.key");

	const client = new Database(join(env.DATA_DIR, "minifeed.db"));
	client.run("INSERT INTO migrations VALUES ('9999_future', 'x', 0)");
	client.close();
	expect((await command(["migrate", "status"], env)).stdout).toMatch(/^9999_future +1970.*by a newer version$/m);
	expect(await command(["migrate", "apply"], env)).toMatchObject({
		code: 1,
		stderr: expect.stringContaining("newer version"),
	});
});

test("a command that has to migrate leaves a running server alone", async () => {
	const server = program();
	await server.address();
	const path = join(server.directory, "data/minifeed.db");
	const client = new Database(path);
	client.run("DELETE FROM migrations WHERE name <> '0001_init'"); // as if this server were of an older version
	client.close();
	const env = { DATABASE_PATH: path };
	for (const args of [
		["user", "list"],
		["migrate", "apply"],
	])
		expect(await command(args, env)).toMatchObject({ code: 1, stderr: expect.stringContaining("Stop that one first") });
	expect((await command(["migrate", "status"], env)).stdout).toContain("pending");
	await server.stop();
	server.remove();
});

test("a reader who has gone is no failure, and a disk that is full is one sentence", async () => {
	const main = [process.execPath, join(import.meta.dir, "../../src/main.ts"), "config", "--json"].join(" ");
	const shell = async (script: string) => {
		const child = Bun.spawn(["bash", "-c", script], { env: withoutEnvFile, stdout: "pipe", stderr: "pipe" });
		const [stdout, stderr] = [await new Response(child.stdout).text(), await new Response(child.stderr).text()];
		return { code: await child.exited, stdout, stderr };
	};
	expect(await shell(`set -o pipefail; ${main} | true`)).toEqual({ code: 0, stdout: "", stderr: "" });
	if (!existsSync("/dev/full")) return; // Linux has one
	expect(await shell(`${main} > /dev/full`)).toEqual({
		code: 1,
		stdout: "",
		stderr: "The output cannot be written (ENOSPC). The command did its work.\n",
	});
});
