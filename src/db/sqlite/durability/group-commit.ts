import { closeSync, fdatasync, fsync, openSync } from "node:fs";
import { dirname } from "node:path";
import { syncDirectory } from "../../../disk/free-space";
import { walOf } from "../file/paths";

// macOS has no reliable fdatasync. Elsewhere it skips metadata that readers do not need, such as times.
const syncFile = process.platform === "darwin" ? fsync : fdatasync;
export const datasync = (file: number) =>
	new Promise<void>((resolve, reject) => syncFile(file, (error) => (error ? reject(error) : resolve())));

type Options = {
	/** Changed rows that are durable already. */
	committed: number;
	sync: (file: number) => Promise<void>;
	/** Records a failed sync and returns the error for every writer. */
	fail: (error: unknown) => Error;
	throwIfFailed: () => void;
};

/**
 * Makes commits durable. With `synchronous = NORMAL`, SQLite does not sync the WAL at a commit. One fdatasync at a time, in a
 * thread of Bun's pool, makes all earlier commits durable. This is group commit: DeWitt et al., Implementation Techniques for
 * Main Memory Database Systems, 1984. With `synchronous = FULL`, SQLite syncs the same file at the same point. After a power
 * cut SQLite reads the WAL in order up to the first damaged frame, so no commit survives without the commits before it.
 *
 * fdatasync also writes the length of a file that grew. The directory entry is synced once, here, because the WAL exists as
 * long as the connection.
 */
export function groupCommit(path: string, { committed, sync, fail, throwIfFailed }: Options) {
	const file = openSync(walOf(path), "r+"); // writable, because Windows syncs only writable files
	syncDirectory(dirname(path));
	let durable = committed;
	let running: Promise<void> = Promise.resolve();
	let next: Promise<void> | null = null;

	async function syncWal() {
		const until = committed;
		await sync(file);
		durable = until;
	}

	/** Starts when the running sync has ended. Writers that arrive until then share it. */
	async function group() {
		await running.catch(() => {}); // the writers of that sync get the error
		next = null;
		throwIfFailed();
		running = syncWal().catch((error) => {
			throw fail(error);
		});
		await running;
	}

	return {
		/** Resolves when all commits up to this number of changed rows are durable. */
		sync(changedRows: number): Promise<void> | undefined {
			committed = Math.max(committed, changedRows); // a writer that waited for a checkpoint passes an older number
			if (durable >= committed) return;
			next ??= group();
			return next;
		},

		/** Waits for the running sync and the next one. */
		async end() {
			await (next ?? running).catch(() => {});
		},

		close: () => closeSync(file),
	};
}
