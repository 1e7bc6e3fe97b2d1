import { type FileStore, filesOf, type Removal } from "./files";
import type { ImageStore } from "./store";

/** Names per query. Other work runs between two queries. */
const batchSize = 50;
/** The wait before a failed file is tried again. It doubles with each retry, up to the maximum. */
const [firstRetryMs, maxRetryMs] = [1_000, 60_000];

type Rows = Pick<ImageStore, "isKept" | "removed" | "forget">;

/**
 * Deletes files of a picture unless a row needs them. Another process may upload the same picture at this moment: it
 * writes its files, commits its row, and then writes missing files again. `remove` restores the files if the row exists
 * when it asks. If the row comes later, the upload restores them.
 */
export const discard = async (
	{ images, files }: { images: Pick<ImageStore, "isKept">; files: FileStore },
	name: string,
	names = filesOf(name),
): Promise<Removal> =>
	(await images.isKept(name)) ? "needed" : files.remove(names, { isNeeded: () => images.isKept(name) });

export const isComplete = async (files: FileStore, name: string): Promise<boolean> => {
	for (const file of filesOf(name)) if ((await files.get(file)) === null) return false;
	return true;
};

type Dependencies = { images: Rows; files: FileStore; failed: (error: unknown) => void };

/** Deletes the files of one picture. Tries again while its row changes; gives up while a backup needs all files. */
async function collectFiles({ images, files }: { images: Rows; files: FileStore }, name: string): Promise<Removal> {
	for (;;) {
		const removal = await discard({ images, files }, name);
		// `forget` returns false when the row that needed the files was deleted meanwhile.
		if (removal === "held" || (await images.forget(name, { onlyIfKept: removal === "needed" }))) return removal;
	}
}

/** Deletes the files of pictures whose rows were deleted, in one pass at a time. */
export function collector({ images, files, failed }: Dependencies) {
	const exclusively = locksByName();
	const collectOne = (name: string) => exclusively(name, () => collectFiles({ images, files }, name));
	/** Passes skip these names until the next retry, so that each retry reports an error once. */
	const failedNames = new Set<string>();
	let running: Promise<unknown> = Promise.resolve();
	let next: Promise<void> | null = null;
	let isEnded = false;
	const retries = retryTimer(() => {
		failedNames.clear();
		collectSoon();
	});

	/** Returns "held" while a backup needs all files. */
	const collectBatch = async (names: string[]): Promise<"done" | "held"> => {
		for (const name of names) {
			if (isEnded) break;
			if (failedNames.has(name)) continue;
			try {
				if ((await collectOne(name)) === "held") return "held";
			} catch (error) {
				failedNames.add(name);
				failed(error);
			}
		}
		return "done";
	};

	const pass = async () => {
		for (let after = ""; !isEnded; ) {
			const names = await images.removed({ after, limit: batchSize });
			if ((await collectBatch(names)) === "held") return retries.schedule();
			if (isEnded) return;
			after = names.at(-1) ?? after;
			if (names.length < batchSize) break;
			await new Promise(setImmediate);
		}
		if (failedNames.size > 0) retries.schedule();
		else retries.reset();
	};

	/** All calls during a pass share the next pass. */
	const run = (): Promise<void> => {
		next ??= running.then(() => {
			next = null;
			const passed = pass();
			running = passed.catch(() => {});
			return passed;
		});
		return next;
	};

	const collectSoon = (): void => {
		if (!isEnded) run().catch(failed);
	};

	return {
		/** Runs the jobs of one picture one after the other, so that no job deletes files that another one writes. */
		exclusively,

		/**
		 * Resolves after one attempt at the files of all removed pictures. Failed files and files that a backup needs are
		 * tried again later.
		 */
		collect(): Promise<void> {
			failedNames.clear();
			return run();
		},

		/** Like `collect`, in the background. */
		collectSoon,

		/** Resolves after one attempt at the files of one picture. All other pictures follow in the background. */
		async release(name: string): Promise<void> {
			await collectOne(name).catch(() => {}); // the next pass tries again and reports the error
			collectSoon();
		},

		/** Stops after the current file. The caller may close the stores when this resolves. */
		async end(): Promise<void> {
			isEnded = true;
			retries.end();
			await (next ?? running).catch(() => {});
		},
	};
}

/** Calls `again` after a wait. The wait doubles with each call until `reset`. */
function retryTimer(again: () => void) {
	let timer: ReturnType<typeof setTimeout> | undefined;
	let waitMs = firstRetryMs;
	let isEnded = false;
	return {
		schedule(): void {
			if (timer || isEnded) return;
			timer = setTimeout(() => {
				timer = undefined;
				again();
			}, waitMs);
			timer.unref();
			waitMs = Math.min(2 * waitMs, maxRetryMs);
		},
		reset(): void {
			waitMs = firstRetryMs;
		},
		end(): void {
			isEnded = true;
			clearTimeout(timer);
		},
	};
}

function locksByName() {
	const last = new Map<string, Promise<unknown>>();
	return async <T>(name: string, job: () => Promise<T>): Promise<T> => {
		const run = (last.get(name) ?? Promise.resolve()).then(job, job);
		last.set(name, run);
		try {
			return await run;
		} finally {
			if (last.get(name) === run) last.delete(name);
		}
	};
}
