import type { Clock } from "../../../core/clock";
import { AppError } from "../../../core/errors";
import { lazily } from "../../../core/lazily";
import type { Wal } from "../durability/wal";
import type { Connection } from "../file/connect";
import { sqliteCode } from "../file/error-codes";

/**
 * The database of the stores. They read directly, but write only in `atomic` or `bestEffortWrite`, so that every acknowledged
 * write is durable.
 */
export type Db = Pick<Connection, "select" | "readTransaction"> & {
	/** Use it for reads only. */
	$client: Pick<Connection["$client"], "prepare" | "query">;
	writer: Writer;
};
/** The database for code that only reads. */
export type Readable = Omit<Db, "writer">;

export type Tx = Parameters<Parameters<Connection["transaction"]>[0]>[0];
export type NotPromise<T> = T extends PromiseLike<unknown> ? never : T;

/** How long a write waits for other writers before it fails with `busy`, in milliseconds. */
const writerWaitMs = 5_000;
/** Interval of the tries, in milliseconds. All waiting writes share one pause, and a try costs 5 µs. */
const pollMs = 1;

/**
 * Runs one write transaction. Resolves when its rows, and the rows that it read, are as durable as DURABILITY says. Readers
 * may see the rows some milliseconds earlier. Throws AppError `busy` or `storage_full`.
 * The callback must be synchronous: an async one would commit at its first `await`. It may run later, so it must read all
 * rows that it depends on. The transaction is immediate, because SQLite refuses an upgrade from read to write while another
 * connection writes. Inside `inOneTransaction` it is a savepoint, at 2 µs.
 */
export const atomic = <T>(db: Db, write: (tx: Tx) => NotPromise<T>): Promise<T> => db.writer.atomic(write);

/**
 * A write that no request waits for, such as the time of the last use. A power cut may lose it. It is skipped while another
 * connection writes or the disk is full.
 */
export const bestEffortWrite = (db: Db, write: (tx: Tx) => void): void => db.writer.bestEffortWrite(write);

/** A write, prepared at its first use. The transaction of `atomic` is required as an argument. */
export function prepareWrite(
	db: Db,
	build: (connection: Connection) => { prepare(): { run(values: Record<string, unknown>): unknown } },
) {
	const statement = lazily(() => build(db.writer.connection).prepare());
	return (_: Tx, values: Record<string, unknown>): void => {
		statement().run(values);
	};
}

/** Prepares a writing statement that returns a row. Otherwise it works like `prepareWrite`. */
export function prepareReturning<Row>(
	db: Db,
	build: (connection: Connection) => { prepare(): { get(values: Record<string, unknown>): Row } },
) {
	const statement = lazily(() => build(db.writer.connection).prepare());
	return (_: Tx, values: Record<string, unknown>): Row => statement().get(values);
}

type Writer = ReturnType<typeof writer>;

type Guards = { isReadOnly: () => boolean; clock: Pick<Clock, "refusal" | "beforeWrite" | "state"> };

export function writer(connection: Connection, wal: Wal, { isReadOnly, clock }: Guards) {
	const { $client: client, readTransaction } = connection;
	let isInOneTransaction = false;
	/** Resolves at the next try. All writes that wait for another connection share it, in order of arrival. */
	let pause: Promise<void> | null = null;

	/**
	 * Tries until no other connection writes, such as a command or the checkpoint thread. SQLite could wait itself, but would
	 * block the thread that serves all requests.
	 */
	async function begin<T>(start: () => T): Promise<T> {
		if (isReadOnly()) throw new AppError("busy", "The server is read-only for now.");
		const refusal = clock.refusal();
		if (refusal) throw new AppError("busy", refusal);
		const started = performance.now();
		for (;;) {
			// Inside `inOneTransaction` it would wait for itself.
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
				clock.beforeWrite();
				return write(tx);
			},
			{ behavior: "immediate" },
		);

	return {
		connection,

		async atomic<T>(write: (tx: Tx) => T): Promise<T> {
			const { result, durable } = await begin(() => {
				const result = transaction(write);
				// Must be synchronous: after an `await` another transaction may be open.
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

		/** Implements `Stores.inOneTransaction`. No other code may write meanwhile. */
		async inOneTransaction<T>(work: () => Promise<T>): Promise<T> {
			if (isInOneTransaction) throw new Error("`inOneTransaction` does not nest.");
			await begin(() => {
				client.run("BEGIN IMMEDIATE");
				isInOneTransaction = true;
				clock.beforeWrite();
			});
			let result: T;
			try {
				result = await work();
				client.run("COMMIT");
			} catch (error) {
				// On a full disk SQLite has rolled back already.
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

/** Turns SQLite's errors for a busy database and a full disk into AppErrors. */
function toAppError(error: unknown): unknown {
	if (isBusy(error)) return new AppError("busy", "The database is busy.");
	if (isFull(error)) return new AppError("storage_full", "The disk is full.");
	return error;
}
