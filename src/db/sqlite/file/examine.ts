import { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { OperatorError } from "../../../core/errors";
import type { Examined } from "../../engine";
import { assertNotEmptied } from "../durability/startup-checks";
import { stateFile } from "../durability/state-file";
import { migrations } from "../migrations";
import { clockRecords } from "../stores/clock";
import { tableOf } from "../stores/search-index";
import { counters } from "../tables";
import { wrongRows } from "../tables/counter";
import { describeSqliteError } from "./errors";
import { findCorruption } from "./integrity";
import { isBackupRunning, isInUse } from "./lock";
import { openReadOnly } from "./open-readonly";

/**
 * Reads a whole database, also while a server runs. A million posts take half a minute. Null when there is none. Throws
 * OperatorError when it cannot be read.
 */
export function examine(path: string): Examined | null {
	assertNotEmptied(path);
	if (!existsSync(path)) return null;
	let client: Database | undefined;
	try {
		client = openReadOnly(path);
		const one = <T>(sql: string): T => Object.values(client?.query(sql).get() ?? {})[0] as T;
		if (one<unknown>("SELECT 1 FROM sqlite_schema WHERE name = 'migrations'") === undefined)
			throw new OperatorError(`${path} is a database of another program.`);
		const applied = client.query<{ name: string }, []>("SELECT name FROM migrations ORDER BY name").all();
		const known = migrations.map(({ name }) => name);
		if (applied.some(({ name }) => !known.includes(name)))
			throw new OperatorError(`The database ${path} was written by a newer version. Start that version.`);
		const state = { isServed: isInUse(path), isBackupRunning: isBackupRunning(path) };
		const schema = { last: applied.at(-1)?.name ?? null, pending: known.length - applied.length };
		const unread = {
			damage: null,
			miscounted: [],
			unindexed: 0,
			accounts: 0,
			hasAdmin: false,
			needsKey: false,
			newest: null,
			newestOfAll: null,
		};
		// The counts need the tables of this version.
		if (schema.pending > 0) return { ...unread, migrations: schema, ...state };
		const damage = findCorruption(client);
		if (damage !== null) return { ...unread, damage, migrations: schema, ...state };
		const records = clockRecords(client);
		return {
			damage,
			miscounted: counters
				.map((counter) => ({ what: counter.what, rows: one<number>(`SELECT count(*) FROM ${wrongRows(counter)}`) }))
				.filter(({ rows }) => rows > 0),
			unindexed: one<number>(unindexedSql(client)),
			migrations: schema,
			accounts: one<number>("SELECT count(*) FROM users WHERE gone_at IS NULL"),
			hasAdmin: one<number>("SELECT EXISTS (SELECT 1 FROM users WHERE role = 'admin')") === 1,
			needsKey: one<number>(keyed) === 1,
			newest: dateOf(records.newest(records.doubtedFrom())),
			newestOfAll: dateOf(records.newest(null)),
			...state,
		};
	} catch (error) {
		throw describeSqliteError(error, path);
	} finally {
		client?.close();
	}
}

/**
 * SQL that counts posts missing from the search index and entries without a post. A public post has a row in the index of
 * its block. Other posts have the empty word, unless they are being deleted.
 */
export function unindexedSql(client: Database): string {
	const blocks = client.query<{ block: number }, []>("SELECT block FROM search_blocks").all();
	const indexed = blocks.map(({ block }) => `(SELECT count(*) FROM ${tableOf(block)}_docsize)`);
	return `SELECT abs((SELECT count(*) FROM posts WHERE visibility = 'public') - (${["0", ...indexed].join(" + ")})) + abs(
		(SELECT count(*) FROM posts WHERE visibility <> 'public' AND gone_at IS NULL)
		- (SELECT count(*) FROM hidden_words JOIN posts ON posts.key = post_key WHERE word = '' AND gone_at IS NULL))`;
}

const keyed = "SELECT EXISTS (SELECT 1 FROM sessions) OR EXISTS (SELECT 1 FROM trash)";

/** `Examined.needsKey` of a database that is up to date. */
export function needsKey(path: string): boolean {
	const client = openReadOnly(path);
	try {
		return Object.values(client.query(keyed).get() ?? {})[0] === 1;
	} finally {
		client.close();
	}
}

const dateOf = (time: number | null) => (time ? new Date(time) : null);

/** Repairs wrong counters in one transaction, also while a server runs. Throws OperatorError. */
export function recount(path: string) {
	stateFile(path).clearClean();
	const client = new Database(path, { create: false, readwrite: true });
	try {
		client.run("PRAGMA busy_timeout = 5000");
		client
			.transaction(() => {
				for (const { table, column, count } of counters)
					client.run(`UPDATE ${table} SET ${column} = (${count}) WHERE ${column} <> (${count})`);
			})
			.immediate();
	} catch (error) {
		throw describeSqliteError(error, path);
	} finally {
		client.close();
	}
}
