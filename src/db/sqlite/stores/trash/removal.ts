import { eq, sql } from "drizzle-orm";
import { lazily } from "../../../../core/lazily";
import type { Bin } from "../../../../core/retention";
import type { Shredder } from "../../durability/scrub";
import { atomic, type Db, type Tx } from "../../query/atomic";
import { parameter } from "../../query/parameter";
import { comments, images, posts, trash, users } from "../../schema";
import type { SearchIndex } from "../search-index";
import { marksOn } from "../search-terms";
import { bands, type Entries, type Entry, states } from "./entries";
import { goneMark, mostCharacters, mostRows, type PackedRow, packedRows, packer } from "./pack";
import type { Sealer } from "./seal";

/** A post with more comments and likes is deleted in several transactions: these take some 5 ms. */
const mostAtOnce = 500;
/** Duration of one transaction of a stepwise deletion; other requests wait meanwhile. */
const turnMs = 10;
/** Rows that a transaction deletes at least, so that a small account needs only one on any machine: 5 ms. */
const leastRows = 100;
/** Cost of deleting a post, in rows: a base, and one row per so many characters, for the search index. */
const postCost = { rows: 5, characters: 25 };
/** Rows that are read at a time. */
const rowsAtOnce = 50;

/** An account or a post that is being deleted step by step. */
export type Departure = { kind: "post" | "account"; key: number };

type Dependencies = { shred: Shredder; index: SearchIndex; entries: Entries; sealer: Sealer };

export type Removal = ReturnType<typeof removal>;

/**
 * Deletes posts, comments and accounts in transactions of the caller, and moves their rows to the trash if they may be
 * restored. The first transaction is short and makes a large account invisible; later ones delete its rows. The remaining
 * rows are the only state, so the deletion resumes after a crash.
 */
export function removal(db: Db, { shred, index, entries, sealer: { hash } }: Dependencies) {
	const client = db.$client;
	const marks = marksOn(client);
	const pack = packer(client);
	const key = parameter("key");
	const size = lazily(() =>
		db
			.select({ rows: sql<number>`${posts.likeCount} + ${posts.commentCount}` })
			.from(posts)
			.where(eq(posts.key, key))
			.prepare(),
	);
	const picture = lazily(() =>
		db
			.select({ name: images.name })
			.from(posts)
			.innerJoin(images, eq(images.key, posts.imageKey))
			.where(eq(posts.key, key))
			.prepare(),
	);
	const avatar = lazily(() =>
		db
			.select({ name: images.name })
			.from(users)
			.innerJoin(images, eq(images.key, users.avatarKey))
			.where(eq(users.key, key))
			.prepare(),
	);

	const select = <Row>(sql: string) => lazily(() => client.prepare<Row, [number, number]>(sql));
	const run = (sql: string) => lazily(() => client.prepare<null, [number, number]>(sql));
	type Packed = Record<keyof typeof packedRows, ReturnType<typeof select<PackedRow>>>;
	const packed = Object.fromEntries(
		Object.entries(packedRows).map(([what, sql]) => [what, select<PackedRow>(sql)]),
	) as Packed;
	const rowsOf = (what: keyof typeof packedRows, key: number, limit: number): PackedRow[] =>
		packed[what]().all(key, limit);
	const remove = {
		comment: run("DELETE FROM comments WHERE key = ?1 AND ?2 = 0"),
		like: run("DELETE FROM likes WHERE post_key = ?1 AND user_key = ?2"),
		follow: run("DELETE FROM follows WHERE follower_key = ?1 AND following_key = ?2"),
		token: run(
			"DELETE FROM refresh_tokens WHERE hash IN (SELECT hash FROM refresh_tokens WHERE session_key = ?1 LIMIT ?2)",
		),
		session: run("DELETE FROM sessions WHERE key = ?1 AND ?2 IS NOT NULL"),
		link: run("DELETE FROM links WHERE key = ?1 AND ?2 IS NOT NULL"),
		image: run("DELETE FROM images WHERE key = ?1 AND ?2 IS NOT NULL"),
	};
	type Keyed = { key: number };
	const left = {
		publicPosts: select<Keyed>(
			"SELECT key FROM posts WHERE author_key = ?1 AND is_private = 0 ORDER BY key DESC LIMIT ?2",
		),
		privatePosts: select<Keyed>(
			"SELECT key FROM posts WHERE author_key = ?1 AND is_private = 1 ORDER BY key DESC LIMIT ?2",
		),
		sessions: select<Keyed>("SELECT key FROM sessions WHERE user_key = ?1 LIMIT ?2"),
		tokens: select<{ hash: Uint8Array }>("SELECT hash FROM refresh_tokens WHERE session_key = ?1 LIMIT ?2"),
		links: select<Keyed>(
			"SELECT key FROM links WHERE creator_key = ?1 UNION ALL SELECT key FROM links WHERE user_key = ?1 LIMIT ?2",
		),
		images: select<Keyed>("SELECT key FROM images WHERE owner_key = ?1 LIMIT ?2"),
	};
	const tagged = lazily(() =>
		client.prepare<Keyed, [number, number]>(
			`SELECT key FROM posts WHERE author_key = ?1 AND visibility = 'public' AND key < ?2 ORDER BY key DESC LIMIT ${mostRows}`,
		),
	);
	const untag = lazily(() => client.prepare<null, [number]>("DELETE FROM post_tags WHERE post_key = ?"));

	/** Collects rows for an entry, which `flush` writes. Without an entry it drops them. */
	function parcel(tx: Tx, entry: Entry | null) {
		const lines = new Map<number, string[]>();
		let characters = 0;
		const flush = () => {
			for (const [band, gathered] of lines) if (entry) entries.addParts(tx, entry, band, [gathered.join("\n")]);
			lines.clear();
			characters = 0;
		};
		return {
			flush,
			add(band: number, line: string) {
				const gathered = lines.get(band) ?? [];
				gathered.push(line);
				lines.set(band, gathered);
				characters += line.length;
				if (gathered.length >= mostRows || characters >= mostCharacters) flush();
			},
			picture(name: string | undefined) {
				if (entry && name !== undefined) entries.keepPicture(tx, entry, name);
			},
		};
	}
	type Parcel = ReturnType<typeof parcel>;

	// A generator yields where a transaction may end, with the cost since the last yield in rows. The next transaction starts a
	// new generator on the remaining rows. It returns false when it cannot continue.
	type Turn = Generator<number, boolean>;

	function* each<Row>(read: () => Row[], remove: (row: Row) => void, cost = (_: Row) => 1): Turn {
		for (let rows = read(); rows.length > 0; rows = read())
			for (const row of rows) {
				remove(row);
				yield cost(row);
			}
		return true;
	}

	/** Moves rows of one kind into a band of the entry. */
	const moved = (
		from: keyof typeof packedRows,
		of: number,
		band: number,
		into: Parcel,
		remove: (row: PackedRow) => void,
		cost?: () => number,
	) =>
		each(
			() => rowsOf(from, of, rowsAtOnce),
			(row) => {
				into.add(band, row.line);
				remove(row);
			},
			cost,
		);
	const dropComment = ({ key, other }: PackedRow) => void remove.comment().run(key, other);
	const dropLike = ({ key, other }: PackedRow) => void remove.like().run(key, other);
	const dropFollow = ({ key, other }: PackedRow) => void remove.follow().run(key, other);

	function* onPost(key: number, into: Parcel): Turn {
		yield* moved("commentsOfPost", key, bands.onPosts, into, dropComment);
		yield* moved("likesOfPost", key, bands.onPosts, into, dropLike);
		return true;
	}

	function* leavingPost(tx: Tx, key: number, into: Parcel): Turn {
		yield* onPost(key, into);
		tx.delete(posts).where(eq(posts.key, key)).run();
		return true;
	}

	/** Deletes a post of an account. A post that was already being deleted continues into its own entry. */
	function* postOfLeaving(tx: Tx, key: number, into: Parcel): Turn {
		const gone = tx.select({ at: posts.goneAt, entry: posts.goneEntry }).from(posts).where(eq(posts.key, key)).get();
		if (gone?.at) return yield* departing(tx, { kind: "post", key }, gone);
		yield* onPost(key, into);
		let characters = 0;
		for (const { line } of rowsOf("post", key, 1)) {
			into.add(bands.posts, line);
			characters += line.length;
		}
		into.picture(picture().get({ key })?.name);
		index.removeStored(key);
		tx.delete(posts).where(eq(posts.key, key)).run();
		yield postCost.rows + characters / postCost.characters;
		return true;
	}

	function* leavingAccount(tx: Tx, key: number, into: Parcel, entry: Entry | null): Turn {
		yield* each(
			() => left.sessions().all(key, 1),
			(session) => {
				remove.token().run(session.key, rowsAtOnce);
				if (left.tokens().all(session.key, 1).length === 0) remove.session().run(session.key, 0);
			},
		);
		yield* each(
			() => left.links().all(key, rowsAtOnce),
			(link) => void remove.link().run(link.key, 0),
		);
		for (const own of [left.publicPosts, left.privatePosts])
			for (let [post] = own().all(key, 1); post; [post] = own().all(key, 1)) {
				if (!(yield* postOfLeaving(tx, post.key, into))) return false;
			}
		yield* moved("following", key, bands.elsewhere, into, dropFollow);
		yield* moved("followers", key, bands.elsewhere, into, dropFollow);
		yield* moved("comments", key, bands.elsewhere, into, dropComment);
		yield* moved("likes", key, bands.elsewhere, into, dropLike);
		let indexed = 0;
		const unmention = ({ key: post, other }: PackedRow) => {
			indexed = index.around(post, () => marks.unmention(post, other));
		};
		const cost = () => 2 * (postCost.rows + indexed / postCost.characters);
		yield* moved("mentions", key, bands.elsewhere, into, unmention, cost);
		yield* each(
			() => left.images().all(key, rowsAtOnce),
			(image) => void remove.image().run(image.key, 0),
		);
		if (entry === null) {
			const { id = "" } = tx.select({ id: users.id }).from(users).where(eq(users.key, key)).get() ?? {};
			const isTheirs = eq(trash.owner, hash("owner", id.slice(goneMark.length)));
			yield* each(
				() => tx.select({ key: trash.key }).from(trash).where(isTheirs).limit(rowsAtOnce).all(),
				(row) => entries.forget(tx, eq(trash.key, row.key)),
			);
		}
		tx.delete(users).where(eq(users.key, key)).run();
		return true;
	}

	/** The trash entry of a departure; null without one, `undefined` when this secret does not open it. */
	function entryOf(tx: Tx, gone: { entry: number | null }): Entry | null | undefined {
		if (gone.entry === null) return null;
		const found = tx
			.select({ key: trash.key, subject: trash.subject, head: trash.head })
			.from(trash)
			.where(eq(trash.key, gone.entry))
			.get();
		if (!found) return null;
		return entries.openHead(found) === null ? undefined : found;
	}

	function* departing(tx: Tx, { kind, key }: Departure, gone: { entry: number | null }): Turn {
		const entry = entryOf(tx, gone);
		if (entry === undefined) return false;
		const into = parcel(tx, entry);
		try {
			const isDone = kind === "post" ? yield* leavingPost(tx, key, into) : yield* leavingAccount(tx, key, into, entry);
			if (isDone && entry) tx.update(trash).set({ restoring: states.resting }).where(eq(trash.key, entry.key)).run();
			return isDone;
		} finally {
			into.flush();
		}
	}

	/** One transaction. `stuck`: another secret sealed the entry, so nothing was changed. */
	function turn(tx: Tx, departure: Departure): "done" | "more" | "stuck" {
		const { kind, key } = departure;
		const table = kind === "post" ? posts : users;
		const gone = tx.select({ at: table.goneAt, entry: table.goneEntry }).from(table).where(eq(table.key, key)).get();
		if (!gone?.at) return "done";
		const end = performance.now() + turnMs;
		const work = departing(tx, departure, gone);
		let step = work.next();
		for (let rows = 0; !step.done && (rows < leastRows || performance.now() < end); step = work.next())
			rows += step.value;
		if (step.done) return step.value ? "done" : "stuck";
		work.return(false);
		return "more";
	}

	/** Starts below the key `before`, the newest post first. Returns the key to continue from; null when done. */
	function untagSome(_: Tx, key: number, before: number): number | null {
		const end = performance.now() + turnMs;
		const found = tagged().all(key, before);
		for (const post of found) {
			untag().run(post.key);
			if (performance.now() > end) return post.key;
		}
		return found.length < mostRows ? null : (found.at(-1)?.key ?? null);
	}

	return {
		shred,

		comment(tx: Tx, key: number, bin: Bin | undefined) {
			const head = entries.headOf("comment", key);
			if (!head) return;
			entries.requireRest(head);
			if (bin) {
				const entry = entries.create(tx, "comment", key, { head, bin, state: states.resting });
				entries.addParts(tx, entry, bands.first, pack("comment", key));
			}
			tx.delete(comments).where(eq(comments.key, key)).run();
		},

		/** True when the post is gone, false when `turn` has to delete the rest. */
		post(tx: Tx, key: number, bin: Bin | undefined): boolean {
			const head = entries.headOf("post", key);
			if (!head) return true;
			entries.requireRest(head);
			const isLarge = (size().get({ key })?.rows ?? 0) > mostAtOnce;
			const state = isLarge ? states.leaving : states.resting;
			const entry = bin ? entries.create(tx, "post", key, { head, bin, state }) : null;
			const into = parcel(tx, entry);
			into.picture(picture().get({ key })?.name);
			index.removeStored(key);
			if (!isLarge) {
				if (entry) entries.addParts(tx, entry, bands.first, pack("post", key));
				tx.delete(posts).where(eq(posts.key, key)).run();
				return true;
			}
			for (const { line } of rowsOf("post", key, 1)) into.add(bands.posts, line);
			into.flush();
			// Triggers take a private post out of the counts of its author and its tags.
			tx.update(posts)
				.set({ visibility: "private", goneAt: bin?.at ?? new Date(), goneEntry: entry?.key ?? null })
				.where(eq(posts.key, key))
				.run();
			return turn(tx, { kind: "post", key }) === "done";
		},

		/** Like `post`. The username and the e-mail address are free at once. */
		account(tx: Tx, key: number, bin: Bin | undefined): boolean {
			const head = entries.headOf("account", key);
			if (!head) return true;
			entries.requireRest(head);
			const entry = bin ? entries.create(tx, "account", key, { head, bin, state: states.leaving }) : null;
			const into = parcel(tx, entry);
			for (const { line } of rowsOf("user", key, 1)) into.add(bands.first, line);
			into.flush();
			into.picture(avatar().get({ key })?.name);
			const name = `${goneMark}${head.id}`;
			tx.update(users)
				.set({
					id: name,
					username: name,
					email: "",
					emailKey: name,
					passwordHash: "",
					role: "user",
					displayName: "",
					displayNameKey: "",
					bio: "",
					avatarKey: null,
					goneAt: bin?.at ?? new Date(),
					goneEntry: entry?.key ?? null,
				})
				.where(eq(users.key, key))
				.run();
			tx.run(sql`delete from access_tokens where user_key = ${key}`);
			return turn(tx, { kind: "account", key }) === "done";
		},

		turn,

		/** Takes the posts of a deleted account out of the counts of tags, in several transactions. */
		async untagAll(key: number): Promise<void> {
			for (let before: number | null = Number.MAX_SAFE_INTEGER; before !== null; ) {
				const from: number = before;
				before = await atomic(db, (tx) => untagSome(tx, key, from));
			}
		},

		/** Unfinished deletions. Posts come first, since their account may be among them. */
		departures(): Departure[] {
			const of = (kind: Departure["kind"], table: typeof posts | typeof users) =>
				db
					.select({ key: table.key })
					.from(table)
					.where(sql`${table.goneAt} is not null`)
					.all()
					.map(({ key }) => ({ kind, key }));
			return [...of("post", posts), ...of("account", users)];
		},
	};
}
