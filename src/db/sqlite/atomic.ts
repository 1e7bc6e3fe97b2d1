import { AppError } from "../../errors";
import { sqliteCode } from "./code";
import type { Db } from "./connect";

type Tx = Parameters<Parameters<Db["transaction"]>[0]>[0];
type NotPromise<T> = T extends PromiseLike<unknown> ? never : T;

/**
 * One atomic write. The callback must be synchronous: an async one would commit at its first `await`.
 * Immediate, because a transaction that starts by reading and then writes is refused at once when another writer is there.
 * @throws AppError `busy` or `storage_full` when the database cannot take the write now.
 */
export function atomic<T>(db: Db, write: (tx: Tx) => NotPromise<T>): T {
	try {
		return db.transaction(write as (tx: Tx) => T, { behavior: "immediate" });
	} catch (error) {
		const code = sqliteCode(error);
		if (code.startsWith("SQLITE_BUSY")) throw new AppError("busy", "The database is busy.");
		if (code.startsWith("SQLITE_FULL")) throw new AppError("storage_full", "The disk is full.");
		throw error;
	}
}
