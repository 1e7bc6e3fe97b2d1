import { and, eq, sql } from "drizzle-orm";
import { notFound } from "../../../core/errors";
import { lazily } from "../../../core/lazily";
import type { PostStore, Sort } from "../../../social/posts/store";
import { atomic, type Db, prepareReturning } from "../query/atomic";
import { type Cursors, paged } from "../query/cursor";
import { newKey, userKeys } from "../query/keys";
import { parameter } from "../query/parameter";
import { rows } from "../query/prepared";
import { type PostRow, selectPosts, toPost } from "../query/select";
import { isPostHere, visible } from "../query/visible";
import { posts } from "../schema";
import { insertImage } from "./images";
import { postLists } from "./post-lists";
import { searches } from "./search";
import type { SearchIndex } from "./search-index";
import { marksOn } from "./search-terms";
import type { Removal } from "./trash/removal";

type Dependencies = { removal: Removal; index: SearchIndex };

export function postStore(db: Db, cursors: Cursors, { removal, index }: Dependencies): PostStore {
	const keys = userKeys(db);
	const marks = marksOn(db.$client);
	const search = searches(db, cursors);
	const byId = rows<PostRow>(db, () => selectPosts(db).where(and(eq(posts.id, parameter("id")), visible)));
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
	const keyById = lazily(() =>
		db
			.select({ key: posts.key })
			.from(posts)
			.where(and(eq(posts.id, parameter("id")), isPostHere))
			.prepare(),
	);
	const listed = postLists(db);

	return {
		async create({ authorId, image, imageAlt = null, ...post }, by) {
			await atomic(db, (tx) => {
				const authorKey = by ? keys.ofCaller(by) : keys.ofWriter(authorId);
				const imageKey = image ? insertImage(tx, authorKey, image) : null;
				const marked = marks.of(post);
				const { key } = insert(tx, { ...post, authorKey, imageKey, imageAlt, marks: marked.marks });
				marks.link(key, marked);
				index.add({ ...post, key, authorKey, marks: marked.marks });
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
			const [key = first[sort], likes = Number.MAX_SAFE_INTEGER] = cursors.open(name, page.cursor)?.map(Number) ?? [];
			const found = listed({ sort, author }, { viewer, key, likes, limit: page.limit + 1 });
			return paged(found, page, {
				item: toPost,
				position: (row) => (sort === "popular" ? [row[0], row.at(-1) as number] : [row[0]]),
				seal: (position) => cursors.seal(name, position),
			});
		},

		async change(id, actorId, decide, by) {
			await atomic(db, (tx) => {
				const [row] = byId({ id, viewer: by ? keys.ofCaller(by) : keys.ofWriter(actorId) });
				if (!row) throw notFound("post");
				const [key] = row;
				const current = toPost(row);
				const { image, ...changes } = decide(current);
				const { title = current.title, content = current.content } = changes;
				// A text that stays keeps its marks: a name that nobody had when it was written mentions nobody later.
				const isSame = title === current.title && content === current.content;
				const marked = isSame ? null : marks.of({ title, content });
				if (marked) marks.link(key, marked);
				else if (changes.visibility === "public" && current.visibility !== "public") marks.spell(current);
				const noImage = image === undefined ? {} : { imageKey: null };
				index.around(key, () =>
					tx
						.update(posts)
						.set({ ...changes, ...noImage, ...(marked && { marks: marked.marks }) })
						.where(eq(posts.key, key))
						.run(),
				);
				if (image)
					// After the old one has gone, whose bytes count no more.
					tx.update(posts)
						.set({ imageKey: insertImage(tx, keys.ofWriter(current.author.id), image) })
						.where(eq(posts.key, key))
						.run();
			});
		},

		async remove(id, bin, by) {
			const removed = await atomic(db, (tx) => {
				if (by) keys.ofCaller(by);
				const found = keyById().get({ id });
				return found ? { isWhole: removal.post(tx, found.key, bin) } : null;
			});
			if (removed?.isWhole) removal.shred.soon();
			return removed !== null;
		},
	};
}

/** The position before the first item of a list. */
const first: Record<Sort, number> = { newest: Number.MAX_SAFE_INTEGER, popular: Number.MAX_SAFE_INTEGER, oldest: 0 };
