import { OperatorError } from "../../../core/errors";
import type { Connection } from "../file/connect";
import { sqliteCode } from "../file/error-codes";
import { scheduleCheckpoints } from "./checkpoint-schedule";
import { datasync, groupCommit } from "./group-commit";
import { beginWal } from "./wal-file";

/** The write-ahead log: makes commits durable, and is kept short. */
export type Wal = {
	/**
	 * To be called right after a commit, outside of a transaction. Resolves when all commits until now are as durable as
	 * DURABILITY says. Rejects when the disk failed.
	 */
	whenDurable(): Promise<void>;
	/** While the WAL is restarted, no writer can begin: resolves when they can again. Null when they can now. */
	readonly restarting: Promise<void> | null;
	/** Copies the WAL into the database and empties it. False when another connection was in the way: try again. */
	truncate(): Promise<boolean>;
	/** Waits for running syncs and checkpoints. The connection stays open. */
	close(): Promise<void>;
};

/**
 * The WAL of a command, or of a database in memory: SQLite syncs each commit by itself. `forgetSalt` is called around each
 * cut, after which any connection may begin the WAL.
 */
export function commandWal({ $client: client, readTransaction }: Connection, forgetSalt: () => void = () => {}): Wal {
	return {
		async whenDurable() {},
		restarting: null,
		async truncate() {
			readTransaction.end();
			if (client.inTransaction) return false;
			forgetSalt();
			const found = client.query<{ busy: number }, []>("PRAGMA wal_checkpoint(TRUNCATE)").get();
			forgetSalt();
			return found?.busy === 0;
		},
		async close() {},
	};
}

type Options = {
	durability: "full" | "normal";
	/** Called once, when the disk failed. Nothing that is written from then on is acknowledged. */
	onDiskFailure: (error: OperatorError) => void;
	/** Called after each try to restart the WAL, and whether this server restarted it. */
	onWalRestart?: (isOurs: boolean) => void;
	/** Makes a file durable; tests replace it. */
	sync?: (file: number) => Promise<void>;
};

/**
 * The WAL of a server. Nothing waits for the disk on the thread that serves all requests: on an SD card a sync takes 10 to
 * 50 ms, in which no request could read. `groupCommit` makes commits durable, `paceCheckpoints` keeps the WAL short.
 *
 * POSIX drops all locks of a process on a file as soon as it closes any descriptor of it. SQLite locks the database and
 * the -shm file, so those must never be opened here; of the -wal file it locks nothing.
 */
export function serverWal(
	connection: Connection,
	path: string,
	{ durability, onDiskFailure, onWalRestart = () => {}, sync = datasync }: Options,
): Wal {
	const { $client: client } = connection;
	// While it was opened, it was FULL.
	client.run("PRAGMA synchronous = NORMAL");
	client.run("PRAGMA wal_autocheckpoint = 0");
	// Writers wait by turns instead of asleep, see atomic.ts. Readers of a WAL wait for nothing.
	client.run("PRAGMA busy_timeout = 0");
	try {
		beginWal(client);
	} catch (error) {
		if (sqliteCode(error) !== "SQLITE_FULL") throw error; // on a full disk, reads still work
	}
	const changed = client.prepare<{ rows: number }, []>("SELECT total_changes() AS rows");
	const changes = () => changed.get()?.rows ?? 0;

	const failure = firstFailure(path, onDiskFailure);
	const committed = changes();
	const commits = durability === "full" ? groupCommit(path, { committed, sync, ...failure }) : null;
	const checkpoints = scheduleCheckpoints(connection, path, { committed, onWalRestart, ...failure });

	return {
		get restarting() {
			return checkpoints.held;
		},

		async whenDurable() {
			failure.throwIfFailed();
			const committed = changes();
			const checkpoint = checkpoints.afterCommit(committed);
			if (checkpoint) await checkpoint;
			await commits?.sync(committed);
		},

		truncate: checkpoints.truncate,

		async close() {
			await checkpoints.running; // writers that waited for it go on to wait for a sync
			await commits?.end();
			await checkpoints.end();
			commits?.close();
		},
	};
}

/**
 * Keeps the first failure of the disk for all writers that follow. There is no second try: a system that could not write
 * a page forgets about it, and the next sync succeeds without it (Rebello et al., Can Applications Recover from fsync
 * Failures?, 2020). `failed` should end the process, because what it shows may be on no disk.
 */
function firstFailure(path: string, failed: (error: OperatorError) => void) {
	let failure: OperatorError | null = null;
	return {
		throwIfFailed() {
			if (failure) throw failure;
		},

		fail(error: unknown): OperatorError {
			if (failure) return failure;
			const { code, message: cause } = error as { code?: string; message: string };
			const message = `The disk did not keep what was written to ${path} (${code ?? cause}). What was acknowledged until now was on it. Check the disk, then start again.`;
			failure = error instanceof OperatorError ? error : new OperatorError(message);
			failed(failure);
			return failure;
		},
	};
}
