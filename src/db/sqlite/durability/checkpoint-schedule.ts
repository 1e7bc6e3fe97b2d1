import type { Connection } from "../file/connect";
import { checkpointClient } from "./checkpoint-client";

/**
 * Pages of the WAL at which a checkpoint begins: 16 MB, some 1,500 posts. A smaller number writes the same database pages
 * more often. SQLite's default is 1,000 pages.
 */
const checkpointPages = 4_096;
/** Pages at which writers wait for the checkpoint, because the disk is slower than they are. */
const waitPages = 4 * checkpointPages;
/** Changed rows after which the server reads the length of the WAL again. A post changes about a dozen. */
const readLengthEveryRows = 200;
/** The same after a checkpoint that another process blocked. A backup takes long, and each try delays writers. */
const retryAfterRows = 2_000;

type Options = {
	/** Rows changed on this connection until now. */
	committed: number;
	/** Called after each try to restart the WAL, and whether this server restarted it. */
	onWalRestart: (isOurs: boolean) => void;
	fail: (error: unknown) => Error;
};

/**
 * Starts checkpoints, so that the WAL stays short. A thread with its own connection runs them (`checkpoint-client.ts`).
 * SQLite still syncs the WAL before a copy, the database before a restart of the WAL, and the header of a new WAL.
 */
export function scheduleCheckpoints(connection: Connection, path: string, { committed, onWalRestart, fail }: Options) {
	const { $client: client, readTransaction } = connection;
	// NOOP only reports the length. SQLite before 3.51, which macOS may have, runs a checkpoint on this thread instead.
	const walLength = client.prepare<{ log: number }, []>("PRAGMA wal_checkpoint(NOOP)");
	const thread = checkpointClient(path);
	/** Changed rows at the last reading of the WAL's length, and its pages then. */
	let lengthReadAt = committed;
	let pages = 0;
	let running: Promise<void> | null = null;
	let restarting: Promise<void> | null = null;

	/**
	 * Copies most of the WAL while writers continue, then the rest while they wait: SQLite restarts only a fully copied WAL.
	 * False inside `inOneTransaction`, and while another process reads or writes.
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
				free.resolve(); // writers continue after this turn of the event loop
				onWalRestart(isOurs);
			}
		} catch (error) {
			throw fail(error);
		}
	}

	/** If it fails, the WAL grows until the next try. */
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

		/** The automatic checkpoint in progress; null without one. */
		get running() {
			return running;
		},

		/** Begins a checkpoint when the WAL is long. Returns it when writers must wait for it. */
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

		/** Copies the WAL into the database and empties it. False when another connection blocked it. */
		async truncate(): Promise<boolean> {
			readTransaction.end();
			if (client.inTransaction) return false;
			return checkpoint("TRUNCATE");
		},

		end: () => thread.end(),
	};
}
