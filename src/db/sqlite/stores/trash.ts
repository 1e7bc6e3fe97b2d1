import { and, eq, inArray, isNotNull, lte, type SQL } from "drizzle-orm";
import type { TrashStore } from "../../../trash/store";
import { atomic, type Db, type Tx } from "../query/atomic";
import type { Cursors } from "../query/cursor";
import { userKeys } from "../query/keys";
import { posts, trash, users } from "../schema";
import { trashWorker } from "./trash/background";
import { type Trashing, trashLookup } from "./trash/lookup";
import { purge, purgeWithOthers } from "./trash/purge";
import type { Removal } from "./trash/removal";
import { restorer } from "./trash/restore";
import { states } from "./trash/states";

/** Entries that one transaction deletes permanently. */
const purgedAtOnce = 20;

type Dependencies = Trashing & { removal: Removal };

export function trashStore(db: Db, cursors: Cursors, { removal, ...trashing }: Dependencies): TrashStore {
	const { scrubber } = removal;
	const keys = userKeys(db);
	const { find, page, accounts } = trashLookup(db, cursors, trashing);
	const { step, checkRestorable } = restorer(db, trashing);
	const worker = trashWorker(db, { removal, step });

	return {
		page,
		accounts,

		async restore(id, { quota, by, ...filter }) {
			const found = await atomic(db, (tx) => {
				if (by) keys.ofCaller(by);
				const found = find(tx, id, filter);
				if (!found) return null;
				checkRestorable(found.row);
				return { ...found, isDone: step(tx, found.row, found.entry.kind === "post" ? quota : undefined) };
			});
			if (!found) return null;
			if (!found.isDone) await worker.finish(found.row);
			scrubber.schedule();
			return found.entry;
		},

		resume: worker.resume,

		async end() {
			worker.end();
			await worker.current()?.catch(() => {}); // its callers get the error
		},

		async forget() {
			await atomic(db, (tx) => detachDeletions(tx, isNotNull));
			await worker.resume();
		},

		async remove(id, { by, ...filter }) {
			const removed = await atomic(db, (tx) => {
				if (by) keys.ofCaller(by);
				const found = find(tx, id, filter);
				if (!found) return null;
				const { entry, row } = found;
				if (entry.kind === "account") purgeWithOthers(tx, row.key);
				else purge(tx, eq(trash.key, row.key));
				return entry;
			});
			if (removed) {
				await worker.purgeAll();
				await scrubber.now();
			}
			return removed;
		},

		async sweep(before) {
			for (let all = 0; ; ) {
				const swept = await atomic(db, (tx) => purgeOldSome(tx, before));
				all += swept;
				await worker.purgeAll();
				if (swept > 0) scrubber.schedule();
				if (swept < purgedAtOnce) return all;
			}
		},
	};
}

/** Separates unfinished deletions from their trash entries, so that the remaining rows are deleted permanently. */
function detachDeletions(tx: Tx, which: (entry: typeof posts.goneEntry | typeof users.goneEntry) => SQL) {
	for (const table of [posts, users]) tx.update(table).set({ goneEntry: null }).where(which(table.goneEntry)).run();
}

/** Marks the next expired entries for permanent deletion. Returns their number. */
function purgeOldSome(tx: Tx, before: Date): number {
	const isOld = and(lte(trash.deletedAt, before), inArray(trash.restoring, [states.stored, states.deleting]));
	const old = tx.select({ key: trash.key }).from(trash).where(isOld).limit(purgedAtOnce).all();
	for (const { key } of old) {
		detachDeletions(tx, (entry) => eq(entry, key));
		purge(tx, eq(trash.key, key));
	}
	return old.length;
}
