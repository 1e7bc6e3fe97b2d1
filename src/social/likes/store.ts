import type { UserCard } from "../../accounts/users/store";
import type { Page, PageRequest } from "../../core/page";

type Like = { postId: string; userId: string };

/** Each call returns null for a missing post, and for one that the user may not see. */
export type LikeStore = {
	/** Idempotent. Returns the new number of likes. */
	add(like: Like & { createdAt: Date }): Promise<number | null>;
	/**
	 * Idempotent while the user may see the post. Returns the new number of likes. Also removes the like of a post that
	 * became hidden from the user. It then returns 0 instead of the number, and null if there was no like.
	 */
	remove(like: Like): Promise<number | null>;
	/** The people who like the post, newest like first. Throws `invalid` for a cursor of another list. */
	page(postId: string, page: PageRequest, viewerId: string | null): Promise<Page<UserCard> | null>;
};
