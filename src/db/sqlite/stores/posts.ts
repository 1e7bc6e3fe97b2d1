import { and, eq, sql } from "drizzle-orm";
import { notFound } from "../../../core/errors";
import { lazily } from "../../../core/lazily";
import type { Post, PostChanges, PostStore, Sort } from "../../../social/posts/store";
import { atomic, type Db, prepareReturning } from "../query/atomic";
import { type Cursors, paged } from "../query/cursor";
import { newKey, userKeys } from "../query/keys";
import { parameter } from "../query/parameter";
import { prepareRows } from "../query/prepared";
import { type PostRow, selectPosts, toPost } from "../query/select";
import { isPostLive, visible } from "../query/visible";
import { posts } from "../schema";
import { insertImage } from "./images";
import { postLists } from "./post-lists";
import { searches } from "./search";
import type { SearchIndex } from "./search-index";
import { searchTerms } from "./search-terms";
import type { Removal } from "./trash/removal";

type Dependencies = { removal: Removal; index: SearchIndex };

export function postStore(db: Db, cursors: Cursors, { removal, index }: Dependencies): PostStore {
	const byId = postById(db);
	return {
		...postReads(db, cursors, byId),
		...creation(db, index),
		...changes(db, byId, index),
		...deletion(db, removal),
	};
}

const postById = (db: Db) =>
	prepareRows<PostRow>(db, () => selectPosts(db).where(and(eq(posts.id, parameter("id")), visible)));
type PostById = ReturnType<typeof postById>;

function postReads(db: Db, cursors: Cursors, byId: PostById): Pick<PostStore, "byId" | "page"> {
	const keys = userKeys(db);
	const search = searches(db, cursors);
	const listed = postLists(db);

	return {
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
	};
}

/** The position before the first item of a list. */
const first: Record<Sort, number> = { newest: Number.MAX_SAFE_INTEGER, popular: Number.MAX_SAFE_INTEGER, oldest: 0 };

function creation(db: Db, index: SearchIndex): Pick<PostStore, "create"> {
	const keys = userKeys(db);
	const marks = searchTerms(db.$client);
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
	};
}

function changes(db: Db, byId: PostById, index: SearchIndex): Pick<PostStore, "change"> {
	const keys = userKeys(db);
	const marks = searchTerms(db.$client);

	/** Links the post with the tags and mentions of its new text. Returns the new value of `marks`; null for the same text. */
	function updateTerms(
		key: number,
		current: Post,
		{ title = current.title, content = current.content, visibility }: PostChanges,
	) {
		// An unchanged text keeps its search terms: a name that had no account then never becomes a mention.
		if (title === current.title && content === current.content) {
			if (visibility === "public" && current.visibility !== "public") marks.spell(current);
			return null;
		}
		const marked = marks.of({ title, content });
		marks.link(key, marked);
		return marked.marks;
	}

	return {
		async change(id, actorId, decide, by) {
			await atomic(db, (tx) => {
				const [row] = byId({ id, viewer: by ? keys.ofCaller(by) : keys.ofWriter(actorId) });
				if (!row) throw notFound("post");
				const [key] = row;
				const current = toPost(row);
				const { image, ...changes } = decide(current);
				const marked = updateTerms(key, current, changes);
				const noImage = image === undefined ? {} : { imageKey: null };
				index.around(key, () =>
					tx
						.update(posts)
						.set({ ...changes, ...noImage, ...(marked !== null && { marks: marked }) })
						.where(eq(posts.key, key))
						.run(),
				);
				if (image)
					// After the old picture is released, so that its bytes no longer count.
					tx.update(posts)
						.set({ imageKey: insertImage(tx, keys.ofWriter(current.author.id), image) })
						.where(eq(posts.key, key))
						.run();
			});
		},
	};
}

function deletion(db: Db, removal: Removal): Pick<PostStore, "remove"> {
	const keys = userKeys(db);
	const keyById = lazily(() =>
		db
			.select({ key: posts.key })
			.from(posts)
			.where(and(eq(posts.id, parameter("id")), isPostLive))
			.prepare(),
	);

	return {
		async remove(id, moveToTrash, by) {
			const removed = await atomic(db, (tx) => {
				if (by) keys.ofCaller(by);
				const found = keyById().get({ id });
				return found ? { isWhole: removal.post(tx, found.key, moveToTrash) } : null;
			});
			if (removed?.isWhole) removal.scrubber.schedule();
			return removed !== null;
		},
	};
}
