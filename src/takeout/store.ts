import type { Action } from "../accounts/audit/store";
import type { ClientInfo, Scope } from "../core/caller";
import type { Visibility } from "../social/posts/store";

/** A post as its author takes it away. */
export type OwnPost = {
	id: string;
	title: string | null;
	content: string;
	image: { width: number; height: number; alt: string } | null;
	visibility: Visibility;
	likeCount: number;
	commentCount: number;
	createdAt: Date;
	editedAt: Date | null;
};

export type OwnComment = {
	id: string;
	postId: string;
	/** The username; null when the post is one that its commenter may not see any more. */
	postAuthor: string | null;
	content: string;
	createdAt: Date;
};

export type OwnLike = {
	postId: string;
	/** As of a comment. */
	postAuthor: string | null;
	createdAt: Date;
};

export type Follow = { id: string; username: string; displayName: string; createdAt: Date };

/** A picture of the person's own. `name` is what its files are called after. */
export type OwnPicture = {
	name: string;
	/** The post that shows it; null for the avatar. */
	postId: string | null;
	width: number;
	height: number;
	createdAt: Date;
};

export type OwnSession = ClientInfo & { createdAt: Date; expiresAt: Date };

export type OwnToken = { name: string; scope: Scope; createdAt: Date; expiresAt: Date | null };

/** Something that was done by the person or to them; who else had a hand in it is theirs and not told. */
export type OwnEvent = { at: Date; action: Action; byMe: boolean; address: string };

/**
 * One page after the other, each read when it is asked for, so that neither the whole is ever in memory nor anything is
 * held open in between. What changes meanwhile may or may not be in them; what stays is, once. No page is empty.
 */
export type Pages<T> = AsyncIterable<T[]>;

/** Everything of one person, however hidden it is from others, the oldest first. There is none of an id of nobody. */
export type ExportStore = {
	posts(userId: string): Pages<OwnPost>;
	comments(userId: string): Pages<OwnComment>;
	/** In the order of the posts. */
	likes(userId: string): Pages<OwnLike>;
	following(userId: string): Pages<Follow>;
	followers(userId: string): Pages<Follow>;
	sessions(userId: string): Pages<OwnSession>;
	tokens(userId: string): Pages<OwnToken>;
	events(userId: string): Pages<OwnEvent>;
	/** Of the posts and the avatar, in no order that means anything. */
	pictures(userId: string): Pages<OwnPicture>;
};
