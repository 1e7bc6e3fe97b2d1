import { Database } from "bun:sqlite";
import { existsSync, statSync } from "node:fs";
import { drizzle } from "drizzle-orm/bun-sqlite";
import { DamageError, OperatorError } from "../../errors";
import { sqliteCode } from "./code";
import { explained } from "./explained";
import { migrate } from "./migrate";
import { openToRead } from "./reading";
import { reads } from "./reads";

/** "mfed" in ASCII, kept in the file's header: tells our databases from those of other programs. */
export const applicationId = 0x6d666564;

/**
 * Of the database that is kept in memory, in KiB; taken as it is needed. With SQLite's own 2 MB a search among a million
 * posts reads three times as long, since each page of its index comes from the system again and again.
 */
const cacheKib = 32 * 1024;

export type Connection = ReturnType<typeof connect>;

type Options = {
	durability?: "full" | "normal";
	check?: boolean;
	/** Called when it is sound, and before anything is written to it. */
	writes?: () => void;
};

/** Opens the file, makes sure that it is sound before anything is written to it, and brings it up to date. */
export function connect(path: string, { durability = "full", check = true, writes = () => {} }: Options = {}) {
	let client: Database | undefined;
	try {
		if (check && path !== ":memory:" && existsSync(path)) findDamage(path);
		client = new Database(path, { create: true, readwrite: true, strict: true });
		client.run("PRAGMA busy_timeout = 5000");
		identify(client, path);
		writes();
		client.run("PRAGMA journal_mode = WAL");
		client.run("PRAGMA synchronous = FULL");
		client.run("PRAGMA temp_store = MEMORY");
		client.run(`PRAGMA cache_size = -${cacheKib}`);
		client.run("PRAGMA trusted_schema = OFF");
		// Overwrites what is deleted; without it, deleted text stays readable in the file.
		client.run("PRAGMA secure_delete = ON");
		migrate(client, path); // and leaves foreign keys on
		// Not before: what a migration makes has to be there, such as the name by which the folder of pictures knows its database.
		if (durability === "normal") client.run("PRAGMA synchronous = NORMAL");
		return Object.assign(drizzle({ client }), { reads: reads(client) });
	} catch (error) {
		client?.close();
		throw explained(error, path);
	}
}

function identify(client: Database, path: string) {
	const { application_id } = client.query<{ application_id: number }, []>("PRAGMA application_id").get() ?? {};
	if (application_id === applicationId) return;
	const foreign = client.query("SELECT 1 FROM sqlite_schema LIMIT 1").get() !== null;
	if (foreign) throw new OperatorError(`${path} is a database of another program.`);
	client.run(`PRAGMA application_id = ${applicationId}`);
}

/**
 * Closes. Takes the -wal file away, so that whoever copies the database copies all of it; where another program reads it, or
 * the disk is full, it stays, and the next start goes on with it.
 */
export function disconnect({ $client, reads }: Connection) {
	reads.end();
	try {
		$client.run("PRAGMA busy_timeout = 0"); // whoever else has it open will not be done in a moment
		$client.run("PRAGMA journal_mode = DELETE");
	} catch (error) {
		// The last one: somebody deleted or moved the file.
		if (!["SQLITE_BUSY", "SQLITE_FULL", "SQLITE_READONLY_DBMOVED"].includes(sqliteCode(error))) throw error;
	} finally {
		$client.close();
	}
}

/** Longest time that the check at start may take before it leaves out what remains, in milliseconds. */
const checkBudget = 2_000;
/** How many times as long as to read a table the other checks of it take, at most: measured on a million posts. */
const costs = { foreign_key_check: 8, integrity_check: 10, search: 15 };

/**
 * Finds damage at start rather than in the middle of somebody's request: whether all of it can be read, and as far as there is
 * time, whether rows, indexes and search agree. By a connection that only reads: one that may write brings the log into the
 * file when it is closed, damaged or not.
 */
function findDamage(path: string) {
	const damaged = (what: string) => new DamageError(`The database ${path} is damaged (${what}). It was not changed.`);
	const { size } = statSync(path);
	const client = openToRead(path);
	try {
		const { page_size } = client.query<{ page_size: number }, []>("PRAGMA page_size").get() ?? { page_size: 1 };
		if (size % page_size > 0) throw damaged("it is cut short");
		const tables = (type: string) =>
			client
				.query<{ name: string }, [string]>(
					"SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = ? AND name NOT LIKE 'sqlite_%'",
				)
				.all(type)
				.map(({ name }) => name);
		const started = performance.now();
		const left = () => checkBudget - (performance.now() - started);
		const ask = (pragma: string, name: string) =>
			client.query<Record<string, unknown>, []>(`PRAGMA ${pragma}(${JSON.stringify(name)})`).get();
		const check = (pragma: "quick_check" | "integrity_check", name: string) => {
			if (Object.values(ask(pragma, name) ?? {})[0] !== "ok") throw damaged(`table ${name}`);
		};

		const took = new Map<string, number>();
		for (const name of [...tables("table"), ...tables("shadow")]) {
			if (left() < 0) return;
			const before = performance.now();
			check("quick_check", name);
			took.set(name, performance.now() - before);
		}
		for (const [name, time] of [...took].sort(([, a], [, b]) => a - b)) {
			if (time * costs.foreign_key_check < left() && ask("foreign_key_check", name) !== null)
				throw damaged("rows that belong to nothing");
			if (time * costs.integrity_check < left()) check("integrity_check", name);
		}
		for (const name of tables("virtual"))
			if ((took.get(`${name}_data`) ?? 0) * costs.search < left()) check("quick_check", name);
	} finally {
		client.close();
	}
}
