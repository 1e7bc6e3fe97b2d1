import { and, asc, desc, eq, gt, lt, sql } from "drizzle-orm";
import { lazily } from "../../../core/lazily";
import type { Comment, CommentStore } from "../../../social/comments/store";
import { atomic, type Db, prepareWrite } from "../query/atomic";
import { type Cursors, paged } from "../query/cursor";
import { newKey, userKeys } from "../query/keys";
import { limit, parameter } from "../query/parameter";
import { prepareRows } from "../query/prepared";
import { present } from "../query/present";
import { type CardRow, cardColumns, visiblePosts } from "../query/select";
import { visible } from "../query/visible";
import { comments, posts, users } from "../schema";
import type { Removal } from "./trash/removal";

export function commentStore(db: Db, cursors: Cursors, removal: Removal): CommentStore {
	const keys = userKeys(db);
	const visiblePost = visiblePosts(db);
	const { byId, removable, pages } = commentReads(db);
	const insert = prepareWrite(db, (db) =>
		db.insert(comments).values({
			key: newKey(comments),
			id: sql.placeholder("id"),
			postKey: sql.placeholder("postKey"),
			authorKey: sql.placeholder("authorKey"),
			content: sql.placeholder("content"),
			createdAt: sql.placeholder("createdAt"),
		}),
	);

	return {
		async create({ id, postId, authorId, content, createdAt }, by) {
			const created = await atomic(db, (tx) => {
				const authorKey = by ? keys.ofCaller(by) : keys.ofWriter(authorId);
				const postKey = visiblePost(postId, authorKey);
				if (postKey === null) return null;
				insert(tx, { id, postKey, authorKey, content, createdAt });
				return byId({ id, viewer: authorKey })[0];
			});
			return created ? toComment(created) : null;
		},

		async byId(id, viewerId) {
			const [found] = byId({ id, viewer: keys.ofViewer(viewerId) });
			return found ? toComment(found) : null;
		},

		async page({ postId, sort }, page, viewerId) {
			const list = `comments:${sort}:${postId}`;
			const [last] = cursors.open(list, page.cursor) ?? [sort === "oldest" ? 0 : Number.MAX_SAFE_INTEGER];
			const post = visiblePost(postId, keys.ofViewer(viewerId));
			if (post === null) return null;
			return paged(pages[sort]({ post, last, limit: page.limit + 1 }), page, {
				item: toComment,
				position: ([key]) => [key],
				seal: (position) => cursors.seal(list, position),
			});
		},

		async remove(id, actorId, decide, by) {
			const authorId = await atomic(db, (tx) => {
				if (by) keys.ofCaller(by);
				const found = removable().get({ id, viewer: keys.ofViewer(actorId) });
				if (!found) return null;
				const { key, authorId, isVisible } = found;
				removal.comment(tx, key, decide({ authorId, isVisible }));
				return authorId;
			});
			if (authorId !== null) removal.scrubber.schedule();
			return authorId;
		},
	};
}

const selectComments = (db: Db) =>
	db
		.select({
			key: comments.key,
			id: comments.id,
			postId: posts.id,
			author: cardColumns,
			content: comments.content,
			createdAt: comments.createdAt,
		})
		.from(comments)
		.innerJoin(posts, eq(posts.key, comments.postKey))
		.innerJoin(users, eq(users.key, comments.authorKey));

function commentReads(db: Db) {
	const byId = prepareRows<CommentRow>(db, () =>
		selectComments(db).where(and(eq(comments.id, parameter("id")), present, visible)),
	);
	const removable = lazily(() =>
		db
			.select({ key: comments.key, authorId: users.id, isVisible: visible.mapWith(Boolean) })
			.from(comments)
			.innerJoin(posts, eq(posts.key, comments.postKey))
			.innerJoin(users, eq(users.key, comments.authorKey))
			.where(eq(comments.id, parameter("id")))
			.prepare(),
	);
	const ofPost = and(eq(comments.postKey, parameter("post")), present);
	const last = parameter("last");
	const pages = {
		oldest: prepareRows<CommentRow>(db, () =>
			selectComments(db)
				.where(and(ofPost, gt(comments.key, last)))
				.orderBy(asc(comments.key))
				.limit(limit),
		),
		newest: prepareRows<CommentRow>(db, () =>
			selectComments(db)
				.where(and(ofPost, lt(comments.key, last)))
				.orderBy(desc(comments.key))
				.limit(limit),
		),
	};
	return { byId, removable, pages };
}

type CommentRow = [key: number, id: string, postId: string, ...author: CardRow, content: string, createdAt: number];

const toComment = ([
	,
	id,
	postId,
	authorId,
	username,
	displayName,
	avatar,
	content,
	createdAt,
]: CommentRow): Comment => ({
	id,
	postId,
	author: { id: authorId, username, displayName, avatar },
	content,
	createdAt: new Date(createdAt),
});
