import { Database } from "bun:sqlite";
import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { OperatorError } from "../../../core/errors";
import type { Contents } from "../../engine";
import { checkLeftoverWal } from "../durability/startup-checks";
import { stateFile } from "../durability/state-file";
import { migrations } from "../migrations";
import { applicationId } from "./connect";
import { sqliteCode } from "./error-codes";
import { describeSqliteError } from "./errors";
import { findCorruption } from "./integrity";
import { openReadOnly } from "./open-readonly";

/**
 * Writes a copy of a database to a new file, as of the start of the copy, without deleted content. Other connections may
 * read and write meanwhile. Blocks the thread. Throws OperatorError.
 */
export function copyDatabase(path: string, target: string) {
	withDatabase(path, "write", (client) => client.run("VACUUM INTO ?", [target]));
}

/** Upper bound of the size of a copy, in bytes. */
export const copySize = (path: string): number =>
	withDatabase(path, "read", (client) => {
		const pragma = (name: string) => Number(Object.values(client.query(`PRAGMA ${name}`).get() ?? {})[0]);
		return (pragma("page_count") - pragma("freelist_count")) * pragma("page_size");
	});

/** Lists migrations, instance id and row counts of a database file without writers. */
export const contentsOf = (path: string): Contents =>
	withDatabase(path, "read", (client) => {
		const names = (sql: string) =>
			client
				.query<{ name: string }, []>(sql)
				.all()
				.map(({ name }) => name);
		const tables = names(
			"SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
		);
		const counted = tables.map((name) => {
			const { n } = client.query<{ n: number }, []>(`SELECT count(*) AS n FROM ${JSON.stringify(name)}`).get() ?? {
				n: 0,
			};
			return [name, n] as const;
		});
		return {
			schema: names("SELECT name FROM migrations ORDER BY name"),
			instance: instanceIdIn(client),
			counts: Object.fromEntries(counted),
		};
	});

/** The instance id of a database file; empty in versions before pictures. Throws OperatorError for other files. */
export const instanceOf = (path: string): string =>
	withDatabase(path, "read", (client) => {
		if (!hasOurApplicationId(client)) throw new OperatorError(`${path} is not a database of minifeed.`);
		return instanceIdIn(client);
	});

function instanceIdIn(client: Database): string {
	if (client.query("SELECT 1 FROM sqlite_schema WHERE name = 'instance'").get() === null) return "";
	return client.query<{ id: string }, []>("SELECT id FROM instance").get()?.id ?? "";
}

const hasOurApplicationId = (client: Database): boolean =>
	client.query<{ application_id: number }, []>("PRAGMA application_id").get()?.application_id === applicationId;

/** The distinct names of all pictures that a database refers to, including pictures in the trash. */
export const picturesIn = (path: string): string[] =>
	withDatabase(path, "read", (client) => {
		const hasTrash = client.query("SELECT 1 FROM sqlite_schema WHERE name = 'trash_images'").get() !== null;
		const tables = ["images", ...(hasTrash ? ["trash_images"] : [])]; // older versions have no trash
		return client
			.query<{ name: string }, []>(
				`SELECT DISTINCT name FROM (${tables.map((table) => `SELECT name FROM ${table}`).join(" UNION ALL ")}) ORDER BY name`,
			)
			.all()
			.map(({ name }) => name);
	});

/**
 * Reads a whole database file without writers. Throws OperatorError when it is corrupt, of another program or of a newer
 * version. The error names the file `label`.
 */
export function verifyDatabase(path: string, label: string) {
	withDatabase(
		path,
		"read",
		(client) => {
			client.run("PRAGMA trusted_schema = OFF");
			if (!hasOurApplicationId(client)) throw new OperatorError(`${label} is not a database of minifeed.`);
			const known = new Set<string>(migrations.map(({ name }) => name));
			const applied = client.query<{ name: string }, []>("SELECT name FROM migrations").all();
			const newer = applied.find(({ name }) => !known.has(name));
			if (newer) throw new OperatorError(`${label} is of a newer version (${newer.name}). Use that version.`);
			const corruption = findCorruption(client);
			if (corruption !== null) throw new OperatorError(`${label} is damaged (${corruption}).`);
		},
		label,
	);
}

/**
 * Merges the WAL into the database, so that one file holds everything. If either is corrupt, both stay unchanged. Throws
 * OperatorError while another process has the database open. Hold its lock.
 */
export function mergeWal(path: string) {
	// For an empty or foreign file SQLite would delete the WAL, from which data may be rescued.
	if (existsSync(path) && hasSqliteHeader(path))
		try {
			checkLeftoverWal(path);
			withDatabase(path, "write", (client) => client.run("PRAGMA journal_mode = DELETE"));
			stateFile(path).expectNoWal();
		} catch (error) {
			if (error instanceof OperatorError && error.message.includes("in use")) throw error;
		}
}

/** The first bytes of every SQLite file. */
const magic = Buffer.from("SQLite format 3\0");

function hasSqliteHeader(path: string): boolean {
	const file = openSync(path, "r");
	try {
		const head = Buffer.alloc(magic.length);
		readSync(file, head, 0, head.length, 0);
		return head.equals(magic);
	} finally {
		closeSync(file);
	}
}

function withDatabase<T>(path: string, mode: "read" | "write", work: (client: Database) => T, label?: string): T {
	let client: Database | undefined;
	try {
		client =
			mode === "read" ? openReadOnly(path) : new Database(path, { create: false, readwrite: true, strict: true });
		client.run("PRAGMA busy_timeout = 5000");
		return work(client);
	} catch (error) {
		const code = sqliteCode(error);
		if (label && /^SQLITE_(NOTADB|CORRUPT|ERROR)/.test(code)) throw new OperatorError(`${label} is damaged (${code}).`);
		throw describeSqliteError(error, path);
	} finally {
		client?.close();
		// When the last writable connection closes, SQLite merges the WAL and deletes it.
		if (mode === "write" && !stateFile(path).isOpen()) stateFile(path).forgetSalt();
	}
}
