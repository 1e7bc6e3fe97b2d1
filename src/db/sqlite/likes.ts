import { and, desc, eq, sql } from "drizzle-orm";
import type { LikeStore } from "../../likes/store";
import { atomic } from "./atomic";
import { type Cursors, paged } from "./cursor";
import { userKeys } from "./keys";
import type { Db } from "./open";
import { likes, posts, users } from "./schema";
import { cardColumns, visiblePosts } from "./select";

export function likeStore(db: Db, cursors: Cursors): LikeStore {
	const keys = userKeys(db);
	const visiblePost = visiblePosts(db);
	const page = db
		.select({
			card: cardColumns,
			at: sql<number>`${likes.createdAt}`,
			user: likes.userKey,
		})
		.from(likes)
		.innerJoin(users, eq(users.key, likes.userKey))
		.where(
			and(
				eq(likes.postKey, sql.placeholder("post")),
				sql`(${likes.createdAt}, ${likes.userKey}) < (${sql.placeholder("at")}, ${sql.placeholder("user")})`,
			),
		)
		.orderBy(desc(likes.createdAt), desc(likes.userKey))
		.limit(sql.placeholder("limit"))
		.prepare();
	const count = db
		.select({ likes: posts.likeCount })
		.from(posts)
		.where(eq(posts.key, sql.placeholder("post")))
		.prepare();

	return {
		async add({ postId, userId, createdAt }) {
			const userKey = keys.ofWriter(userId);
			return atomic(db, (tx) => {
				const post = visiblePost(postId, userId);
				if (post === null) return null;
				tx.insert(likes).values({ postKey: post, userKey, createdAt }).onConflictDoNothing().run();
				return count.get({ post })?.likes ?? null;
			});
		},

		async remove({ postId, userId }) {
			const userKey = keys.ofWriter(userId);
			return atomic(db, (tx) => {
				const post = visiblePost(postId, userId);
				if (post === null) return null;
				tx.delete(likes)
					.where(and(eq(likes.postKey, post), eq(likes.userKey, userKey)))
					.run();
				return count.get({ post })?.likes ?? null;
			});
		},

		async page(postId, request, viewerId) {
			const list = `likes:${postId}`;
			const [at, user] = cursors.open(list, request.cursor) ?? [Number.MAX_SAFE_INTEGER, 0];
			const post = visiblePost(postId, viewerId);
			if (post === null) return null;
			return paged(page.all({ post, at, user, limit: request.limit + 1 }), request, {
				item: ({ card }) => card,
				position: ({ at, user }) => [at, user],
				seal: (position) => cursors.seal(list, position),
			});
		},
	};
}
