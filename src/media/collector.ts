import { type FileStore, filesOf, type Removal } from "./files";
import type { ImageStore } from "./store";

/** Names that one query gives; other work has a turn between two queries. */
const batchSize = 50;
/** Wait before another try of what could not be deleted. It doubles with each try. */
const [firstRetryMs, maxRetryMs] = [1_000, 60_000];

type Rows = Pick<ImageStore, "isKept" | "removed" | "forget">;

/**
 * Deletes files of a picture unless a row needs it. An upload in another process puts its files, commits its row, and then
 * puts files that are missing again. A row from before `remove` asks brings the files back; for a later one, the upload does.
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

/** Deletes the files of one picture, until its row says so or a backup holds all files. */
async function collectFiles({ images, files }: { images: Rows; files: FileStore }, name: string): Promise<Removal> {
	for (;;) {
		const removal = await discard({ images, files }, name);
		// `forget` is false when the row that needed the files is gone by now.
		if (removal === "held" || (await images.forget(name, { onlyIfKept: removal === "needed" }))) return removal;
	}
}

/** Deletes the files of pictures whose rows are gone, one pass at a time. */
export function collector({ images, files, failed }: Dependencies) {
	const exclusively = locksByName();
	const collectOne = (name: string) => exclusively(name, () => collectFiles({ images, files }, name));
	/** Names that failed. Passes skip them until the next retry, so that each failure is reported once a try. */
	const failedNames = new Set<string>();
	let running: Promise<unknown> = Promise.resolve();
	let next: Promise<void> | null = null;
	let isEnded = false;
	const retries = retryTimer(() => {
		failedNames.clear();
		collectSoon();
	});

	/** The answer is "held" while a backup holds all files. */
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

	/** Calls during a pass share the pass after it. */
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
		/** Runs jobs of one picture one after the other: its files must not be deleted while they arrive. */
		exclusively,

		/** Resolves when the files of all removed pictures are deleted, but for those that a backup holds: they are retried. */
		collect(): Promise<void> {
			failedNames.clear();
			return run();
		},

		/** As `collect`, in the background. */
		collectSoon,

		/** Resolves when the files of one picture are deleted, if that is possible now. All others follow in the background. */
		async release(name: string): Promise<void> {
			await collectOne(name).catch(() => {}); // a pass tries it again, and reports the error
			collectSoon();
		},

		/** Stops after the file that is being deleted. The stores may be closed when it resolves. */
		async end(): Promise<void> {
			isEnded = true;
			retries.end();
			await (next ?? running).catch(() => {});
		},
	};
}

/** Calls `again` after a wait that doubles with each call, until it is reset. */
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
