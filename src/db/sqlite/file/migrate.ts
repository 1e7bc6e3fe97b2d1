import type { Database } from "bun:sqlite";
import { OperatorError } from "../../../core/errors";
import type { MigrationState } from "../../engine";
import { assertNotEmptied } from "../durability/startup-checks";
import { type Migration, migrations as shipped } from "../migrations";
import { isIndexStale } from "../stores/reindex";
import { sqliteCode } from "./error-codes";
import { describeSqliteError, fileExists } from "./errors";
import { openReadOnly } from "./open-readonly";

/**
 * Applies all pending migrations in order, or none, and returns their names. Throws OperatorError for a database of a newer
 * version, and when an applied migration was edited. Drizzle's `migrate()` keeps foreign keys on, so its table rebuilds
 * delete every child row.
 */
export function migrate(client: Database, path = "the database", migrations: readonly Migration[] = shipped): string[] {
	client.run(
		"CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, hash TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT",
	);
	const applied = new Map(
		client
			.query<{ name: string; hash: string }, []>("SELECT name, hash FROM migrations")
			.all()
			.map(({ name, hash }) => [name, hash]),
	);
	const known = new Set(migrations.map(({ name }) => name));
	if ([...applied.keys()].some((name) => !known.has(name)))
		throw new OperatorError(
			`The database ${path} was written by a newer version. Start that version, or put back a backup.`,
		);
	for (const { name, sql } of migrations)
		if (applied.has(name) && applied.get(name) !== hashOf(sql))
			throw new OperatorError(
				`The migration ${name} of ${path} is not the one of this version. Start the version that applied it.`,
			);

	const pending = migrations.filter(({ name }) => !applied.has(name));
	const isApplied = client.prepare("SELECT 1 FROM migrations WHERE name = ?");
	// Otherwise rebuilding a table deletes its child rows. The pragma has no effect inside a transaction.
	client.run("PRAGMA foreign_keys = OFF");
	try {
		if (pending.length > 0)
			client
				.transaction(() => {
					for (const { name, sql } of pending) {
						if (isApplied.get(name) !== null) continue; // another process applied it meanwhile
						try {
							client.run(sql);
						} catch (error) {
							throw migrationError(name, error);
						}
						client.run("INSERT INTO migrations VALUES (?, ?, ?)", [name, hashOf(sql), Date.now()]);
					}
					if (client.query("PRAGMA foreign_key_check").get() !== null)
						throw new OperatorError(
							`After the migrations of ${path}, rows would refer to missing rows. Nothing was changed. Start the older version.`,
						);
				})
				.immediate();
	} finally {
		client.run("PRAGMA foreign_keys = ON");
	}
	return pending.map(({ name }) => name);
}

/**
 * Reads the migrations of a database file; all are pending without a file. Throws CorruptionError when the file existed before.
 */
export const migrationsOf = (path: string): MigrationState[] => schemaOf(path).migrations;

/** Reads the result of `migrationsOf`, and whether the search index must be rebuilt (`isIndexStale`). */
export function schemaOf(path: string): { migrations: MigrationState[]; isIndexStale: boolean } {
	const { rows, isIndexStale } = appliedTo(path);
	const applied = new Map(rows.map(({ name, applied_at }) => [name, new Date(applied_at)]));
	const known = shipped.map(({ name }) => name);
	const migrations = [...new Set([...known, ...applied.keys()])].map((name) => ({
		name,
		appliedAt: applied.get(name) ?? null,
		known: known.includes(name),
	}));
	return { migrations, isIndexStale };
}

type Applied = { rows: { name: string; applied_at: number }[]; isIndexStale: boolean };

function appliedTo(path: string): Applied {
	const none = { rows: [], isIndexStale: false };
	assertNotEmptied(path);
	if (!fileExists(path)) return none;
	let client: Database | undefined;
	try {
		client = openReadOnly(path);
		if (client.query("SELECT 1 FROM sqlite_schema WHERE name = 'migrations'").get() === null) return none;
		const rows = client
			.query<Applied["rows"][number], []>("SELECT name, applied_at FROM migrations ORDER BY name")
			.all();
		return { rows, isIndexStale: isIndexStale(client) };
	} catch (error) {
		throw describeSqliteError(error, path);
	} finally {
		client?.close();
	}
}

/** Keeps errors such as a full disk, which `describeSqliteError` explains better. */
const migrationError = (name: string, error: unknown) =>
	sqliteCode(error).startsWith("SQLITE_") && !/^SQLITE_(ERROR|CONSTRAINT)/.test(sqliteCode(error))
		? error
		: new OperatorError(
				`The migration ${name} could not be applied (${error instanceof Error ? error.message : error}). ` +
					"Nothing was changed. Start the older version, and report this error.",
			);

const hashOf = (sql: string) => new Bun.CryptoHasher("sha256").update(sql).digest("hex");
