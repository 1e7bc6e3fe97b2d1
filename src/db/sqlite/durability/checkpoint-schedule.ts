import type { Connection } from "../file/connect";
import { checkpointClient } from "./checkpoint-client";

/**
 * Pages of the WAL at which a checkpoint begins: 16 MB, some 1,500 posts. More often would write the same pages to the
 * database more often. SQLite's own default is 1,000 pages.
 */
const checkpointPages = 4_096;
/** Pages at which writers wait for the checkpoint: the disk is slower than they are. */
const waitPages = 4 * checkpointPages;
/** Changed rows after which the length of the WAL is read again. A post is about a dozen. */
const readLengthEveryRows = 200;
/** The same after a checkpoint that another process blocked. A backup may take a while, and each try holds up writers. */
const retryAfterRows = 2_000;

type Options = {
	/** Rows that were changed until now. */
	committed: number;
	/** Called after each try to restart the WAL, and whether this server restarted it. */
	onWalRestart: (isOurs: boolean) => void;
	fail: (error: unknown) => Error;
};

/**
 * Decides when a checkpoint copies the WAL into the database, so that the WAL stays short. A thread with its own connection
 * makes them, see `checkpoint-client.ts`. SQLite goes on syncing all that keeps the file safe: the WAL before it is copied,
 * the database before the WAL is restarted, and the head of a new WAL before its content.
 */
export function scheduleCheckpoints(connection: Connection, path: string, { committed, onWalRestart, fail }: Options) {
	const { $client: client, readTransaction } = connection;
	// Only reports. Before SQLite 3.51, such as macOS may have, it is a checkpoint on this thread.
	const walLength = client.prepare<{ log: number }, []>("PRAGMA wal_checkpoint(NOOP)");
	const thread = checkpointClient(path);
	/** Changed rows when the length of the WAL was last read, and its pages then. */
	let lengthReadAt = committed;
	let pages = 0;
	let running: Promise<void> | null = null;
	let restarting: Promise<void> | null = null;

	/**
	 * Copies most of the WAL while others write, then the rest while they wait: only a WAL that is copied whole can be
	 * restarted. False in the middle of writes together, or while another process reads or writes.
	 */
	async function checkpoint(mode: "RESTART" | "TRUNCATE"): Promise<boolean> {
		try {
			await thread.checkpoint("PASSIVE");
			while (restarting) await restarting;
			readTransaction.end();
			if (client.inTransaction) return false;
			const free = Promise.withResolvers<void>();
			restarting = free.promise;
			let isOurs = false;
			try {
				isOurs = await thread.checkpoint(mode);
				return isOurs;
			} finally {
				restarting = null;
				free.resolve(); // writers go on after this turn
				onWalRestart(isOurs);
			}
		} catch (error) {
			throw fail(error);
		}
	}

	/** Without success the WAL grows until the next try. */
	async function restart() {
		const done = await checkpoint("RESTART").catch(() => false); // the next writer gets the error
		pages = 0;
		if (!done) lengthReadAt = committed + retryAfterRows;
		running = null;
	}

	return {
		get held() {
			return restarting;
		},

		/** The checkpoint that began by itself and has not ended. */
		get running() {
			return running;
		},

		/** Begins a checkpoint when the WAL is long. Returns it when writers have to wait for it. */
		afterCommit(changedRows: number): Promise<void> | null {
			committed = changedRows;
			if (committed - lengthReadAt >= readLengthEveryRows) {
				lengthReadAt = committed;
				readTransaction.end();
				pages = walLength.get()?.log ?? 0;
			}
			if (pages >= checkpointPages) running ??= restart();
			return pages >= waitPages ? running : null;
		},

		/** Copies the WAL into the database and empties it. False when another connection was in the way. */
		async truncate(): Promise<boolean> {
			readTransaction.end();
			if (client.inTransaction) return false;
			return checkpoint("TRUNCATE");
		},

		end: () => thread.end(),
	};
}
