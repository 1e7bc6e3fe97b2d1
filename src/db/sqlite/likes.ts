import { and, eq, sql } from "drizzle-orm";
import type { LikeStore } from "../../likes/store";
import { atomic } from "./atomic";
import type { Db } from "./connect";
import type { Cursors } from "./cursor";
import { userKeys } from "./keys";
import { parameter } from "./parameter";
import { peoplePages } from "./people";
import { likes, posts } from "./schema";
import { visiblePosts } from "./select";

export function likeStore(db: Db, cursors: Cursors): LikeStore {
	const keys = userKeys(db);
	const visiblePost = visiblePosts(db);
	const page = peoplePages(db, cursors, {
		table: likes,
		of: likes.postKey,
		person: likes.userKey,
		since: likes.createdAt,
	});
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
				const post = visiblePost(postId, user);
				if (post === null) return null;
				insert.run({ post, user, createdAt });
				return count.get({ post })?.likes ?? null;
			});
		},

		async remove({ postId, userId }) {
			const user = keys.ofWriter(userId);
			return atomic(db, () => {
				const post = visiblePost(postId, user);
				if (post === null) return null;
				remove.run({ post, user });
				return count.get({ post })?.likes ?? null;
			});
		},

		async page(postId, request, viewerId) {
			return page(`likes:${postId}`, request, () => visiblePost(postId, keys.ofViewer(viewerId)));
		},
	};
}
