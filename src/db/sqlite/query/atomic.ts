import type { Clock } from "../../../core/clock";
import { AppError } from "../../../core/errors";
import { lazily } from "../../../core/lazily";
import type { Wal } from "../durability/wal";
import type { Connection } from "../file/connect";
import { sqliteCode } from "../file/error-codes";

/**
 * The database as stores have it: they read at will, and write only with what `atomic` or `aside` hands them, since what
 * is to be acknowledged has to be waited for.
 */
export type Db = Pick<Connection, "select" | "readTransaction"> & {
	/** Of these, for reading only. */
	$client: Pick<Connection["$client"], "prepare" | "query">;
	writer: Writer;
};
/** For what never writes. */
export type Readable = Omit<Db, "writer">;

export type Tx = Parameters<Parameters<Connection["transaction"]>[0]>[0];
export type NotPromise<T> = T extends PromiseLike<unknown> ? never : T;

/** How long a write waits for other writers before it is refused, in milliseconds. */
const writerWaitMs = 5_000;
/** How often it looks whether they are done, in milliseconds. A look costs 5 µs, however many wait. */
const pollMs = 1;

/**
 * One atomic write. When it resolves, what was written is as durable as DURABILITY says: that may be some milliseconds
 * after others could read it. It also waits for what it has only read, so that nobody is told that they like a post
 * already by a row that a power cut then takes.
 * The callback must be synchronous: an async one would commit at its first `await`. It may be called after a while, so
 * what it relies on it has to read itself.
 * Immediate, because a transaction that starts by reading and then writes is refused at once when another writer is there.
 * Inside of `together` it is a savepoint, at 2 µs.
 * @throws AppError `busy` or `storage_full` when the database cannot take the write now.
 */
export const atomic = <T>(db: Db, write: (tx: Tx) => NotPromise<T>): Promise<T> => db.writer.atomic(write);

/**
 * A note beside reading, which never waits for it: a power cut may take it, and it is left out while somebody else writes
 * or the disk is full.
 */
export const bestEffortWrite = (db: Db, write: (tx: Tx) => void): void => db.writer.bestEffortWrite(write);

/** A write, prepared once at its first use. It runs only with the transaction that `atomic` gives. */
export function prepareWrite(
	db: Db,
	build: (connection: Connection) => { prepare(): { run(values: Record<string, unknown>): unknown } },
) {
	const statement = lazily(() => build(db.writer.connection).prepare());
	return (_: Tx, values: Record<string, unknown>): void => {
		statement().run(values);
	};
}

/** As `prepareWrite`, of a write that gives back a row. */
export function prepareReturning<Row>(
	db: Db,
	build: (connection: Connection) => { prepare(): { get(values: Record<string, unknown>): Row } },
) {
	const statement = lazily(() => build(db.writer.connection).prepare());
	return (_: Tx, values: Record<string, unknown>): Row => statement().get(values);
}

type Writer = ReturnType<typeof writer>;

type Guards = { isReadOnly: () => boolean; clock: Pick<Clock, "refusal" | "stamping" | "state"> };

export function writer(connection: Connection, wal: Wal, { isReadOnly, clock }: Guards) {
	const { $client: client, readTransaction } = connection;
	let isInOneTransaction = false;
	/** Ends when it is time to look again; all who wait for other writers wait for it, first come first served. */
	let pause: Promise<void> | null = null;

	/**
	 * Tries until no other connection writes: a command, or the one that empties the log. SQLite could wait by itself, but
	 * it would sleep on the thread that everybody else is served by.
	 */
	async function begin<T>(start: () => T): Promise<T> {
		if (isReadOnly()) throw new AppError("busy", "Nothing can be written for now.");
		const refusal = clock.refusal();
		if (refusal) throw new AppError("busy", refusal);
		const started = performance.now();
		for (;;) {
			// Writes together would wait for themselves.
			for (let wait = pause ?? wal.restarting; wait && !isInOneTransaction; wait = pause ?? wal.restarting) await wait;
			readTransaction.end();
			try {
				return start();
			} catch (error) {
				if (!isBusy(error) || performance.now() - started > writerWaitMs) throw toAppError(error);
				pause = Bun.sleep(pollMs).then(() => {
					pause = null;
				});
			}
		}
	}

	const transaction = <T>(write: (tx: Tx) => T): T =>
		connection.transaction(
			(tx) => {
				clock.stamping();
				return write(tx);
			},
			{ behavior: "immediate" },
		);

	return {
		connection,

		async atomic<T>(write: (tx: Tx) => T): Promise<T> {
			const { result, durable } = await begin(() => {
				const result = transaction(write);
				// In the same breath: after an `await`, somebody else may have begun a transaction.
				return { result, durable: isInOneTransaction ? null : wal.whenDurable() };
			});
			await durable;
			return result;
		},

		bestEffortWrite(write: (tx: Tx) => void) {
			if (isReadOnly() || clock.state() === "behind") return;
			readTransaction.end();
			try {
				transaction(write);
			} catch (error) {
				if (!isBusy(error) && !isFull(error)) throw error;
			}
		},

		/** Makes one transaction of many writes. What `Stores` says of it holds: nothing else may write meanwhile. */
		async inOneTransaction<T>(work: () => Promise<T>): Promise<T> {
			if (isInOneTransaction) throw new Error("Writes together do not nest.");
			await begin(() => {
				client.run("BEGIN IMMEDIATE");
				isInOneTransaction = true;
				clock.stamping();
			});
			let result: T;
			try {
				result = await work();
				client.run("COMMIT");
			} catch (error) {
				// A full disk has SQLite roll back by itself.
				if (client.inTransaction) client.run("ROLLBACK");
				throw toAppError(error);
			} finally {
				isInOneTransaction = false;
			}
			await wal.whenDurable();
			return result;
		},
	};
}

const isBusy = (error: unknown) => sqliteCode(error).startsWith("SQLITE_BUSY");
const isFull = (error: unknown) => sqliteCode(error).startsWith("SQLITE_FULL");

/** Names the refusals that a caller may see. */
function toAppError(error: unknown): unknown {
	if (isBusy(error)) return new AppError("busy", "The database is busy.");
	if (isFull(error)) return new AppError("storage_full", "The disk is full.");
	return error;
}
