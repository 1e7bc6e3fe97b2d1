import { and, asc, desc, eq, gt, lt, type SQL, sql } from "drizzle-orm";
import { integer, sqliteTable } from "drizzle-orm/sqlite-core";
import type { PostStore, Sort } from "../../posts/store";
import { atomic, type Db, prepareWrite } from "./atomic";
import { type Cursors, paged } from "./cursor";
import { insertImage } from "./images";
import { userKeys } from "./keys";
import { limit, parameter } from "./parameter";
import { rows } from "./rows";
import { posts, users } from "./schema";
import { type PostRow, selectPosts, toPost } from "./select";
import type { Shredder } from "./shred";
import { visible } from "./visible";

/** The full-text index over `posts`; its rowid is their key. */
const index = sqliteTable("posts_fts", { key: integer("rowid") });

export function postStore(db: Db, cursors: Cursors, shred: Shredder): PostStore {
	const keys = userKeys(db);
	const byId = rows<PostRow>(db, selectPosts(db).where(and(eq(posts.id, parameter("id")), visible)));
	const insert = prepareWrite(db, (db) =>
		db.insert(posts).values({
			id: sql.placeholder("id"),
			authorKey: sql.placeholder("authorKey"),
			title: sql.placeholder("title"),
			content: sql.placeholder("content"),
			visibility: sql.placeholder("visibility"),
			imageKey: sql.placeholder("imageKey"),
			imageAlt: sql.placeholder("imageAlt"),
			createdAt: sql.placeholder("createdAt"),
		}),
	);
	const pages = new Map<string, ReturnType<typeof preparePage>>();
	const preparedPage = (shape: PageShape) => {
		const name = JSON.stringify(shape);
		let prepared = pages.get(name);
		if (!prepared) {
			prepared = preparePage(db, shape);
			pages.set(name, prepared);
		}
		return prepared;
	};

	return {
		async create({ authorId, image, imageAlt = null, ...post }) {
			await atomic(db, (tx) => {
				const authorKey = keys.ofWriter(authorId);
				const imageKey = image ? insertImage(tx, authorKey, image) : null;
				insert(tx, { ...post, authorKey, imageKey, imageAlt });
			});
		},

		async byId(id, viewerId) {
			const [found] = byId({ id, viewer: keys.ofViewer(viewerId) });
			return found ? toPost(found) : null;
		},

		async page({ sort, author, search }, page, viewerId) {
			const match = search === undefined ? undefined : terms(search);
			const list = `posts:${sort}:${JSON.stringify([author, match])}`;
			const [key, likes] = cursors.open(list, page.cursor) ?? [first[sort], Number.MAX_SAFE_INTEGER];
			const find = preparedPage({ sort, byAuthor: author !== undefined, searched: match !== undefined });
			const found = find({
				viewer: keys.ofViewer(viewerId),
				author: author?.toLowerCase(),
				match,
				key,
				likes,
				limit: page.limit + 1,
			});
			return paged(found, page, {
				item: toPost,
				position: ([key, , , , , likeCount]) => (sort === "popular" ? [key, likeCount] : [key]),
				seal: (position) => cursors.seal(list, position),
			});
		},

		async update(id, { image, ...changes }) {
			const noImage = image === undefined ? {} : { imageKey: null };
			return atomic(db, (tx) => {
				const updated = tx
					.update(posts)
					.set({ ...changes, ...noImage })
					.where(eq(posts.id, id))
					.returning({ key: posts.key, authorKey: posts.authorKey })
					.get();
				if (updated && image)
					// After the old one has gone, whose bytes count no more.
					tx.update(posts)
						.set({ imageKey: insertImage(tx, updated.authorKey, image) })
						.where(eq(posts.key, updated.key))
						.run();
				return updated !== undefined;
			});
		},

		async remove(id) {
			const removed = await atomic(db, (tx) =>
				tx.delete(posts).where(eq(posts.id, id)).returning({ key: posts.key }).get(),
			);
			if (removed) shred.soon();
			return removed !== undefined;
		},
	};
}

/** The position before the first item of a list. */
const first: Record<Sort, number> = { newest: Number.MAX_SAFE_INTEGER, popular: Number.MAX_SAFE_INTEGER, oldest: 0 };

type PageShape = { sort: Sort; byAuthor: boolean; searched: boolean };

/**
 * How many of an author's posts, or of the matches of a search, are sorted by likes: the newest. Without a limit, one
 * common word would have every post sorted, half a second on 500,000 of them, and everybody else waits.
 */
const mostSorted = 5_000;

function preparePage(db: Db, { sort, byAuthor, searched }: PageShape) {
	const last = parameter("key");
	const select = selectPosts(db).$dynamic();
	const author = sql`(select ${users.key} from ${users} where ${users.username} = ${parameter("author")})`;
	const matches = sql`posts_fts match ${sql.placeholder("match")}`;
	const filters = [byAuthor ? eq(posts.authorKey, author) : undefined];
	// The index is asked by its own key: only then does it yield its matches in order and stop after the page.
	let key: typeof posts.key | typeof index.key = posts.key;

	if (sort === "popular") {
		if (searched)
			filters.push(
				sql`${posts.key} in (select rowid from posts_fts where ${matches} order by rowid desc limit ${mostSorted})`,
			);
		else if (byAuthor)
			filters.push(
				sql`${posts.key} in (
					select ${posts.key} from ${posts} where ${posts.authorKey} = ${author} order by ${posts.key} desc limit ${mostSorted}
				)`,
			);
	} else if (searched) {
		select.innerJoin(index, eq(index.key, posts.key));
		filters.push(matches);
		key = index.key;
	}

	const orders: Record<Sort, { after: SQL; order: SQL[] }> = {
		newest: { after: lt(key, last), order: [desc(key)] },
		oldest: { after: gt(key, last), order: [asc(key)] },
		popular: {
			after: sql`(${posts.likeCount}, ${posts.key}) < (${parameter("likes")}, ${last})`,
			order: [desc(posts.likeCount), desc(posts.key)],
		},
	};
	const { after, order } = orders[sort];
	const page = select
		.where(and(after, ...filters, visible))
		.orderBy(...order)
		.limit(limit);
	return rows<PostRow>(db, page);
}

/** Longer searches than this many words are cut: each word costs a walk of the index. */
const maxTerms = 16;

/**
 * Makes an FTS5 query of what somebody typed: every word a quoted string, so that nothing in it is syntax.
 * A word of punctuation only matches nothing by itself and does not narrow the others.
 */
const terms = (typed: string) =>
	typed
		.replaceAll("\0", " ")
		.split(/\s+/)
		.filter(Boolean)
		.slice(0, maxTerms)
		.map((word) => `"${word.replaceAll('"', '""')}"`)
		.join(" ");
