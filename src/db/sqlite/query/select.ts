import { and, eq, sql } from "drizzle-orm";
import type { UserCard } from "../../../accounts/users/store";
import { oncePer } from "../../../core/lazily";
import type { Post, Visibility } from "../../../social/posts/store";
import { images, likes, posts, users } from "../schema";
import type { Readable } from "./atomic";
import { parameter } from "./parameter";
import { prepareRows } from "./prepared";
import { shownCounts, viewer, visible } from "./visible";

export const cardColumns = {
	id: users.id,
	username: users.username,
	displayName: users.displayName,
	avatar: sql<string | null>`(select ${images.name} from ${images} where ${images.key} = ${users.avatarKey})`,
};

export type CardRow = [id: string, username: string, displayName: string, avatar: string | null];
export const toCard = ([id, username, displayName, avatar]: CardRow): UserCard => ({
	id,
	username,
	displayName,
	avatar,
});

const liked = sql`exists (
	select 1 from ${likes} where ${likes.postKey} = ${posts.key} and ${likes.userKey} = ${viewer}
)`;

/** The columns of `PostRow`, in its order. */
const postColumns = {
	key: posts.key,
	id: posts.id,
	title: posts.title,
	content: posts.content,
	visibility: posts.visibility,
	likeCount: shownCounts.likes,
	commentCount: shownCounts.comments,
	liked,
	createdAt: posts.createdAt,
	editedAt: posts.editedAt,
	author: cardColumns,
	imageName: images.name,
	imageWidth: images.width,
	imageHeight: images.height,
	imageAlt: posts.imageAlt,
	imagePlaceholder: images.placeholder,
	storedLikes: posts.likeCount,
};

// biome-ignore format: a line for each group of columns
export type PostRow = [
	key: number, id: string, title: string | null, content: string, visibility: Visibility,
	likeCount: number, commentCount: number, liked: number, createdAt: number, editedAt: number | null,
	authorId: string, username: string, displayName: string, avatar: string | null,
	name: string | null, width: number, height: number, alt: string | null, placeholder: string,
	/** The stored count, which the popular lists sort by. */
	storedLikes: number,
];

/** Reads posts with author, picture and counts in one query. The caller adds `visible` to the WHERE. */
export const selectPosts = (db: Readable) =>
	db
		.select(postColumns)
		.from(posts)
		.innerJoin(users, eq(users.key, posts.authorKey))
		.leftJoin(images, eq(images.key, posts.imageKey));

/** Converts a row of `prepareRows`. */
// biome-ignore format: as the columns are
export const toPost = ([
	, id, title, content, visibility,
	likeCount, commentCount, liked, createdAt, editedAt,
	authorId, username, displayName, avatar,
	name, width, height, alt, placeholder,
]: PostRow): Post => ({
	id,
	author: { id: authorId, username, displayName, avatar },
	title,
	content,
	image: name === null ? null : { name, width, height, alt: alt ?? "", placeholder },
	visibility,
	likeCount,
	commentCount,
	liked: liked === 1,
	createdAt: new Date(createdAt),
	editedAt: editedAt === null ? null : new Date(editedAt),
});

/** Finds the key of a post by its id. Null when the post does not exist or the viewer may not see it. */
export const visiblePosts = oncePer((db: Readable) => {
	const isIt = and(eq(posts.id, parameter("id")), visible);
	const find = prepareRows<[key: number]>(db, () => db.select({ key: posts.key }).from(posts).where(isIt));
	return (id: string, viewer: number): number | null => find({ id, viewer })[0]?.[0] ?? null;
});
