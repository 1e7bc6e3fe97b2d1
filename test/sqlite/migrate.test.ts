import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrate } from "../../src/db/sqlite/file/migrate";

const one = {
	name: "0001",
	sql: `CREATE TABLE users (key INTEGER PRIMARY KEY, name TEXT NOT NULL);
		CREATE TABLE posts (key INTEGER PRIMARY KEY, user_key INTEGER NOT NULL REFERENCES users (key) ON DELETE CASCADE);`,
};
const rebuild = {
	name: "0002",
	sql: `CREATE TABLE new_users (key INTEGER PRIMARY KEY, name TEXT NOT NULL CHECK (name <> ''));
		INSERT INTO new_users SELECT * FROM users;
		DROP TABLE users;
		ALTER TABLE new_users RENAME TO users;`,
};

const seeded = () => {
	const client = new Database(":memory:", { strict: true });
	client.run("PRAGMA foreign_keys = ON");
	migrate(client, "test.db", [one]);
	client.run("INSERT INTO users VALUES (1, 'ada'); INSERT INTO posts VALUES (1, 1)");
	return client;
};
const posts = (client: Database) => client.query<{ n: number }, []>("SELECT count(*) AS n FROM posts").get()?.n;

test("each migration runs once", () => {
	const client = seeded();
	expect(migrate(client, "test.db", [one, rebuild])).toEqual(["0002"]);
	expect(migrate(client, "test.db", [one, rebuild])).toEqual([]);
});

test("rebuilding a table keeps what refers to it, and foreign keys are on afterwards", () => {
	const client = seeded();
	migrate(client, "test.db", [one, rebuild]);

	expect(posts(client)).toBe(1);
	client.run("DELETE FROM users");
	expect(posts(client)).toBe(0);
});

test("a copy that is overtaken by another one goes on with what that one did", () => {
	const directory = mkdtempSync(join(tmpdir(), "minifeed-"));
	const [slow, fast] = ["slow", "fast"].map(() => new Database(join(directory, "test.db"))) as [Database, Database];
	// The other copy comes in when this one has read what is applied, and before it applies the rest.
	const overtaken = Object.assign([one], {
		filter: (...how: Parameters<(typeof one)[]["filter"]>) => {
			migrate(fast, "test.db", [one]);
			return [one].filter(...how);
		},
	});
	migrate(slow, "test.db", overtaken as (typeof one)[]);

	expect(posts(slow)).toBe(0);
	rmSync(directory, { recursive: true });
});

test("a migration that fails leaves nothing of itself", () => {
	const client = seeded();
	const broken = { name: "0002", sql: "CREATE TABLE extra (a INTEGER); INSERT INTO nowhere VALUES (1);" };

	expect(() => migrate(client, "test.db", [one, broken])).toThrow("nowhere");
	expect(client.query("SELECT 1 FROM sqlite_schema WHERE name = 'extra'").get()).toBeNull();
	expect(migrate(client, "test.db", [one, rebuild])).toEqual(["0002"]);
});

test("a migration that would orphan rows is refused", () => {
	const client = seeded();
	expect(() => migrate(client, "test.db", [one, { name: "0002", sql: "DELETE FROM users" }])).toThrow(
		"refer to missing rows",
	);
	expect(client.query("SELECT name FROM users").all()).toEqual([{ name: "ada" }]);
});

test("an edited migration and a database of a newer version are refused", () => {
	const client = seeded();
	expect(() => migrate(client, "test.db", [{ ...one, sql: `${one.sql} ` }])).toThrow("not the one of this version");
	migrate(client, "test.db", [one, rebuild]);
	expect(() => migrate(client, "test.db", [one])).toThrow("newer version");
});
