import type { Relationship, UserCard } from "../../accounts/users/store";
import type { Page, PageRequest } from "../../core/page";

/** Accounts that one account may follow. A page of the feed takes 1 µs for each of them. */
export const maxFollowed = 7_500;

export type FollowStore = {
	/** Idempotent. Null when there is no such user. Throws `conflict` beyond `maxFollowed`. */
	add(follow: { followerId: string; username: string; createdAt: Date }): Promise<Relationship | null>;
	/** Idempotent. Null when there is no such user, or a pending one that the follower does not follow. */
	remove(follow: { followerId: string; username: string }): Promise<Relationship | null>;
	/** Newest follow first. Null when there is no such user. Throws `invalid` for a cursor that is not of this list. */
	followers(username: string, page: PageRequest): Promise<Page<UserCard> | null>;
	/** The same, of those whom the user follows. */
	following(username: string, page: PageRequest): Promise<Page<UserCard> | null>;
};
