import { OperatorError } from "../../../core/errors";
import type { Connection } from "../file/connect";
import { sqliteCode } from "../file/error-codes";
import { scheduleCheckpoints } from "./checkpoint-schedule";
import { datasync, groupCommit } from "./group-commit";
import { beginWal } from "./wal-file";

/** Makes commits durable and keeps the WAL short. */
export type Wal = {
	/**
	 * Call it right after a commit, outside of a transaction. Resolves when all commits so far are as durable as DURABILITY
	 * says. Rejects when the disk failed.
	 */
	whenDurable(): Promise<void>;
	/** Resolves when a restart of the WAL ends, during which no transaction may begin. Null without a restart. */
	readonly restarting: Promise<void> | null;
	/** Copies the WAL into the database and empties it. False when another connection blocked it: try again. */
	truncate(): Promise<boolean>;
	/** Waits for running syncs and checkpoints. The connection stays open. */
	close(): Promise<void>;
};

/**
 * The WAL of a command or of a database in memory. SQLite syncs each commit. `forgetSalt` is called around each truncation,
 * because any connection may restart the WAL afterwards.
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
	/** Called once, when the disk failed. Later writes are never acknowledged. */
	onDiskFailure: (error: OperatorError) => void;
	/** Called after each try to restart the WAL. `isOurs`: this server restarted it. */
	onWalRestart?: (isOurs: boolean) => void;
	/** Syncs a file; tests replace it. */
	sync?: (file: number) => Promise<void>;
};

/**
 * The WAL of a server. The thread that serves requests never waits for the disk. On an SD card a sync takes 10 to 50 ms, and
 * would block all requests. `groupCommit` makes commits durable, `scheduleCheckpoints` keeps the WAL short.
 *
 * POSIX drops all locks of a process on a file when the process closes any descriptor of it. So this code must never open the
 * database or the -shm file, which SQLite locks. SQLite does not lock the -wal file.
 */
export function serverWal(
	connection: Connection,
	path: string,
	{ durability, onDiskFailure, onWalRestart = () => {}, sync = datasync }: Options,
): Wal {
	const { $client: client } = connection;
	// The connection was opened with FULL.
	client.run("PRAGMA synchronous = NORMAL");
	client.run("PRAGMA wal_autocheckpoint = 0");
	// SQLite would sleep on this thread. Writers poll instead (atomic.ts), and readers never wait in WAL mode.
	client.run("PRAGMA busy_timeout = 0");
	try {
		beginWal(client);
	} catch (error) {
		if (sqliteCode(error) !== "SQLITE_FULL") throw error; // reads still work on a full disk
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
			await checkpoints.running; // writers that waited for it then wait for a sync
			await commits?.end();
			await checkpoints.end();
			commits?.close();
		},
	};
}

/**
 * Keeps the first disk failure for all later writers. A second fsync is useless: after a failed write the operating system
 * drops the page, and the next fsync succeeds without it. See Rebello et al., Can Applications Recover from fsync Failures?,
 * 2020. `failed` should end the process, because readers may see rows that are on no disk.
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
			const message = `The disk did not keep the last writes to ${path} (${code ?? cause}). All acknowledged writes are on it. Check the disk, then start the server again.`;
			failure = error instanceof OperatorError ? error : new OperatorError(message);
			failed(failure);
			return failure;
		},
	};
}
