import { AppError } from "../../../../core/errors";
import { atomic, type Db, type NotPromise, type Tx } from "../../query/atomic";
import { trash } from "../../schema";
import { purgeSome } from "./purge";
import type { Removal } from "./removal";
import type { EntryKey } from "./restore";
import { isPurging, isRestoring } from "./states";
import type { PendingDeletion } from "./stepwise";

/** Longest transaction of a permanent deletion, in milliseconds; requests wait meanwhile. */
const transactionMs = 15;
/** Pause between the transactions of a stepwise deletion. */
const pauseMs = 5;
/** Pause before another try while the database is busy. */
const retryMs = 1_000;

type Work = { removal: Removal; step: (tx: Tx, entry: EntryKey) => boolean };

/** Continues restores and deletions in short transactions, so that requests run in between. */
export function trashWorker(db: Db, { removal, step }: Work) {
	let isEnding = false;

	async function finish(entry: EntryKey) {
		do
			await new Promise(setImmediate); // requests run in between
		while (!isEnding && !(await atomic(db, (tx) => step(tx, entry))));
	}

	/** Runs one transaction of background work. Retries while the database is busy or the server read-only. */
	async function writeWhenFree<T>(work: (tx: Tx) => NotPromise<T>): Promise<T | undefined> {
		while (!isEnding) {
			try {
				return await atomic(db, work);
			} catch (error) {
				if (!(error instanceof AppError) || error.code !== "busy") throw error;
				await Bun.sleep(retryMs);
			}
		}
	}

	const nextToPurge = () => db.select({ key: trash.key }).from(trash).where(isPurging).limit(1).get()?.key;

	/** Deletes all marked entries in short transactions. */
	async function purgeAll() {
		for (let key = nextToPurge(); key !== undefined && !isEnding; key = nextToPurge()) {
			const entry = key;
			const isDone = await writeWhenFree((tx) => purgeSome(tx, entry, performance.now() + transactionMs));
			if (!isDone) await Bun.sleep(pauseMs);
		}
	}

	/** Finishes one deletion. False when its trash entry was encrypted with another secret key. */
	async function finishDeletion(next: PendingDeletion): Promise<boolean> {
		if (next.kind === "account") await removal.removeTagsOfPosts(next.key);
		let state: string | undefined = "more";
		while (state === "more") {
			await Bun.sleep(pauseMs);
			state = await writeWhenFree((tx) => removal.deleteNext(tx, next));
		}
		return state !== "stuck";
	}

	/** Finishes all restores and deletions that are in progress. */
	async function finishAll() {
		const interrupted = db.select({ key: trash.key, subject: trash.subject }).from(trash).where(isRestoring).all();
		for (const entry of interrupted) await finish(entry);
		await purgeAll();
		const stuck = new Set<string>();
		const nameOf = ({ kind, key }: PendingDeletion) => `${kind} ${key}`;
		const next = () => removal.pendingDeletions().find((departure) => !stuck.has(nameOf(departure)));
		let hasDeleted = false;
		for (let departure = next(); departure && !isEnding; departure = next()) {
			hasDeleted = true;
			if (!(await finishDeletion(departure))) stuck.add(nameOf(departure));
		}
		if (!hasDeleted || isEnding) return;
		await purgeAll(); // the trash of accounts that were deleted permanently
		await removal.scrubber.now();
	}

	const end = () => {
		isEnding = true;
	};
	return {
		finish,
		purgeAll,
		end,
		...coalesced(
			() => finishAll(),
			() => isEnding,
		),
	};
}

/** Runs `work` once at a time. A call during a run makes it run once more, and resolves with that run. */
function coalesced(work: () => Promise<void>, isEnding: () => boolean) {
	let running: Promise<void> | null = null;
	let isWanted = false;
	return {
		current: () => running,
		resume() {
			isWanted = true;
			running ??= (async () => {
				try {
					for (; isWanted && !isEnding(); await work()) isWanted = false;
				} finally {
					running = null;
				}
			})();
			return running;
		},
	};
}
