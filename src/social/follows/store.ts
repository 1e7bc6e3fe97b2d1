import type { Relationship, UserCard } from "../../accounts/users/store";
import type { Page, PageRequest } from "../../core/page";

/** Accounts that one account may follow. Each adds 1 µs to a page of the feed. */
export const maxFollowed = 7_500;

export type FollowStore = {
	/** Idempotent. Null for an unknown user. Throws `conflict` beyond `maxFollowed`. */
	add(follow: { followerId: string; username: string; createdAt: Date }): Promise<Relationship | null>;
	/** Idempotent. Null for an unknown user, and for a pending one that the follower does not follow. */
	remove(follow: { followerId: string; username: string }): Promise<Relationship | null>;
	/** Followers, newest follow first. Null for an unknown user. Throws `invalid` for a cursor of another list. */
	followers(username: string, page: PageRequest): Promise<Page<UserCard> | null>;
	/** Like `followers`, for the people that the user follows. */
	following(username: string, page: PageRequest): Promise<Page<UserCard> | null>;
};
