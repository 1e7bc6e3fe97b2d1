import { and, desc, eq, sql } from "drizzle-orm";
import type { LikeStore } from "../../likes/store";
import { atomic } from "./atomic";
import type { Db } from "./connect";
import { type Cursors, paged } from "./cursor";
import { userKeys } from "./keys";
import { limit, parameter } from "./parameter";
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
				eq(likes.postKey, parameter("post")),
				sql`(${likes.createdAt}, ${likes.userKey}) < (${parameter("at")}, ${parameter("user")})`,
			),
		)
		.orderBy(desc(likes.createdAt), desc(likes.userKey))
		.limit(limit)
		.prepare();
	const row = {
		postKey: sql.placeholder("post"),
		userKey: sql.placeholder("user"),
		createdAt: sql.placeholder("createdAt"),
	};
	const insert = db.insert(likes).values(row).onConflictDoNothing().prepare();
	const remove = db
		.delete(likes)
		.where(and(eq(likes.postKey, row.postKey), eq(likes.userKey, row.userKey)))
		.prepare();
	const count = db
		.select({ likes: posts.likeCount })
		.from(posts)
		.where(eq(posts.key, parameter("post")))
		.prepare();

	return {
		async add({ postId, userId, createdAt }) {
			const user = keys.ofWriter(userId);
			return atomic(db, () => {
				const post = visiblePost(postId, userId);
				if (post === null) return null;
				insert.run({ post, user, createdAt });
				return count.get({ post })?.likes ?? null;
			});
		},

		async remove({ postId, userId }) {
			const user = keys.ofWriter(userId);
			return atomic(db, () => {
				const post = visiblePost(postId, userId);
				if (post === null) return null;
				remove.run({ post, user });
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
