import type { UserCard } from "../../accounts/users/store";
import type { Page, PageRequest } from "../../core/page";

type Like = { postId: string; userId: string };

/** Each answers `null` when the user may not see the post, or there is none. */
export type LikeStore = {
	/** Idempotent. The post's likes after it. */
	add(like: Like & { createdAt: Date }): Promise<number | null>;
	/**
	 * Idempotent while the user may see the post. The post's likes after it. A like under a post that became hidden from the
	 * user is removed too: then the answer is 0 whatever the real count, and `null` if there was no like.
	 */
	remove(like: Like): Promise<number | null>;
	/** Who liked the post, newest first. Throws `invalid` for a cursor that is not of this list. */
	page(postId: string, page: PageRequest, viewerId: string | null): Promise<Page<UserCard> | null>;
};
