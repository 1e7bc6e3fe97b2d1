import { and, eq, inArray, ne } from "drizzle-orm";
import { AppError } from "../../../../core/errors";
import { lazily } from "../../../../core/lazily";
import type { Db, Tx } from "../../query/atomic";
import { userKeys } from "../../query/keys";
import { visiblePosts } from "../../query/select";
import { trash, trashParts } from "../../schema";
import { bands, sealContext } from "./entries";
import { type EntryRow, type Trashing, usernameOf } from "./lookup";
import { fromPart, type TrashedRow, toPart } from "./rows";
import { states } from "./states";
import { type BlockedRow, rowRestorer } from "./unpack";

/** Longest transaction of a restore, in milliseconds; requests wait meanwhile. */
const transactionMs = 15;

export type EntryKey = Pick<EntryRow, "key" | "subject">;

/** Restores the rows of entries, in transactions of the caller. */
export function restorer(db: Db, trashing: Trashing) {
	const unpack = lazily(() => rowRestorer(db.$client));
	const { open, seal } = trashing.sealer;
	const { openSummary } = trashing.entries;

	/** Restores rows of a part until `end` and keeps the remaining rows. A damaged part is lost; the other parts are not. */
	const restorePart = (tx: Tx, { key, subject }: EntryKey, part: Part, quota: number, end: number) => {
		const isIt = and(eq(trashParts.trashKey, key), eq(trashParts.number, part.number));
		const text = open(sealContext(subject, part.number), part.sealed);
		const rows = text === null ? [] : fromPart(text);
		let done = 0;
		while (done < rows.length && (done === 0 || performance.now() < end))
			postpone(tx, trashing, key, unpack()(rows[done++] as TrashedRow, quota));
		if (done === rows.length) return tx.delete(trashParts).where(isIt).run();
		const rest = seal(sealContext(subject, part.number), toPart(rows.slice(done)));
		tx.update(trashParts).set({ sealed: rest }).where(isIt).run();
	};

	return {
		checkRestorable: restorableChecker(db, trashing),

		/**
		 * Restores the next rows. `quota` limits the pictures of the owner, in bytes. True when the entry is done. Also true for
		 * an entry encrypted with another secret key, which stays unchanged.
		 */
		step(tx: Tx, { key, subject }: EntryKey, quota = Number.POSITIVE_INFINITY): boolean {
			const entry = tx.select().from(trash).where(eq(trash.key, key)).get();
			if (!entry || Buffer.compare(entry.subject, subject) !== 0 || entry.restoring === states.deleting) return true;
			if (openSummary(entry) === null) return true;
			const end = performance.now() + transactionMs;
			// At least one part, so that each transaction makes progress on a busy machine.
			for (let part = nextPart(tx, key); part; part = nextPart(tx, key)) {
				restorePart(tx, entry, part, quota, end);
				if (performance.now() < end || nextPart(tx, key) === undefined) continue;
				tx.update(trash).set({ restoring: states.restoring }).where(eq(trash.key, key)).run();
				return false;
			}
			tx.delete(trash).where(eq(trash.key, key)).run();
			return true;
		},
	};
}

type Part = Pick<typeof trashParts.$inferSelect, "number" | "sealed">;

const nextPart = (tx: Tx, key: number): Part | undefined =>
	tx
		.select({ number: trashParts.number, sealed: trashParts.sealed })
		.from(trashParts)
		.where(eq(trashParts.trashKey, key))
		.orderBy(trashParts.number)
		.limit(1)
		.get();

/**
 * Moves rows to the trash entries of the missing posts or accounts, so that restores work in any order. Rows without such an
 * entry are deleted permanently.
 */
function postpone(tx: Tx, { entries, sealer }: Trashing, from: number, blocked: BlockedRow[]) {
	for (const { ids, row } of blocked) {
		const subjects = ids.map((id) => sealer.hash("subject", id));
		const entry = tx
			.select({ key: trash.key, subject: trash.subject })
			.from(trash)
			.where(and(inArray(trash.subject, subjects), ne(trash.key, from), ne(trash.restoring, states.purging)))
			.limit(1)
			.get();
		if (entry) entries.addParts(tx, entry, bands.elsewhere, [toPart([row])]);
	}
}

/**
 * A restore follows the rules of creation: the author of a comment must see the post. Throws the same `conflict` for a hidden
 * and for a deleted post.
 */
function restorableChecker(db: Db, { entries }: Trashing) {
	const keys = userKeys(db);
	const visiblePost = visiblePosts(db);
	return (row: EntryRow) => {
		const head = entries.openSummary(row);
		if (!head || row.kind === "account") return;
		if (usernameOf(db, head.ownerId) === null) throw new AppError("conflict", "The account of its author is deleted.");
		if (head.postId !== undefined && visiblePost(head.postId, keys.ofViewer(head.ownerId)) === null)
			throw new AppError("conflict", "The post of this comment no longer exists.");
	};
}
