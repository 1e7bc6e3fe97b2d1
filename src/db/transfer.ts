import type { Event } from "../accounts/audit/store";
import type { Role } from "../core/caller";
import type { Visibility } from "../social/posts/store";
import type { Pages } from "../takeout/store";

/** A picture beside what shows it. Several may have the same name, and with it the same files. */
export type MovedImage = {
	name: string;
	width: number;
	height: number;
	/** Of both files. */
	bytes: number;
	placeholder: string;
	createdAt: Date;
};

export type MovedUser = {
	id: string;
	username: string;
	email: string;
	passwordHash: string;
	role: Role;
	displayName: string;
	bio: string;
	avatar: MovedImage | null;
	createdAt: Date;
	updatedAt: Date;
	suspendedAt: Date | null;
	pendingSince: Date | null;
};

export type MovedPost = {
	id: string;
	authorId: string;
	title: string | null;
	content: string;
	visibility: Visibility;
	image: (MovedImage & { alt: string }) | null;
	/** Ids of whom it mentions; null for whoever has the names in its text now. */
	mentions: string[] | null;
	createdAt: Date;
	editedAt: Date | null;
};

export type MovedComment = { id: string; postId: string; authorId: string; content: string; createdAt: Date };
export type MovedLike = { postId: string; userId: string; createdAt: Date };
export type MovedFollow = { followerId: string; followingId: string; createdAt: Date };

/** What moves from one instance to another, by what it is. What follows refers to what comes before. */
export type Moved = {
	users: MovedUser;
	posts: MovedPost;
	comments: MovedComment;
	likes: MovedLike;
	follows: MovedFollow;
	audit: Event;
};
export type Kind = keyof Moved;
export const kinds: readonly Kind[] = ["users", "posts", "comments", "likes", "follows", "audit"];

/** A picture by its name, with what its rows say of it, where they agree. */
export type MovedPicture = Pick<MovedImage, "name" | "width" | "height" | "bytes"> & { agreed: boolean };

/** Why something cannot be taken in, and which of those that were given it is. */
export class Unfit extends Error {
	override readonly name = "Unfit";
	constructor(
		readonly index: number,
		readonly why: string,
	) {
		super(why);
	}
}

/** Everything of an instance, for whoever has it to themselves: what others write meanwhile may be missed. */
export type MoveStore = {
	count(kind: Kind): Promise<number>;
	/** In the order of creation, which is that of lists; likes in that of posts and people, follows in that of people. */
	all<K extends Kind>(kind: K): Pages<Moved[K]>;
	/** By name. */
	pictures(): Pages<MovedPicture>;
	/** When the newest post was written; null where there is none. */
	newestPost(): Promise<Date | null>;
	/**
	 * Takes in what comes next in the order that `all` gives, all of it or nothing. Counters, tags and search follow. Throws
	 * `Unfit` for what is there already, and for what refers to something that is not.
	 */
	add<K extends Kind>(kind: K, items: Moved[K][]): Promise<void>;
};
