import { and, desc, eq, gt, type SQL, sql } from "drizzle-orm";
import type { MoveToTrash } from "../../../../core/retention";
import type { Tx } from "../../query/atomic";
import { trash, trashImages, trashParts } from "../../schema";
import { isPurging, isStored, states } from "./states";

// Deletes entries permanently, step by step.

/** Entries of an owner that one step marks. */
const markedAtOnce = 50;

const purging = { restoring: states.purging, subject: sql`randomblob(16)` };

/**
 * Marks entries for permanent deletion. The random subject allows another deletion of the same id meanwhile. The random owner
 * excludes marked entries from later reads by owner.
 */
export function purge(tx: Tx, where: SQL | undefined) {
	tx.update(trash)
		.set({ ...purging, owner: sql`randomblob(16)` })
		.where(where)
		.run();
}

/** Marks an entry like `purge`. `purgeSome` then also marks all stored entries of its owner. */
export function purgeWithOthers(tx: Tx, key: number) {
	tx.update(trash).set(purging).where(eq(trash.key, key)).run();
}

/** Deletes rows of a marked entry until `end` (`performance.now()`). True when the entry is deleted. */
export function purgeSome(tx: Tx, key: number, end: number): boolean {
	const entry = tx.select({ owner: trash.owner }).from(trash).where(eq(trash.key, key)).get();
	if (!entry) return true;
	const isOther = and(eq(trash.owner, entry.owner), isStored);
	const readOthers = () => tx.select({ key: trash.key }).from(trash).where(isOther).limit(markedAtOnce).all();
	for (let others = readOthers(); others.length > 0; others = readOthers()) {
		for (const other of others) purge(tx, eq(trash.key, other.key));
		if (performance.now() >= end) return false;
	}
	// At least one row of each table, so that each transaction makes progress on a busy machine.
	do
		if (!deleteOneOfEach(tx, key)) {
			tx.delete(trash)
				.where(and(eq(trash.key, key), isPurging))
				.run();
			return true;
		}
	while (performance.now() < end);
	return false;
}

/** Deletes one part and one picture of an entry. False when it has none. */
function deleteOneOfEach(tx: Tx, key: number): boolean {
	const [ofParts, ofPictures] = [eq(trashParts.trashKey, key), eq(trashImages.trashKey, key)];
	const [part] = tx.select({ number: trashParts.number }).from(trashParts).where(ofParts).limit(1).all();
	const [picture] = tx.select({ name: trashImages.name }).from(trashImages).where(ofPictures).limit(1).all();
	if (part)
		tx.delete(trashParts)
			.where(and(ofParts, eq(trashParts.number, part.number)))
			.run();
	if (picture)
		tx.delete(trashImages)
			.where(and(ofPictures, eq(trashImages.name, picture.name)))
			.run();
	return part !== undefined || picture !== undefined;
}

/** Marks the oldest entries with pictures beyond the quota. Deletions by the owner and by administrators have separate quotas. */
export function enforceQuota(tx: Tx, owner: Buffer, { byOwner, quota }: MoveToTrash) {
	const withPictures = tx
		.select({ key: trash.key, bytes: trash.bytes })
		.from(trash)
		.where(and(eq(trash.owner, owner), eq(trash.byOwner, byOwner), gt(trash.bytes, 0), isStored))
		.orderBy(desc(trash.key))
		.all();
	let all = 0;
	for (const [i, { key, bytes }] of withPictures.entries()) {
		all += bytes;
		if (i > 0 && all > quota) purge(tx, eq(trash.key, key));
	}
}
