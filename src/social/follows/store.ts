import type { Relationship, UserCard } from "../../accounts/users/store";
import type { Page, PageRequest } from "../../core/page";

export type FollowStore = {
	/** Idempotent. Null when there is no such user. Throws `conflict` for one more than the 7,500 that a user may follow. */
	add(follow: { followerId: string; username: string; createdAt: Date }): Promise<Relationship | null>;
	/** Idempotent. Null when there is no such user, or a pending one that the follower does not follow. */
	remove(follow: { followerId: string; username: string }): Promise<Relationship | null>;
	/** Newest follow first. Null when there is no such user. Throws `invalid` for a cursor that is not of this list. */
	followers(username: string, page: PageRequest): Promise<Page<UserCard> | null>;
	/** The same, of those whom the user follows. */
	following(username: string, page: PageRequest): Promise<Page<UserCard> | null>;
};
