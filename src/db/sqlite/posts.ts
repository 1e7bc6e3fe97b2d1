import { and, asc, desc, eq, gt, lt, type SQL, sql } from "drizzle-orm";
import { notFound } from "../../errors";
import type { PostStore, Sort } from "../../posts/store";
import { atomic, type Db, prepareReturning } from "./atomic";
import { type Cursors, paged } from "./cursor";
import { insertImage } from "./images";
import { newKey, userKeys } from "./keys";
import { marksOn } from "./marks";
import { limit, parameter } from "./parameter";
import { rows } from "./rows";
import { posts, users } from "./schema";
import { searches } from "./search";
import { type PostRow, selectPosts, toPost } from "./select";
import type { Removal } from "./trash";
import { visible } from "./visible";

export function postStore(db: Db, cursors: Cursors, { shred, putInBin }: Removal): PostStore {
	const keys = userKeys(db);
	const marks = marksOn(db.$client);
	const search = searches(db, cursors);
	const byId = rows<PostRow>(db, selectPosts(db).where(and(eq(posts.id, parameter("id")), visible)));
	const insert = prepareReturning(db, (db) =>
		db
			.insert(posts)
			.values({
				key: newKey(posts),
				id: sql.placeholder("id"),
				authorKey: sql.placeholder("authorKey"),
				title: sql.placeholder("title"),
				content: sql.placeholder("content"),
				visibility: sql.placeholder("visibility"),
				imageKey: sql.placeholder("imageKey"),
				imageAlt: sql.placeholder("imageAlt"),
				createdAt: sql.placeholder("createdAt"),
				marks: sql.placeholder("marks"),
			})
			.returning({ key: posts.key }),
	);
	const text = db
		.select({ key: posts.key })
		.from(posts)
		.where(eq(posts.id, parameter("id")))
		.prepare();
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
				const marked = marks.of(post);
				const { key } = insert(tx, { ...post, authorKey, imageKey, imageAlt, marks: marked.marks });
				marks.link(key, marked);
			});
		},

		async byId(id, viewerId) {
			const [found] = byId({ id, viewer: keys.ofViewer(viewerId) });
			return found ? toPost(found) : null;
		},

		async page(list, page, viewerId) {
			const viewer = keys.ofViewer(viewerId);
			const author = list.author?.toLowerCase();
			if ("query" in list) return search.page({ ...list, author }, page, viewer);
			const { sort } = list;
			const name = `posts:${sort}:${JSON.stringify([author])}`;
			const [key, likes] = cursors.open(name, page.cursor) ?? [first[sort], Number.MAX_SAFE_INTEGER];
			const found = preparedPage({ sort, byAuthor: author !== undefined })({
				viewer,
				author,
				key,
				likes,
				limit: page.limit + 1,
			});
			return paged(found, page, {
				item: toPost,
				position: ([key, , , , , likeCount]) => (sort === "popular" ? [key, likeCount] : [key]),
				seal: (position) => cursors.seal(name, position),
			});
		},

		async change(id, actorId, decide) {
			await atomic(db, (tx) => {
				const [row] = byId({ id, viewer: keys.ofWriter(actorId) });
				if (!row) throw notFound("post");
				const [key] = row;
				const current = toPost(row);
				const { image, ...changes } = decide(current);
				const { title = current.title, content = current.content } = changes;
				// A text that stays keeps its marks: a name that nobody had when it was written mentions nobody later.
				const isSame = title === current.title && content === current.content;
				const marked = isSame ? null : marks.of({ title, content });
				if (marked) marks.link(key, marked);
				const noImage = image === undefined ? {} : { imageKey: null };
				tx.update(posts)
					.set({ ...changes, ...noImage, ...(marked && { marks: marked.marks }) })
					.where(eq(posts.key, key))
					.run();
				if (image)
					// After the old one has gone, whose bytes count no more.
					tx.update(posts)
						.set({ imageKey: insertImage(tx, keys.ofWriter(current.author.id), image) })
						.where(eq(posts.key, key))
						.run();
			});
		},

		async remove(id, bin) {
			const removed = await atomic(db, (tx) => {
				const found = text.get({ id });
				if (!found) return false;
				putInBin(tx, "post", found.key, bin);
				tx.delete(posts).where(eq(posts.key, found.key)).run();
				return true;
			});
			if (removed) shred.soon();
			return removed;
		},
	};
}

/** The position before the first item of a list. */
const first: Record<Sort, number> = { newest: Number.MAX_SAFE_INTEGER, popular: Number.MAX_SAFE_INTEGER, oldest: 0 };

type PageShape = { sort: Sort; byAuthor: boolean };

/** How many of an author's posts are sorted by likes: the newest. */
const mostSorted = 5_000;

function preparePage(db: Db, { sort, byAuthor }: PageShape) {
	const last = parameter("key");
	const author = sql`(select ${users.key} from ${users} where ${users.username} = ${parameter("author")})`;
	const mine = !byAuthor
		? undefined
		: sort !== "popular"
			? eq(posts.authorKey, author)
			: sql`${posts.key} in (
				select ${posts.key} from ${posts} where ${posts.authorKey} = ${author} order by ${posts.key} desc limit ${mostSorted}
			)`;
	const orders: Record<Sort, { after: SQL; order: SQL[] }> = {
		newest: { after: lt(posts.key, last), order: [desc(posts.key)] },
		oldest: { after: gt(posts.key, last), order: [asc(posts.key)] },
		popular: {
			after: sql`(${posts.likeCount}, ${posts.key}) < (${parameter("likes")}, ${last})`,
			order: [desc(posts.likeCount), desc(posts.key)],
		},
	};
	const { after, order } = orders[sort];
	const page = selectPosts(db)
		.where(and(after, mine, visible))
		.orderBy(...order)
		.limit(limit);
	return rows<PostRow>(db, page);
}
