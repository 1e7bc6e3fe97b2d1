import { and, asc, count, desc, eq, gt, isNull, sql } from "drizzle-orm";
import { lazily } from "../../../core/lazily";
import { type ImageStore, type NewImage, quotaExceeded } from "../../../media/store";
import type { WalScrubber } from "../durability/scrub";
import { atomic, type Db, type Tx } from "../query/atomic";
import { userKeys } from "../query/keys";
import { limit, parameter } from "../query/parameter";
import { present } from "../query/present";
import { isPostLive, visible } from "../query/visible";
import { images, posts, removedImages, trashImages, users } from "../schema";

const total = sql<number>`coalesce(sum(${images.bytes}), 0)`;

const isNamed = eq(images.name, parameter("name"));

export function imageStore(db: Db, scrubber: WalScrubber): ImageStore {
	return { ...access(db), ...usageOf(db), ...files(db, scrubber) };
}

function access(db: Db): Pick<ImageStore, "seenBy"> {
	const keys = userKeys(db);
	// 2: the avatar of a `present` account, or in a public post; 1: in a post that this viewer may see.
	const seen = lazily(() =>
		db
			.select({
				by: sql<number | null>`max(case
					when (${users.key} is not null and ${present}) or (${posts.visibility} = 'public' and ${isPostLive}) then 2
					when ${visible} then 1
				end)`,
			})
			.from(images)
			.leftJoin(posts, eq(posts.imageKey, images.key))
			.leftJoin(users, eq(users.avatarKey, images.key))
			.where(isNamed)
			.prepare(),
	);

	return {
		async seenBy(viewerId, name) {
			const { by } = seen().get({ viewer: keys.ofViewer(viewerId), name }) ?? {};
			return by === 2 ? "everybody" : by === 1 ? "viewer" : null;
		},
	};
}

function usageOf(db: Db): Pick<ImageStore, "bytesOf" | "usage"> {
	const keys = userKeys(db);
	const bytes = lazily(() =>
		db
			.select({ bytes: total })
			.from(images)
			.where(eq(images.ownerKey, parameter("owner")))
			.prepare(),
	);
	const usage = lazily(() =>
		db
			.select({ username: users.username, images: count(), bytes: total })
			.from(images)
			.innerJoin(users, and(eq(users.key, images.ownerKey), isNull(users.goneAt)))
			.groupBy(images.ownerKey)
			.orderBy(desc(sql`3`), asc(users.username))
			.prepare(),
	);

	return {
		async bytesOf(userId) {
			return bytes().get({ owner: keys.ofUser(userId) })?.bytes ?? 0;
		},
		async usage() {
			return usage().all();
		},
	};
}

type Files = Pick<ImageStore, "instance" | "isKept" | "after" | "remove" | "removed" | "forget">;

/** Finds the files that belong to this database, for the sweep of orphaned files. */
function files(db: Db, scrubber: WalScrubber): Files {
	// Without drizzle, because every start runs it before drizzle is needed.
	const only = lazily(() => db.$client.prepare<{ id: string }, []>("SELECT id FROM instance"));
	// One statement reads one snapshot. Between two statements another process could restore the picture from the trash.
	const kept = lazily(() =>
		db
			.select({ name: images.name })
			.from(images)
			.where(isNamed)
			.unionAll(
				db
					.select({ name: trashImages.name })
					.from(trashImages)
					.where(eq(trashImages.name, parameter("name"))),
			)
			.limit(1)
			.prepare(),
	);
	const after = lazily(() =>
		db
			.select({ key: images.key, name: images.name, createdAt: images.createdAt })
			.from(images)
			.where(gt(images.key, parameter("key")))
			.orderBy(asc(images.key))
			.limit(limit)
			.prepare(),
	);
	const removed = lazily(() =>
		db
			.select()
			.from(removedImages)
			.where(gt(removedImages.name, parameter("after")))
			.orderBy(asc(removedImages.name))
			.limit(limit)
			.prepare(),
	);

	return {
		async instance() {
			return only().get()?.id ?? "";
		},
		async isKept(name) {
			db.readTransaction.end(); // the open read transaction may be older than a row of another process
			return kept().get({ name }) !== undefined;
		},
		async after(key, limit) {
			return after().all({ key, limit });
		},
		async remove({ key, name }) {
			const isIt = and(eq(images.key, key), eq(images.name, name));
			return atomic(db, (tx) => tx.delete(images).where(isIt).returning({ key: images.key }).all().length > 0);
		},
		async removed(page) {
			return removed()
				.all(page)
				.map(({ name }) => name);
		},
		async forget(name, { onlyIfKept }) {
			const isForgotten = await atomic(db, (tx) => {
				if (onlyIfKept && kept().get({ name }) === undefined) return false;
				tx.delete(removedImages).where(eq(removedImages.name, name)).run();
				return true;
			});
			if (isForgotten) scrubber.schedule(); // a name derives from the picture's content
			return isForgotten;
		},
	};
}

/** Inserts the row of a picture and returns its key. Throws `too_large` when the owner's pictures exceed `quota` bytes. */
export function insertImage(tx: Tx, ownerKey: number, { quota, ...image }: NewImage): number {
	const { key } = tx
		.insert(images)
		.values({ ...image, ownerKey })
		.returning({ key: images.key })
		.get();
	const { bytes } = tx.select({ bytes: total }).from(images).where(eq(images.ownerKey, ownerKey)).get() ?? { bytes: 0 };
	if (bytes > quota) throw quotaExceeded(quota); // rolls the whole write back
	return key;
}
