import { AppError } from "../../../../core/errors";
import { atomic, type Db, type NotPromise, type Tx } from "../../query/atomic";
import { trash } from "../../schema";
import { forgetSome } from "./forget";
import type { Removal } from "./removal";
import type { Returning } from "./restore";
import { isForgotten, isReturning } from "./states";
import type { Departure } from "./stepwise";

/** Duration of one transaction of a permanent deletion; other requests wait meanwhile. */
const turnMs = 15;
/** Pause between the transactions of a stepwise deletion. */
const restMs = 5;
/** Pause before another try while the database is busy. */
const retryMs = 1_000;

type Work = { removal: Removal; step: (tx: Tx, entry: Returning) => boolean };

/** Continues restores and deletions in transactions between which others have their turn. */
export function trashWorker(db: Db, { removal, step }: Work) {
	let isEnding = false;

	async function finish(entry: Returning) {
		do
			await new Promise(setImmediate); // others have a turn
		while (!isEnding && !(await atomic(db, (tx) => step(tx, entry))));
	}

	/** One transaction of background work. It retries while the database is busy or in maintenance. */
	async function inTurn<T>(work: (tx: Tx) => NotPromise<T>): Promise<T | undefined> {
		while (!isEnding) {
			try {
				return await atomic(db, work);
			} catch (error) {
				if (!(error instanceof AppError) || error.code !== "busy") throw error;
				await Bun.sleep(retryMs);
			}
		}
	}

	const nextForgotten = () => db.select({ key: trash.key }).from(trash).where(isForgotten).limit(1).get()?.key;

	/** Deletes forgotten entries, in short transactions. */
	async function forgetAll() {
		for (let key = nextForgotten(); key !== undefined && !isEnding; key = nextForgotten()) {
			const entry = key;
			const isDone = await inTurn((tx) => forgetSome(tx, entry, performance.now() + turnMs));
			if (!isDone) await Bun.sleep(restMs);
		}
	}

	/** Finishes one deletion. False when another secret sealed its entry. */
	async function depart(next: Departure): Promise<boolean> {
		if (next.kind === "account") await removal.untagAll(next.key);
		let state: string | undefined = "more";
		while (state === "more") {
			await Bun.sleep(restMs);
			state = await inTurn((tx) => removal.turn(tx, next));
		}
		return state !== "stuck";
	}

	/** Finishes all restores and deletions that are in progress. */
	async function goOn() {
		const interrupted = db.select({ key: trash.key, subject: trash.subject }).from(trash).where(isReturning).all();
		for (const entry of interrupted) await finish(entry);
		await forgetAll();
		const stuck = new Set<string>();
		const nameOf = ({ kind, key }: Departure) => `${kind} ${key}`;
		const next = () => removal.departures().find((departure) => !stuck.has(nameOf(departure)));
		let hasDeleted = false;
		for (let departure = next(); departure && !isEnding; departure = next()) {
			hasDeleted = true;
			if (!(await depart(departure))) stuck.add(nameOf(departure));
		}
		if (!hasDeleted || isEnding) return;
		await forgetAll(); // the trash of accounts that were deleted permanently
		await removal.shred.now();
	}

	const end = () => {
		isEnding = true;
	};
	return {
		finish,
		forgetAll,
		end,
		...joined(
			() => goOn(),
			() => isEnding,
		),
	};
}

/** Runs work once at a time. A call during a run joins it, and makes it run again for what came in between. */
function joined(work: () => Promise<void>, isEnding: () => boolean) {
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
