import { and, eq, inArray, sql } from "drizzle-orm";
import { lazily } from "../../../core/lazily";
import type { LikeStore } from "../../../social/likes/store";
import { atomic, type Db, prepareReturning, prepareWrite } from "../query/atomic";
import type { Cursors } from "../query/cursor";
import { userKeys } from "../query/keys";
import { parameter } from "../query/parameter";
import { peoplePages } from "../query/people";
import { visiblePosts } from "../query/select";
import { likes, posts } from "../schema";

export function likeStore(db: Db, cursors: Cursors): LikeStore {
	const keys = userKeys(db);
	const visiblePost = visiblePosts(db);
	const page = peoplePages(db, cursors, {
		table: likes,
		subject: likes.postKey,
		person: likes.userKey,
		since: likes.createdAt,
	});
	const row = {
		postKey: sql.placeholder("post"),
		userKey: sql.placeholder("user"),
		createdAt: sql.placeholder("createdAt"),
	};
	const insert = prepareWrite(db, (db) => db.insert(likes).values(row).onConflictDoNothing());
	const post = db
		.select({ key: posts.key })
		.from(posts)
		.where(eq(posts.id, parameter("id")));
	const remove = prepareReturning(db, (db) =>
		db
			.delete(likes)
			.where(and(inArray(likes.postKey, post), eq(likes.userKey, row.userKey)))
			.returning({ post: likes.postKey }),
	);
	const count = lazily(() =>
		db
			.select({ likes: posts.likeCount })
			.from(posts)
			.where(eq(posts.key, parameter("post")))
			.prepare(),
	);

	return {
		async add({ postId, userId, createdAt }) {
			return atomic(db, (tx) => {
				const user = keys.ofWriter(userId);
				const post = visiblePost(postId, user);
				if (post === null) return null;
				insert(tx, { post, user, createdAt });
				return count().get({ post })?.likes ?? null;
			});
		},

		async remove({ postId, userId }) {
			return atomic(db, (tx) => {
				const user = keys.ofWriter(userId);
				const removed = remove(tx, { id: postId, user });
				const post = visiblePost(postId, user);
				if (post !== null) return count().get({ post })?.likes ?? null;
				return removed ? 0 : null;
			});
		},

		async page(postId, request, viewerId) {
			return page(`likes:${postId}`, request, () => visiblePost(postId, keys.ofViewer(viewerId)));
		},
	};
}
