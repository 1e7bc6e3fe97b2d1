import { Database } from "bun:sqlite";
import { drizzle } from "drizzle-orm/bun-sqlite";
import { OperatorError } from "../../errors";
import { sqliteCode } from "./code";
import { explained } from "./explained";
import { migrate } from "./migrate";
import { reads } from "./reads";

/** "mfed" in ASCII, kept in the file's header: tells our databases from those of other programs. */
export const applicationId = 0x6d666564;

/**
 * Of the database that is kept in memory, in KiB; taken as it is needed. With SQLite's own 2 MB a search among a million
 * posts reads three times as long, since each page of its index comes from the system again and again.
 */
const cacheKib = 32 * 1024;

export type Connection = ReturnType<typeof connect>;

type Options = { durability?: "full" | "normal"; check?: boolean };

/** Opens the file, makes sure that it is sound before anything is written to it, and brings it up to date. */
export function connect(path: string, { durability = "full", check = true }: Options = {}) {
	let client: Database | undefined;
	try {
		client = new Database(path, { create: true, readwrite: true, strict: true });
		client.run("PRAGMA busy_timeout = 5000");
		identify(client, path);
		if (check) findDamage(client, path);
		client.run("PRAGMA journal_mode = WAL");
		client.run(`PRAGMA synchronous = ${durability === "full" ? "FULL" : "NORMAL"}`);
		client.run("PRAGMA temp_store = MEMORY");
		client.run(`PRAGMA cache_size = -${cacheKib}`);
		client.run("PRAGMA trusted_schema = OFF");
		// Overwrites what is deleted; without it, deleted text stays readable in the file.
		client.run("PRAGMA secure_delete = ON");
		migrate(client, path); // and leaves foreign keys on
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

/** Closes. Takes the -wal file away, so that whoever copies the database copies all of it; where another program reads it, it stays. */
export function disconnect({ $client, reads }: Connection) {
	reads.end();
	try {
		$client.run("PRAGMA busy_timeout = 0"); // whoever else has it open will not be done in a moment
		$client.run("PRAGMA journal_mode = DELETE");
	} catch (error) {
		if (sqliteCode(error) !== "SQLITE_BUSY") throw error;
	} finally {
		$client.close();
	}
}

/** Longest time that the check at start may take before it leaves the remaining tables unchecked, in milliseconds. */
const checkBudget = 2_000;

/** Finds damage at start rather than in the middle of somebody's request. A second or so for a million posts. */
function findDamage(client: Database, path: string) {
	const damaged = (what: string) =>
		new OperatorError(`The database ${path} is damaged (${what}). It was not changed; put it back from a backup.`);
	const tables = client
		.query<{ name: string }, []>(
			"SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'shadow') AND name NOT LIKE 'sqlite_%'",
		)
		.all();
	const started = performance.now();
	for (const { name } of tables) {
		if (performance.now() - started > checkBudget) break;
		const found = client.query<{ quick_check: string }, []>(`PRAGMA quick_check(${JSON.stringify(name)})`).get();
		if (found?.quick_check !== "ok") throw damaged(`table ${name}`);
	}
	if (client.query("PRAGMA foreign_key_check").get() !== null) throw damaged("rows that belong to nothing");
}
