import { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { drizzle } from "drizzle-orm/bun-sqlite";
import { DamageError, OperatorError } from "../../../core/errors";
import { giveToOwner } from "../../../disk/free-space";
import { isInMemory } from "../../engine";
import { sqliteCode } from "./error-codes";
import { describeSqliteError } from "./errors";
import { findCorruption } from "./integrity";
import { migrate } from "./migrate";
import { openReadOnly } from "./open-readonly";
import { readTransaction } from "./read-transaction";

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
	/** Called when the database is sound, and before anything is written to it. */
	beforeWriting?: (client: Database) => void;
};

/** A new database, which further ones in memory are copies of: tests open hundreds, and migrating takes 20 ms. */
let migrated: Buffer | undefined;
let openedInMemory = 0;

/** From the second on, so that a server on `:memory:` keeps no copy. */
function keepMigrated(client: Database) {
	openedInMemory++;
	if (openedInMemory === 2) migrated = client.serialize();
}

/** A copy becomes a database of its own, made now. */
function copyMigrated(from: Buffer): Database {
	const client = Database.deserialize(from, { strict: true });
	client.run("UPDATE instance SET id = lower(hex(randomblob(16)))");
	client.run("UPDATE migrations SET applied_at = ?", [Date.now()]);
	return client;
}

/** Opens the file, makes sure that it is sound before anything is written to it, and brings it up to date. */
export function connect(path: string, { durability = "full", check = true, beforeWriting = () => {} }: Options = {}) {
	let client: Database | undefined;
	try {
		const isNew = !isInMemory(path) && !existsSync(path);
		if (check && !isInMemory(path) && !isNew) refuseCorrupt(path);
		client =
			isInMemory(path) && migrated
				? copyMigrated(migrated)
				: new Database(path, { create: true, readwrite: true, strict: true });
		client.run("PRAGMA busy_timeout = 5000");
		identify(client, path);
		if (isNew) giveToOwner(path); // SQLite gives the files beside it to the same owner
		beforeWriting(client);
		client.run("PRAGMA journal_mode = WAL");
		client.run("PRAGMA synchronous = FULL");
		client.run("PRAGMA temp_store = MEMORY");
		client.run(`PRAGMA cache_size = -${cacheKib}`);
		client.run("PRAGMA trusted_schema = OFF");
		// Overwrites what is deleted; without it, deleted text stays readable in the file.
		client.run("PRAGMA secure_delete = ON");
		migrate(client, path); // and leaves foreign keys on
		if (isInMemory(path)) keepMigrated(client);
		// Not before: what a migration makes has to be there, such as the name by which the folder of pictures knows its database.
		if (durability === "normal") client.run("PRAGMA synchronous = NORMAL");
		return Object.assign(drizzle({ client }), { readTransaction: readTransaction(client) });
	} catch (error) {
		client?.close();
		throw describeSqliteError(error, path);
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
export function disconnect({ $client, readTransaction }: Connection) {
	readTransaction.end();
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

/** Longest check at start, in milliseconds. The rest is left out, and met by a request or by `minifeed doctor`. */
const checkBudgetMs = 2_000;

/** Finds corruption at start rather than in the middle of a request. */
function refuseCorrupt(path: string) {
	const client = openReadOnly(path);
	try {
		const corruption = findCorruption(client, checkBudgetMs);
		if (corruption) throw new DamageError(`The database ${path} is damaged (${corruption}). It was not changed.`);
	} finally {
		client.close();
	}
}
