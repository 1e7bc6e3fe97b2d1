import { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { drizzle } from "drizzle-orm/bun-sqlite";
import { CorruptionError, OperatorError } from "../../../core/errors";
import { giveToOwner } from "../../../disk/free-space";
import { isInMemory } from "../../engine";
import { sqliteCode } from "./error-codes";
import { describeSqliteError } from "./errors";
import { findCorruption } from "./integrity";
import { migrate } from "./migrate";
import { openReadOnly } from "./open-readonly";
import { readTransaction } from "./read-transaction";

/** "mfed" in ASCII. The file header of our databases has it, unlike those of other programs. */
export const applicationId = 0x6d666564;

/**
 * Page cache in KiB, allocated on demand. With SQLite's default of 2 MB, a search among a million posts reads three times as
 * long. It then reads the pages of the index again and again.
 */
const cacheKib = 32 * 1024;

export type Connection = ReturnType<typeof connect>;

type Options = {
	durability?: "full" | "normal";
	check?: boolean;
	/** Called after the integrity check and before the first write. */
	beforeWriting?: (client: Database) => void;
};

/** A migrated empty database. Later databases in memory are copies: tests open hundreds, and migrating takes 20 ms. */
let migrated: Buffer | undefined;
let openedInMemory = 0;

/** Keeps a copy from the second database on, so that a server on `:memory:` keeps none. */
function keepMigrated(client: Database) {
	openedInMemory++;
	if (openedInMemory === 2) migrated = client.serialize();
}

/** Copies a database and gives the copy its own instance id and migration time. */
function copyMigrated(from: Buffer): Database {
	const client = Database.deserialize(from, { strict: true });
	client.run("UPDATE instance SET id = lower(hex(randomblob(16)))");
	client.run("UPDATE migrations SET applied_at = ?", [Date.now()]);
	return client;
}

/** Opens the file, checks its integrity before the first write, and applies pending migrations. Throws OperatorError. */
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
		if (isNew) giveToOwner(path); // SQLite gives the -wal and -shm files the same owner
		beforeWriting(client);
		client.run("PRAGMA journal_mode = WAL");
		client.run("PRAGMA synchronous = FULL");
		client.run("PRAGMA temp_store = MEMORY");
		client.run(`PRAGMA cache_size = -${cacheKib}`);
		client.run("PRAGMA trusted_schema = OFF");
		// Overwrites deleted content. Without it, deleted text stays readable in the file.
		client.run("PRAGMA secure_delete = ON");
		migrate(client, path); // and leaves foreign keys on
		if (isInMemory(path)) keepMigrated(client);
		// After the migrations, which must be durable: the upload folder refers to the instance id that they create.
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
 * Closes the connection and merges the WAL, so that a copy of the database file is complete. The WAL stays while another
 * program reads it or the disk is full. The next start then uses it.
 */
export function disconnect({ $client, readTransaction }: Connection) {
	readTransaction.end();
	try {
		$client.run("PRAGMA busy_timeout = 0"); // another connection stays open longer than a wait would help
		$client.run("PRAGMA journal_mode = DELETE");
	} catch (error) {
		// READONLY_DBMOVED: another program deleted or moved the file.
		if (!["SQLITE_BUSY", "SQLITE_FULL", "SQLITE_READONLY_DBMOVED"].includes(sqliteCode(error))) throw error;
	} finally {
		$client.close();
	}
}

/** Longest check at start, in milliseconds. `minifeed doctor` checks everything. */
const checkBudgetMs = 2_000;

/** Throws CorruptionError at start, before a request meets the corruption. */
function refuseCorrupt(path: string) {
	const client = openReadOnly(path);
	try {
		const corruption = findCorruption(client, checkBudgetMs);
		if (corruption) throw new CorruptionError(`The database ${path} is damaged (${corruption}). It was not changed.`);
	} finally {
		client.close();
	}
}
