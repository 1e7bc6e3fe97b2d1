import type { Database } from "bun:sqlite";
import { AppError } from "../../errors";
import { sqliteCode } from "./code";
import type { Db } from "./connect";

export type Tx = Parameters<Parameters<Db["transaction"]>[0]>[0];
type NotPromise<T> = T extends PromiseLike<unknown> ? never : T;

/**
 * One atomic write. The callback must be synchronous: an async one would commit at its first `await`.
 * Immediate, because a transaction that starts by reading and then writes is refused at once when another writer is there.
 * Inside of `together` it is a savepoint, at 2 µs.
 * @throws AppError `busy` or `storage_full` when the database cannot take the write now.
 */
export function atomic<T>(db: Db, write: (tx: Tx) => NotPromise<T>): T {
	try {
		return db.transaction(write as (tx: Tx) => T, { behavior: "immediate" });
	} catch (error) {
		throw named(error);
	}
}

/** Makes one transaction of many writes. What `Stores` says of it holds: nothing else may use the connection meanwhile. */
export function togetherOn(client: Database) {
	return async function together<T>(work: () => Promise<T>): Promise<T> {
		if (client.inTransaction) throw new Error("Writes together do not nest.");
		try {
			client.run("BEGIN IMMEDIATE");
			const result = await work();
			client.run("COMMIT");
			return result;
		} catch (error) {
			// A full disk has SQLite roll back by itself.
			if (client.inTransaction) client.run("ROLLBACK");
			throw named(error);
		}
	};
}

/** Names the refusals that a caller may see. */
function named(error: unknown): unknown {
	const code = sqliteCode(error);
	if (code.startsWith("SQLITE_BUSY")) return new AppError("busy", "The database is busy.");
	if (code.startsWith("SQLITE_FULL")) return new AppError("storage_full", "The disk is full.");
	return error;
}
