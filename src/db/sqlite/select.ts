import { and, eq, sql } from "drizzle-orm";
import type { Post } from "../../posts/store";
import type { Db } from "./connect";
import { userKeys } from "./keys";
import { parameter } from "./parameter";
import { images, likes, posts, users } from "./schema";
import { viewer, visible } from "./visible";

export const cardColumns = {
	id: users.id,
	username: users.username,
	displayName: users.displayName,
	avatar: users.avatar,
};

const liked = sql`exists (
	select 1 from ${likes} where ${likes.postKey} = ${posts.key} and ${likes.userKey} = ${viewer}
)`.mapWith(Boolean);

export const postColumns = {
	key: posts.key,
	id: posts.id,
	author: cardColumns,
	title: posts.title,
	content: posts.content,
	image: {
		name: images.name,
		thumbnail: images.thumbnail,
		width: images.width,
		height: images.height,
		alt: sql<string>`coalesce(${posts.imageAlt}, '')`,
		placeholder: images.placeholder,
	},
	visibility: posts.visibility,
	likeCount: posts.likeCount,
	commentCount: posts.commentCount,
	liked,
	createdAt: posts.createdAt,
	editedAt: posts.editedAt,
};

/** Posts with all that a reader sees of them, in one query. The caller adds `visible` to the WHERE. */
export const selectPosts = (db: Db) =>
	db
		.select(postColumns)
		.from(posts)
		.innerJoin(users, eq(users.key, posts.authorKey))
		.leftJoin(images, eq(images.key, posts.imageKey));

type PostRow = Post & { key: number };

export const toPost = ({ key: _, ...post }: PostRow): Post => post;

/** Finds the key of a post, for what hangs on it. Null when the viewer may not see the post, or there is none. */
export function visiblePosts(db: Db) {
	const keys = userKeys(db);
	const statement = db
		.select({ key: posts.key })
		.from(posts)
		.where(and(eq(posts.id, parameter("id")), visible))
		.prepare();
	return (id: string, viewerId: string | null): number | null =>
		statement.get({ id, viewer: keys.ofViewer(viewerId) })?.key ?? null;
}
