import type { UserCard } from "../../accounts/users/store";
import type { Caller } from "../../core/caller";
import type { Page, PageRequest } from "../../core/page";
import type { Bin } from "../../core/retention";
import type { NewImage } from "../../media/store";
import type { Query } from "../search/query";

export type Visibility = "public" | "followers" | "private";
export type Sort = "newest" | "oldest" | "popular";
/** What a search found may also come in the order of how well it fits. */
export type SearchSort = Sort | "relevance";

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

/** A field that is left out stays as it is. */
export type PostChanges = Partial<Pick<Post, "title" | "content" | "visibility" | "editedAt">> & {
	/** Null takes it away; left out, it stays. */
	image?: NewImage | null;
	imageAlt?: string | null;
};

/** Everything is read for a viewer (`null` = anonymous): a post they may not see does not exist. */
export type PostStore = {
	/**
	 * Throws `too_large` when the picture is more than its owner's quota has room for, and `unauthenticated` or `forbidden`
	 * when `by`, whose request it is, was signed out or lost their role meanwhile. So do the other writes.
	 */
	create(post: NewPost, by?: Caller): Promise<void>;
	byId(id: string, viewerId: string | null): Promise<Post | null>;
	/**
	 * With `author`, only what that person wrote. A page of a search may be shorter than its limit, even empty, and have a
	 * cursor all the same: so much had to be looked through.
	 * Throws `invalid` for a cursor of another list, search or order.
	 */
	page(
		list: { sort: Sort; author?: string } | { sort: SearchSort; author?: string; query: Query },
		page: PageRequest,
		viewerId: string | null,
	): Promise<Page<Post>>;
	/**
	 * Calls `decide` with the post as it is, in the transaction that writes the changes; `decide` throws to write nothing.
	 * Throws `not_found` when the actor may not see the post, or there is none, and `too_large` as `create` does.
	 */
	change(id: string, actorId: string, decide: (current: Post) => PostChanges, by?: Caller): Promise<void>;
	/** Takes likes, comments and the picture along, into the bin if there is one. False when there is no such post. */
	remove(id: string, bin?: Bin, by?: Caller): Promise<boolean>;
};
