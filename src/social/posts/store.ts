import type { UserCard } from "../../accounts/users/store";
import type { Caller } from "../../core/caller";
import type { Page, PageRequest } from "../../core/page";
import type { MoveToTrash } from "../../core/retention";
import type { NewImage } from "../../media/store";
import type { Query } from "../search/query";

export type Visibility = "public" | "followers" | "private";
export type Sort = "newest" | "oldest" | "popular";
/** Search results may also be sorted by relevance. */
export type SearchSort = Sort | "relevance";

/** `name` is the base of the file names, `placeholder` a ThumbHash as a data URL. Sizes are in pixels. */
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
	/** True when the viewer of this read likes the post. */
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
	/** The description of the picture; null without a picture. */
	imageAlt?: string | null;
	createdAt: Date;
};

/** Undefined fields stay unchanged. */
export type PostChanges = Partial<Pick<Post, "title" | "content" | "visibility" | "editedAt">> & {
	/** Null removes the picture; undefined keeps it. */
	image?: NewImage | null;
	imageAlt?: string | null;
};

/** Each read is for a viewer (`null` = anonymous). Posts that the viewer may not see count as missing. */
export type PostStore = {
	/**
	 * Throws `too_large` when the picture exceeds the quota of its owner. Throws `unauthenticated` or `forbidden` when
	 * `by`, the caller of the request, lost the session or role meanwhile. The other writes do the same.
	 */
	create(post: NewPost, by?: Caller): Promise<void>;
	byId(id: string, viewerId: string | null): Promise<Post | null>;
	/**
	 * With `author`, only the posts of that person. A page of a search may be short or empty and still have a cursor, since
	 * the work per page is limited. Throws `invalid` for a cursor of another list, search or order.
	 */
	page(
		list: { sort: Sort; author?: string } | { sort: SearchSort; author?: string; query: Query },
		page: PageRequest,
		viewerId: string | null,
	): Promise<Page<Post>>;
	/**
	 * Calls `decide` with the current post, in the transaction that writes the changes. Writes nothing when `decide`
	 * throws. Throws `not_found` for a post that the actor may not see, and `too_large` like `create`.
	 */
	change(id: string, actorId: string, decide: (current: Post) => PostChanges, by?: Caller): Promise<void>;
	/**
	 * Removes the post with its likes, comments and picture, into the trash when `moveToTrash` is given. False for an unknown post.
	 */
	remove(id: string, moveToTrash?: MoveToTrash, by?: Caller): Promise<boolean>;
};
