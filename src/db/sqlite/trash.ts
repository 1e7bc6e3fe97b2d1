import { and, desc, eq, gt, inArray, lt, lte, ne, type SQL, sql } from "drizzle-orm";
import { AppError } from "../../errors";
import type { Bin, Kind, TrashEntry, TrashFilter, TrashStore } from "../../trash/store";
import { fold } from "../../users/fold";
import { atomic, type Db, prepareReturning, prepareWrite, type Tx } from "./atomic";
import { type Cursors, paged } from "./cursor";
import { parameter } from "./parameter";
import { comments, images, posts, trash, trashImages, trashLogins, trashParts, users } from "./schema";
import type { Shredder } from "./shred";
import { fromPart, type Packed, packer, toPart } from "./trash/pack";
import type { Sealer } from "./trash/seal";
import { unpacker, type Waiting } from "./trash/unpack";

/** What is kept of an entry besides its rows. */
type Head = {
	id: string;
	ownerId: string;
	/** Of a comment. */
	postId?: string;
	excerpt: string | null;
	isPublic: boolean;
	/** Of an account. */
	username?: string;
	emailKey?: string;
	passwordHash?: string;
};

/** Characters of a text that a list shows. */
const longestExcerpt = 140;
/** Entries that one transaction deletes for ever. */
const sweptAtOnce = 20;

const excerptOf = (text: string) => {
	const characters = Array.from(text.trim());
	return characters.length <= longestExcerpt ? text.trim() : `${characters.slice(0, longestExcerpt - 1).join("")}…`;
};

// Not as parameters, so that the index of what is coming back is of use for the one and in nobody's way for the other.
const isRestoring = sql`${trash.restoring} = 1`;
const isResting = sql`${trash.restoring} = 0`;

/** Where the stores put what they delete, in the transaction that deletes it. */
export function bin(db: Db, { seal, hash }: Sealer) {
	const pack = packer(db.$client);
	const add = partsOf(db, seal);
	const key = parameter("key");
	const { username, emailKey, passwordHash } = users;
	/** What a post, a comment or an account is called by. */
	const heads = {
		post: db
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
		comment: db
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
		account: db
			.select({ id: users.id, ownerId: users.id, username, emailKey, passwordHash })
			.from(users)
			.where(eq(users.key, key))
			.prepare(),
	};
	const picture = { name: images.name, bytes: images.bytes };
	const pictures = {
		post: db
			.select(picture)
			.from(posts)
			.innerJoin(images, eq(images.key, posts.imageKey))
			.where(eq(posts.key, key))
			.prepare(),
		account: db.select(picture).from(images).where(eq(images.ownerKey, key)).prepare(),
	};
	const returning = db
		.select({ key: trash.key })
		.from(trash)
		.where(and(isRestoring, eq(trash.owner, parameter("owner"))))
		.limit(1)
		.prepare();
	const insert = prepareReturning(db, (db) =>
		db
			.insert(trash)
			.values({
				subject: sql.placeholder("subject"),
				owner: sql.placeholder("owner"),
				kind: sql.placeholder("kind"),
				byOwner: sql.placeholder("byOwner"),
				deletedAt: sql.placeholder("at"),
				bytes: sql.placeholder("bytes"),
				head: sql.placeholder("head"),
			})
			.returning({ key: trash.key }),
	);

	const headOf = (kind: Kind, key: number): Head | undefined => {
		if (kind === "account") {
			const found = heads.account.get({ key });
			return found && { ...found, excerpt: null, isPublic: false };
		}
		const { text, visibility, ...ids } = heads[kind].get({ key }) ?? {};
		if (text === undefined) return undefined;
		return {
			...(ids as Pick<Head, "id" | "ownerId" | "postId">),
			excerpt: excerptOf(text),
			isPublic: visibility === "public",
		};
	};

	/** The oldest with pictures go, so that nobody fills the disk with what they delete; apart from what others deleted. */
	const makeRoom = (tx: Tx, owner: Buffer, { byOwner, quota }: Bin) => {
		const withPictures = tx
			.select({ key: trash.key, bytes: trash.bytes })
			.from(trash)
			.where(and(eq(trash.owner, owner), eq(trash.byOwner, byOwner), gt(trash.bytes, 0)))
			.orderBy(desc(trash.key))
			.all();
		let all = 0;
		for (const [i, { key, bytes }] of withPictures.entries()) {
			all += bytes;
			if (i > 0 && all > quota) tx.delete(trash).where(eq(trash.key, key)).run();
		}
	};

	const keep = (tx: Tx, kind: Kind, key: number, { head, owner, bin }: { head: Head; owner: Buffer; bin: Bin }) => {
		const subject = hash("subject", head.id);
		const shown = kind === "comment" ? [] : pictures[kind].all({ key });
		const bytes = shown.reduce((sum, { bytes }) => sum + bytes, 0);
		const sealed = seal(placeOf(subject, "head"), JSON.stringify(head));
		const entry = insert(tx, { ...bin, subject, owner, kind, bytes, head: sealed });
		add(tx, { key: entry.key, subject }, pack(kind, key));
		for (const { name } of shown)
			tx.insert(trashImages).values({ trashKey: entry.key, name }).onConflictDoNothing().run();
		for (const login of new Set([head.username, head.emailKey]))
			if (login !== undefined)
				tx.insert(trashLogins)
					.values({ trashKey: entry.key, login: hash("login", login) })
					.run();
		if (bytes > 0 && kind === "post") makeRoom(tx, owner, bin);
	};

	/**
	 * Before the row of this key is deleted: keeps it and all that hangs on it, if it may come back. Throws `busy` while
	 * something of its owner is coming back.
	 */
	return (tx: Tx, kind: Kind, key: number, bin: Bin | undefined) => {
		const head = headOf(kind, key);
		if (!head) return;
		const owner = hash("owner", head.ownerId);
		if (returning.get({ owner }))
			throw new AppError("busy", "Something that was deleted is still coming back. Try again shortly.");
		if (bin) keep(tx, kind, key, { head, owner, bin });
		else if (kind === "account") tx.delete(trash).where(eq(trash.owner, owner)).run();
	};
}

/** What a store needs to delete. */
export type Removal = { shred: Shredder; putInBin: ReturnType<typeof bin> };

/** Puts parts behind those that an entry has. */
function partsOf(db: Db, seal: Sealer["seal"]) {
	const last = db
		.select({ number: sql<number>`coalesce(max(${trashParts.number}), -1)` })
		.from(trashParts)
		.where(eq(trashParts.trashKey, parameter("key")))
		.prepare();
	const insert = prepareWrite(db, (db) =>
		db.insert(trashParts).values({
			trashKey: sql.placeholder("key"),
			number: sql.placeholder("number"),
			sealed: sql.placeholder("sealed"),
		}),
	);
	return (tx: Tx, { key, subject }: Pick<Row, "key" | "subject">, parts: Iterable<string>) => {
		let { number } = last.get({ key }) ?? { number: -1 };
		for (const part of parts) {
			number++;
			insert(tx, { key, number, sealed: seal(placeOf(subject, number), part) });
		}
	};
}

const placeOf = (subject: Uint8Array, part: "head" | number) => `${Buffer.from(subject).toString("hex")} ${part}`;

type Row = Pick<typeof trash.$inferSelect, "key" | "subject" | "kind" | "byOwner" | "deletedAt" | "head">;
const entryColumns = {
	key: trash.key,
	subject: trash.subject,
	kind: trash.kind,
	byOwner: trash.byOwner,
	deletedAt: trash.deletedAt,
	head: trash.head,
};

export function trashStore(
	db: Db,
	cursors: Cursors,
	{ shred, sealer }: { shred: Shredder; sealer: Sealer },
): TrashStore {
	const { seal, open, hash } = sealer;
	const unpack = unpackerOf(db);
	const add = partsOf(db, seal);

	const headOf = ({ subject, head }: Pick<Row, "subject" | "head">): Head | null => {
		const text = open(placeOf(subject, "head"), head);
		return text === null ? null : JSON.parse(text);
	};

	const usernameOf = (id: string) =>
		db.select({ username: users.username }).from(users).where(eq(users.id, id)).get()?.username ?? null;

	const entryOf = (row: Row): TrashEntry | null => {
		const head = headOf(row);
		if (!head) return null;
		const { id, ownerId, excerpt, isPublic, username } = head;
		const { kind, byOwner, deletedAt } = row;
		const owner = username ?? usernameOf(ownerId);
		return { id, kind, ownerId, owner, excerpt, isPublic, byOwner, deletedAt };
	};

	const isThere = ({ since, ownerId, byOwner, kind }: TrashFilter): SQL | undefined =>
		and(
			gt(trash.deletedAt, since),
			isResting,
			byOwner && eq(trash.byOwner, true),
			kind && eq(trash.kind, kind),
			ownerId === undefined
				? undefined
				: and(eq(trash.owner, hash("owner", ownerId)), eq(trash.byOwner, true), sql`${trash.kind} <> 'account'`),
		);

	const find = (tx: Tx, id: string, filter: TrashFilter) => {
		const row = tx
			.select(entryColumns)
			.from(trash)
			.where(and(eq(trash.subject, hash("subject", id)), isThere(filter)))
			.get();
		const entry = row && entryOf(row);
		if (!entry) return null;
		const isVerified = filter.passwordHash === undefined || headOf(row)?.passwordHash === filter.passwordHash;
		return isVerified ? { row, entry } : null;
	};

	/** Throws `conflict` when it would come back to nowhere. */
	const checkPlace = (tx: Tx, row: Row) => {
		const head = headOf(row);
		if (!head || row.kind === "account") return;
		if (usernameOf(head.ownerId) === null) throw new AppError("conflict", "The account of its author is deleted.");
		if (head.postId === undefined) return;
		if (!tx.select({ key: posts.key }).from(posts).where(eq(posts.id, head.postId)).get())
			throw new AppError("conflict", "The post that it stood under is deleted.");
	};

	/**
	 * What belongs to somebody or something that is in the trash, too, comes back with that, and so in whatever order they
	 * come back. What belongs to who is gone is gone.
	 */
	const putOff = (tx: Tx, from: number, waiting: Waiting[]) => {
		for (const together of Map.groupBy(waiting, ({ ids }) => ids.join()).values()) {
			const subjects = together[0]?.ids.map((id) => hash("subject", id)) ?? [];
			const entry = tx
				.select({ key: trash.key, subject: trash.subject })
				.from(trash)
				.where(and(inArray(trash.subject, subjects), ne(trash.key, from)))
				.limit(1)
				.get();
			if (entry) add(tx, entry, [toPart(together.map(({ row }) => row))]);
		}
	};

	/** Brings the next part back. True when that was the last. */
	const step = (tx: Tx, { key, subject }: Pick<Row, "key" | "subject">): boolean => {
		const [part, next] = tx
			.select({ number: trashParts.number, sealed: trashParts.sealed })
			.from(trashParts)
			.where(eq(trashParts.trashKey, key))
			.orderBy(trashParts.number)
			.limit(2)
			.all();
		if (part) {
			tx.delete(trashParts)
				.where(and(eq(trashParts.trashKey, key), eq(trashParts.number, part.number)))
				.run();
			const text = open(placeOf(subject, part.number), part.sealed);
			// A damaged part is lost; the rest is not.
			if (text !== null) putOff(tx, key, unpack(fromPart(text)));
		}
		if (next) tx.update(trash).set({ restoring: true }).where(eq(trash.key, key)).run();
		else tx.delete(trash).where(eq(trash.key, key)).run();
		return next === undefined;
	};

	const finish = async (row: Pick<Row, "key" | "subject">) => {
		do
			await new Promise(setImmediate); // whoever else waits has a turn
		while (!(await atomic(db, (tx) => step(tx, row))));
	};

	return {
		async page(filter, page) {
			const list = `trash:${filter.ownerId ?? ""}`;
			const [last] = cursors.open(list, page.cursor) ?? [Number.MAX_SAFE_INTEGER];
			const found = db
				.select(entryColumns)
				.from(trash)
				.where(and(lt(trash.key, Number(last)), isThere(filter)))
				.orderBy(desc(trash.key))
				.limit(page.limit + 1)
				.all();
			const { items, nextCursor } = paged(found, page, {
				item: entryOf,
				position: ({ key }) => [key],
				seal: (position) => cursors.seal(list, position),
			});
			return { items: items.filter((entry) => entry !== null), nextCursor };
		},

		async accounts(login, filter) {
			const found = db
				.select({ subject: trash.subject, head: trash.head, deletedAt: trash.deletedAt })
				.from(trashLogins)
				.innerJoin(trash, eq(trash.key, trashLogins.trashKey))
				.where(and(eq(trashLogins.login, hash("login", fold(login))), isThere(filter)))
				.orderBy(trashLogins.trashKey)
				.all();
			return found.flatMap(({ deletedAt, ...row }) => {
				const { id, passwordHash } = headOf(row) ?? {};
				return id !== undefined && passwordHash !== undefined ? { id, passwordHash, deletedAt } : [];
			});
		},

		async restore(id, filter) {
			const found = await atomic(db, (tx) => {
				const found = find(tx, id, filter);
				if (!found) return null;
				checkPlace(tx, found.row);
				return { ...found, isDone: step(tx, found.row) };
			});
			if (!found) return null;
			if (!found.isDone) await finish(found.row);
			shred.soon();
			return found.entry;
		},

		async resume() {
			const interrupted = db.select({ key: trash.key, subject: trash.subject }).from(trash).where(isRestoring).all();
			for (const row of interrupted) await finish(row);
		},

		async remove(id, filter) {
			const removed = await atomic(db, (tx) => {
				const found = find(tx, id, filter);
				if (!found) return null;
				const { entry, row } = found;
				const isAll = entry.kind === "account" && and(eq(trash.owner, hash("owner", id)), isResting);
				tx.delete(trash)
					.where(isAll || eq(trash.key, row.key))
					.run();
				return entry;
			});
			if (removed) await shred.now();
			return removed;
		},

		async sweep(before) {
			const old = db
				.select({ key: trash.key })
				.from(trash)
				.where(and(lte(trash.deletedAt, before), isResting))
				.limit(sweptAtOnce);
			for (let all = 0; ; ) {
				const swept = await atomic(db, (tx) => {
					const keys = old.all().map(({ key }) => key);
					for (const key of keys) tx.delete(trash).where(eq(trash.key, key)).run();
					return keys.length;
				});
				all += swept;
				if (swept > 0) shred.soon();
				if (swept < sweptAtOnce) return all;
			}
		},
	};
}

/** Its statements are prepared when something comes back, which is seldom. */
function unpackerOf(db: Db) {
	let unpack: ReturnType<typeof unpacker> | undefined;
	return (rows: Packed[]): Waiting[] => {
		unpack ??= unpacker(db.$client);
		return unpack(rows);
	};
}
