import { and, desc, eq, gt, type SQL, sql } from "drizzle-orm";
import { AppError } from "../../../../core/errors";
import { lazily } from "../../../../core/lazily";
import type { Bin } from "../../../../core/retention";
import type { Kind } from "../../../../trash/store";
import { type Db, prepareReturning, prepareWrite, type Tx } from "../../query/atomic";
import { nextKey } from "../../query/keys";
import { parameter } from "../../query/parameter";
import { comments, images, posts, trash, trashImages, trashLogins, trashParts, users } from "../../schema";
import type { Sealer } from "./seal";

/**
 * `resting` entries can be restored. `returning`: a restore is in progress. `leaving`: the deletion is in progress.
 * `forgotten`: the entry itself is being deleted permanently.
 */
export const states = { resting: 0, returning: 1, leaving: 2, forgotten: 3 };

/** A restore reads the parts of an entry band by band, whatever order they were written in. */
export const bands = { first: 0, posts: 1, onPosts: 2, elsewhere: 3 };
const bandSize = 2 ** 32;

/** The sealed description of an entry, without its rows. */
export type Head = {
	id: string;
	ownerId: string;
	/** For a comment: the post it belongs to. */
	postId?: string;
	excerpt: string | null;
	isPublic: boolean;
	/** For an account. */
	username?: string;
	emailKey?: string;
	passwordHash?: string;
};

/** Enough of an entry to add parts to it. */
export type Entry = { key: number; subject: Uint8Array };

/** Entries of an owner that are marked at a time. */
const markedAtOnce = 50;

/** Characters of a text that a list shows. */
const longestExcerpt = 140;

const excerptOf = (text: string) => {
	const characters = Array.from(text.trim().slice(0, 4 * longestExcerpt));
	return characters.length <= longestExcerpt ? text.trim() : `${characters.slice(0, longestExcerpt - 1).join("")}…`;
};

// Literals and not parameters: SQLite uses a partial index only for a literal condition.
export const isReturning = sql`${trash.restoring} = ${sql.raw(String(states.returning))}`;
export const isResting = sql`${trash.restoring} = ${sql.raw(String(states.resting))}`;
export const isForgotten = sql`${trash.restoring} = ${sql.raw(String(states.forgotten))}`;

/** Associated data of a sealed text: moved to another place, it does not open. */
export const placeOf = (subject: Uint8Array, part: "head" | number) =>
	`${Buffer.from(subject).toString("hex")} ${part}`;

export type Entries = ReturnType<typeof entries>;

/** Writes trash entries, in the transaction that deletes the rows. */
export function entries(db: Db, { seal, open, hash }: Sealer) {
	const key = parameter("key");
	const { username, emailKey, passwordHash } = users;
	/** Reads the heads of posts, comments and accounts. */
	const heads = {
		post: lazily(() =>
			db
				.select({
					id: posts.id,
					ownerId: users.id,
					text: sql<string>`coalesce(${posts.title}, ${posts.content})`,
					visibility: posts.visibility,
				})
				.from(posts)
				.innerJoin(users, eq(users.key, posts.authorKey))
				.where(eq(posts.key, key))
				.prepare(),
		),
		comment: lazily(() =>
			db
				.select({
					id: comments.id,
					ownerId: users.id,
					postId: posts.id,
					text: comments.content,
					visibility: posts.visibility,
				})
				.from(comments)
				.innerJoin(posts, eq(posts.key, comments.postKey))
				.innerJoin(users, eq(users.key, comments.authorKey))
				.where(eq(comments.key, key))
				.prepare(),
		),
		account: lazily(() =>
			db
				.select({ id: users.id, ownerId: users.id, username, emailKey, passwordHash })
				.from(users)
				.where(eq(users.key, key))
				.prepare(),
		),
	};
	const bytes = {
		post: lazily(() =>
			db
				.select({ bytes: images.bytes })
				.from(posts)
				.innerJoin(images, eq(images.key, posts.imageKey))
				.where(eq(posts.key, key))
				.prepare(),
		),
		account: lazily(() =>
			db
				.select({ bytes: sql<number>`coalesce(sum(${images.bytes}), 0)` })
				.from(images)
				.where(eq(images.ownerKey, key))
				.prepare(),
		),
	};
	const returning = lazily(() =>
		db
			.select({ key: trash.key })
			.from(trash)
			.where(and(isReturning, eq(trash.owner, parameter("owner"))))
			.limit(1)
			.prepare(),
	);
	const insert = prepareReturning(db, (db) =>
		db
			.insert(trash)
			.values({
				key: sql.raw(nextKey("trash")),
				subject: sql.placeholder("subject"),
				owner: sql.placeholder("owner"),
				kind: sql.placeholder("kind"),
				byOwner: sql.placeholder("byOwner"),
				deletedAt: sql.placeholder("at"),
				bytes: sql.placeholder("bytes"),
				restoring: sql.placeholder("state"),
				head: sql.placeholder("head"),
			})
			.returning({ key: trash.key }),
	);
	const lastPart = lazily(() =>
		db
			.select({ number: sql<number | null>`max(${trashParts.number})` })
			.from(trashParts)
			.where(
				and(
					eq(trashParts.trashKey, key),
					sql`${trashParts.number} >= ${parameter("from")} and ${trashParts.number} < ${parameter("below")}`,
				),
			)
			.prepare(),
	);
	const insertPart = prepareWrite(db, (db) =>
		db.insert(trashParts).values({
			trashKey: sql.placeholder("key"),
			number: sql.placeholder("number"),
			sealed: sql.placeholder("sealed"),
		}),
	);

	const headOf = (kind: Kind, key: number): Head | null => {
		if (kind === "account") {
			const found = heads.account().get({ key });
			return found ? { ...found, excerpt: null, isPublic: false } : null;
		}
		const { text, visibility, ...ids } = heads[kind]().get({ key }) ?? {};
		if (text === undefined) return null;
		return {
			...(ids as Pick<Head, "id" | "ownerId" | "postId">),
			excerpt: excerptOf(text),
			isPublic: visibility === "public",
		};
	};

	const forgotten = { restoring: states.forgotten, subject: sql`randomblob(16)` };
	/**
	 * Marks entries for permanent deletion. A random subject lets the same id be deleted again meanwhile. A random owner keeps
	 * a walk over the entries of an owner from reading the marked ones again.
	 */
	const forget = (tx: Tx, where: SQL | undefined) => {
		tx.update(trash)
			.set({ ...forgotten, owner: sql`randomblob(16)` })
			.where(where)
			.run();
	};

	/** Deletes the oldest entries with pictures beyond the quota. Entries by the owner and by administrators count apart. */
	const makeRoom = (tx: Tx, owner: Buffer, { byOwner, quota }: Bin) => {
		const withPictures = tx
			.select({ key: trash.key, bytes: trash.bytes })
			.from(trash)
			.where(and(eq(trash.owner, owner), eq(trash.byOwner, byOwner), gt(trash.bytes, 0), isResting))
			.orderBy(desc(trash.key))
			.all();
		let all = 0;
		for (const [i, { key, bytes }] of withPictures.entries()) {
			all += bytes;
			if (i > 0 && all > quota) forget(tx, eq(trash.key, key));
		}
	};

	return {
		headOf,
		forget,

		/** Marks an entry like `forget`, and makes `forgetSome` take along all resting entries of its owner. */
		forgetWithOthers(tx: Tx, key: number) {
			tx.update(trash).set(forgotten).where(eq(trash.key, key)).run();
		},

		/** Deletes rows of a forgotten entry until `end` (`performance.now()`). True when the entry is gone. */
		forgetSome(tx: Tx, key: number, end: number): boolean {
			const entry = tx.select({ owner: trash.owner }).from(trash).where(eq(trash.key, key)).get();
			if (!entry) return true;
			const isOther = and(eq(trash.owner, entry.owner), isResting);
			const rest = { parts: eq(trashParts.trashKey, key), pictures: eq(trashImages.trashKey, key) };
			const readOthers = () => tx.select({ key: trash.key }).from(trash).where(isOther).limit(markedAtOnce).all();
			for (let others = readOthers(); others.length > 0; others = readOthers()) {
				for (const other of others) forget(tx, eq(trash.key, other.key));
				if (performance.now() >= end) return false;
			}
			while (performance.now() < end) {
				const [part] = tx.select({ number: trashParts.number }).from(trashParts).where(rest.parts).limit(1).all();
				const [picture] = tx.select({ name: trashImages.name }).from(trashImages).where(rest.pictures).limit(1).all();
				if (!part && !picture) {
					tx.delete(trash)
						.where(and(eq(trash.key, key), isForgotten))
						.run();
					return true;
				}
				if (part)
					tx.delete(trashParts)
						.where(and(rest.parts, eq(trashParts.number, part.number)))
						.run();
				if (picture)
					tx.delete(trashImages)
						.where(and(rest.pictures, eq(trashImages.name, picture.name)))
						.run();
			}
			return false;
		},

		/** Null when the entry was sealed with another secret, or is damaged. */
		openHead({ subject, head }: { subject: Uint8Array; head: Uint8Array }): Head | null {
			const text = open(placeOf(subject, "head"), head);
			return text === null ? null : JSON.parse(text);
		},

		/** Throws `busy` while a restore of the same owner is in progress. */
		requireRest({ ownerId }: Head) {
			if (returning().get({ owner: hash("owner", ownerId) }))
				throw new AppError("busy", "Something that was deleted is still coming back. Try again shortly.");
		},

		/** Creates an entry without parts. */
		create(tx: Tx, kind: Kind, key: number, { head, bin, state }: { head: Head; bin: Bin; state: number }): Entry {
			const subject = hash("subject", head.id);
			const owner = hash("owner", head.ownerId);
			const shown = kind === "comment" ? 0 : (bytes[kind]().get({ key })?.bytes ?? 0);
			const sealed = seal(placeOf(subject, "head"), JSON.stringify(head));
			const entry = insert(tx, { ...bin, subject, owner, kind, state, bytes: shown, head: sealed });
			for (const login of new Set([head.username, head.emailKey]))
				if (login !== undefined)
					tx.insert(trashLogins)
						.values({ trashKey: entry.key, login: hash("login", login) })
						.run();
			if (shown > 0 && kind === "post") makeRoom(tx, owner, bin);
			return { key: entry.key, subject };
		},

		/** Appends parts to a band of an entry. */
		addParts(tx: Tx, { key, subject }: Entry, band: number, parts: Iterable<string>) {
			const from = band * bandSize;
			let number = lastPart().get({ key, from, below: from + bandSize })?.number ?? from - 1;
			for (const part of parts) {
				number++;
				insertPart(tx, { key, number, sealed: seal(placeOf(subject, number), part) });
			}
		},

		/** Protects the files of a picture while the entry exists. */
		keepPicture(tx: Tx, { key }: Entry, name: string) {
			tx.insert(trashImages).values({ trashKey: key, name }).onConflictDoNothing().run();
		},
	};
}
