import { closeSync, fdatasync, fsync, openSync } from "node:fs";
import { dirname } from "node:path";
import { OperatorError } from "../../../core/errors";
import { syncDirectory } from "../../../disk/free-space";
import { walOf } from "../../engine";
import type { Connection } from "../file/connect";
import { sqliteCode } from "../file/error-codes";
import { checkpoints } from "./checkpoint-client";
import { beginWal } from "./wal-file";

/** What becomes of the write-ahead log: how commits get to the disk, and how the log is kept short. */
export type Wal = {
	/**
	 * To be called right after a commit, and not within a transaction: resolves when all that was committed until now is
	 * as durable as it shall be. Rejects when the disk failed.
	 */
	settled(): Promise<void>;
	/** While the log is begun anew, nobody can write: ends when they can again. Null when they can. */
	readonly held: Promise<void> | null;
	/** Moves all into the database and empties the log. False when somebody was in the way, so that it has to be tried again. */
	cut(): Promise<boolean>;
	/** Waits for what is under way. The connection stays open. */
	close(): Promise<void>;
};

/**
 * The WAL of a command, or of a database in memory: SQLite syncs each commit by itself. `forgetSalt` is called around each
 * cut, after which any connection may begin the WAL.
 */
export function ownPace({ $client: client, reads }: Connection, forgetSalt: () => void = () => {}): Wal {
	return {
		async settled() {},
		held: null,
		async cut() {
			reads.end();
			if (client.inTransaction) return false;
			forgetSalt();
			const found = client.query<{ busy: number }, []>("PRAGMA wal_checkpoint(TRUNCATE)").get();
			forgetSalt();
			return found?.busy === 0;
		},
		async close() {},
	};
}

/**
 * Pages of the log at which it is copied into the database and begun anew: 16 MB, some 1,500 posts. More often would write
 * the same pages to the database more often; SQLite by itself does it at 1,000 pages.
 */
const longEnough = 4_096;
/** Pages at which writers wait for that: the disk is slower than they are. */
const tooLong = 4 * longEnough;
/** How many rows change until it is looked how long the log is. A post is about a dozen. */
const lookedEvery = 200;
/** How many more, where somebody was in the way: a backup may take a while, and each try holds up the writers. */
const retriedAfter = 2_000;

// macOS has no fdatasync to rely on. Elsewhere it spares what a file need not have to be read, such as its times.
const syncFile = process.platform === "darwin" ? fsync : fdatasync;
const datasync = (file: number) =>
	new Promise<void>((resolve, reject) => syncFile(file, (error) => (error ? reject(error) : resolve())));

type Options = {
	durability: "full" | "normal";
	/** Told once, when the disk failed. Nothing that is written from then on is acknowledged. */
	failed: (error: OperatorError) => void;
	/** Told after each try to begin the log anew, and whether this server began it. */
	begun?: (isOurs: boolean) => void;
	/** What makes a file durable; another one in tests. */
	sync?: (file: number) => Promise<void>;
};

/**
 * The log of a server. Nothing waits for the disk on the thread that serves everybody: on an SD card a sync takes 10 to
 * 50 ms, in which nobody could read.
 *
 * Commits: SQLite itself only hands them to the system (`synchronous = NORMAL` does not sync the log at a commit), and
 * one `fdatasync` of the log at a time, in a thread of Bun's pool, makes all of them durable that came before it began
 * (group commit: DeWitt et al., Implementation Techniques for Main Memory Database Systems, 1984). With
 * `synchronous = FULL`, SQLite syncs the same file at the same point. A log is read in order and only as far as it is
 * whole, so no power cut leaves a commit without those that it builds on. fdatasync writes the length of a file that grew
 * as well; that there is such a file, the directory knows, which is synced once, here: the log stays while the connection
 * is open.
 *
 * Checkpoints, which copy the log into the database, are made by a thread with a connection of its own; see
 * `checkpoint-client.ts`. All that SQLite syncs for the safety of the file, it goes on syncing: the log before it is copied,
 * the database before the log is begun anew, and the head of a new log before what comes into it.
 *
 * POSIX drops all locks of a process on a file as soon as it closes any descriptor of it. SQLite locks the database and
 * the -shm file, so those must never be opened here; of the -wal file it locks nothing.
 *
 * When the disk fails: a system that could not write a page forgets about it, and the next sync succeeds without it
 * (Rebello et al., Can Applications Recover from fsync Failures?, 2020). So there is no second try: whoever waits is
 * refused, everybody after them, too, and `failed` should end the process, for what it shows may be on no disk.
 */
export function servedWal(
	connection: Connection,
	path: string,
	{ durability, failed, begun = () => {}, sync = datasync }: Options,
): Wal {
	const { $client: client, reads } = connection;
	// While it was opened, it was FULL.
	client.run("PRAGMA synchronous = NORMAL");
	client.run("PRAGMA wal_autocheckpoint = 0");
	// Writers wait by turns instead of asleep, see atomic.ts. Readers of a log have nobody to wait for.
	client.run("PRAGMA busy_timeout = 0");
	try {
		beginWal(client);
	} catch (error) {
		if (sqliteCode(error) !== "SQLITE_FULL") throw error; // on a full disk, people can still read
	}
	const changed = client.prepare<{ rows: number }, []>("SELECT total_changes() AS rows");
	const changes = () => changed.get()?.rows ?? 0;
	// Does nothing but tell. Before SQLite 3.51, such as macOS may have, it is a checkpoint on this thread.
	const log = client.prepare<{ log: number }, []>("PRAGMA wal_checkpoint(NOOP)");

	const file = durability === "full" ? openLog(path) : null;
	const thread = checkpoints(path);
	/** Changed rows: that were committed, that are on the disk, and when it was last looked how long the log is. */
	let committed = changes();
	let safe = committed;
	let looked = committed;
	/** Pages of the log, as they were then. */
	let pages = 0;
	let failure: OperatorError | null = null;
	let running: Promise<void> = Promise.resolve();
	let next: Promise<void> | null = null;
	let copying: Promise<void> | null = null;
	let held: Promise<void> | null = null;

	const fail = (error: unknown): OperatorError => {
		const { code, message } = error as { code?: string; message: string };
		const isFirst = failure === null;
		const sentence = `The disk did not keep what was written to ${path} (${code ?? message}). What was acknowledged until now was on it. Check the disk, then start again.`;
		failure ??= error instanceof OperatorError ? error : new OperatorError(sentence);
		if (isFirst) failed(failure);
		return failure;
	};

	async function syncLog(file: number) {
		const until = committed;
		await sync(file);
		safe = until;
	}

	/** Begins when the one before it has ended; until then whoever comes joins it. */
	async function group(file: number) {
		await running.catch(() => {}); // whoever waited for that one knows
		next = null;
		if (failure) throw failure;
		running = syncLog(file).catch((error) => {
			throw fail(error);
		});
		await running;
	}

	/**
	 * First while others write, which is most of it; then the rest, while they wait: only a log that is copied whole can be
	 * begun anew. False where that cannot be: in the middle of writes together, or while a command reads or writes.
	 */
	async function copy(mode: "RESTART" | "TRUNCATE"): Promise<boolean> {
		try {
			await thread.checkpoint("PASSIVE");
			while (held) await held;
			reads.end();
			if (client.inTransaction) return false;
			const free = Promise.withResolvers<void>();
			held = free.promise;
			let isOurs = false;
			try {
				isOurs = await thread.checkpoint(mode);
				return isOurs;
			} finally {
				held = null;
				free.resolve(); // writers go on after this turn
				begun(isOurs);
			}
		} catch (error) {
			throw fail(error);
		}
	}

	/** A log that cannot be begun anew goes on growing until the next time. */
	async function copyAside() {
		const done = await copy("RESTART").catch(() => false); // whoever writes next is told
		pages = 0;
		if (!done) looked = committed + retriedAfter;
		copying = null;
	}

	return {
		get held() {
			return held;
		},

		async settled() {
			if (failure) throw failure;
			committed = changes();
			if (committed - looked >= lookedEvery) {
				looked = committed;
				reads.end();
				pages = log.get()?.log ?? 0;
			}
			if (pages >= longEnough) copying ??= copyAside();
			if (pages >= tooLong) await copying;
			if (file === null || safe >= committed) return;
			next ??= group(file);
			await next;
		},

		async cut() {
			reads.end();
			if (client.inTransaction) return false;
			return copy("TRUNCATE");
		},

		async close() {
			await copying; // who waited for that goes on to wait for a sync
			await (next ?? running).catch(() => {});
			await thread.end();
			if (file !== null) closeSync(file);
		},
	};
}

/** A descriptor to sync by. It is writable, since Windows syncs nothing else. */
function openLog(path: string): number {
	const file = openSync(walOf(path), "r+");
	syncDirectory(dirname(path));
	return file;
}
