import type { NewImage } from "../media/store";
import type { Page, PageRequest } from "../page";
import type { UserCard } from "../users/store";

export type Visibility = "public" | "followers" | "private";
export type Sort = "newest" | "oldest" | "popular";

/** `name` is what its files are called after; width and height are pixels; `placeholder` is a ThumbHash as a data URL. */
export type Image = {
	name: string;
	width: number;
	height: number;
	alt: string;
	placeholder: string;
};

export type Post = {
	id: string;
	author: UserCard;
	title: string | null;
	content: string;
	image: Image | null;
	visibility: Visibility;
	likeCount: number;
	commentCount: number;
	/** By the viewer it was read for. */
	liked: boolean;
	createdAt: Date;
	editedAt: Date | null;
};

export type NewPost = {
	id: string;
	authorId: string;
	title: string | null;
	content: string;
	visibility: Visibility;
	image?: NewImage | null;
	/** What the picture shows; null without one. */
	imageAlt?: string | null;
	createdAt: Date;
};

export type PostChanges = Pick<Post, "title" | "content" | "visibility" | "editedAt"> & {
	/** Null takes it away; left out, it stays. */
	image?: NewImage | null;
	imageAlt?: string | null;
};

/** Everything is read for a viewer (`null` = anonymous): a post they may not see does not exist. */
export type PostStore = {
	/** Throws `too_large` when the picture is more than its owner's quota has room for. */
	create(post: NewPost): Promise<void>;
	byId(id: string, viewerId: string | null): Promise<Post | null>;
	/**
	 * `search` is what a person typed: its words must all occur, in any order; nothing in it is syntax.
	 * Throws `invalid` for a cursor of another list, search or order.
	 */
	page(
		list: { sort: Sort; author?: string; search?: string },
		page: PageRequest,
		viewerId: string | null,
	): Promise<Page<Post>>;
	/** False when there is no such post. Throws `too_large` as `create` does. */
	update(id: string, changes: PostChanges): Promise<boolean>;
	/** Takes likes, comments and the picture along. False when there is no such post. */
	remove(id: string): Promise<boolean>;
};
