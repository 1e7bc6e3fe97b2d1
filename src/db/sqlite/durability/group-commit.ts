import { closeSync, fdatasync, fsync, openSync } from "node:fs";
import { dirname } from "node:path";
import { syncDirectory } from "../../../disk/free-space";
import { walOf } from "../file/paths";

// macOS has no fdatasync to rely on. Elsewhere it skips metadata that a reader does not need, such as times.
const syncFile = process.platform === "darwin" ? fsync : fdatasync;
export const datasync = (file: number) =>
	new Promise<void>((resolve, reject) => syncFile(file, (error) => (error ? reject(error) : resolve())));

type Options = {
	/** Rows that were changed and are durable already. */
	committed: number;
	sync: (file: number) => Promise<void>;
	/** Records a failed sync and returns the error for every writer. */
	fail: (error: unknown) => Error;
	throwIfFailed: () => void;
};

/**
 * Makes commits durable. SQLite only hands them to the system: with `synchronous = NORMAL` it does not sync the WAL at a
 * commit. One fdatasync of the WAL at a time, in a thread of Bun's pool, makes all commits durable that came before it began
 * (group commit: DeWitt et al., Implementation Techniques for Main Memory Database Systems, 1984). With `synchronous = FULL`,
 * SQLite syncs the same file at the same point. SQLite reads a WAL in order and only as far as it is whole, so a power cut
 * leaves no commit without those that it builds on.
 *
 * fdatasync also writes the length of a file that grew. The directory entry is synced once, here: the WAL stays while the
 * connection is open.
 */
export function groupCommit(path: string, { committed, sync, fail, throwIfFailed }: Options) {
	const file = openSync(walOf(path), "r+"); // writable: Windows syncs nothing else
	syncDirectory(dirname(path));
	let durable = committed;
	let running: Promise<void> = Promise.resolve();
	let next: Promise<void> | null = null;

	async function syncWal() {
		const until = committed;
		await sync(file);
		durable = until;
	}

	/** Begins when the running sync has ended. Writers that come until then join this one. */
	async function group() {
		await running.catch(() => {}); // its own writers get the error
		next = null;
		throwIfFailed();
		running = syncWal().catch((error) => {
			throw fail(error);
		});
		await running;
	}

	return {
		/** Resolves when commits are durable, up to this number of changed rows. */
		sync(changedRows: number): Promise<void> | undefined {
			committed = Math.max(committed, changedRows); // a writer that waited for a checkpoint comes late
			if (durable >= committed) return;
			next ??= group();
			return next;
		},

		/** Waits for the running sync and for the next. */
		async end() {
			await (next ?? running).catch(() => {});
		},

		close: () => closeSync(file),
	};
}
