import { and, eq, inArray, isNotNull, lte, type SQL } from "drizzle-orm";
import type { TrashStore } from "../../../trash/store";
import { atomic, type Db, type Tx } from "../query/atomic";
import type { Cursors } from "../query/cursor";
import { userKeys } from "../query/keys";
import { posts, trash, users } from "../schema";
import { trashWorker } from "./trash/background";
import { forget, forgetWithOthers } from "./trash/forget";
import { type Trashing, trashLookup } from "./trash/lookup";
import type { Removal } from "./trash/removal";
import { restorer } from "./trash/restore";
import { states } from "./trash/states";

/** Entries that one transaction deletes permanently. */
const sweptAtOnce = 20;

type Dependencies = Trashing & { removal: Removal };

export function trashStore(db: Db, cursors: Cursors, { removal, ...trashing }: Dependencies): TrashStore {
	const { shred } = removal;
	const keys = userKeys(db);
	const { find, page, accounts } = trashLookup(db, cursors, trashing);
	const { step, checkPlace } = restorer(db, trashing);
	const worker = trashWorker(db, { removal, step });

	return {
		page,
		accounts,

		async restore(id, { quota, by, ...filter }) {
			const found = await atomic(db, (tx) => {
				if (by) keys.ofCaller(by);
				const found = find(tx, id, filter);
				if (!found) return null;
				checkPlace(found.row);
				return { ...found, isDone: step(tx, found.row, found.entry.kind === "post" ? quota : undefined) };
			});
			if (!found) return null;
			if (!found.isDone) await worker.finish(found.row);
			shred.soon();
			return found.entry;
		},

		resume: worker.resume,

		async end() {
			worker.end();
			await worker.current()?.catch(() => {}); // who waits for it is told
		},

		async forget() {
			await atomic(db, (tx) => forgetDepartures(tx, isNotNull));
			await worker.resume();
		},

		async remove(id, { by, ...filter }) {
			const removed = await atomic(db, (tx) => {
				if (by) keys.ofCaller(by);
				const found = find(tx, id, filter);
				if (!found) return null;
				const { entry, row } = found;
				if (entry.kind === "account") forgetWithOthers(tx, row.key);
				else forget(tx, eq(trash.key, row.key));
				return entry;
			});
			if (removed) {
				await worker.forgetAll();
				await shred.now();
			}
			return removed;
		},

		async sweep(before) {
			for (let all = 0; ; ) {
				const swept = await atomic(db, (tx) => sweepSome(tx, before));
				all += swept;
				await worker.forgetAll();
				if (swept > 0) shred.soon();
				if (swept < sweptAtOnce) return all;
			}
		},
	};
}

/** The rest of these unfinished deletions has no entry any more. */
function forgetDepartures(tx: Tx, which: (entry: typeof posts.goneEntry | typeof users.goneEntry) => SQL) {
	for (const table of [posts, users]) tx.update(table).set({ goneEntry: null }).where(which(table.goneEntry)).run();
}

/** Forgets the next old entries. Returns how many. */
function sweepSome(tx: Tx, before: Date): number {
	const isOld = and(lte(trash.deletedAt, before), inArray(trash.restoring, [states.resting, states.leaving]));
	const old = tx.select({ key: trash.key }).from(trash).where(isOld).limit(sweptAtOnce).all();
	for (const { key } of old) {
		forgetDepartures(tx, (entry) => eq(entry, key));
		forget(tx, eq(trash.key, key));
	}
	return old.length;
}
