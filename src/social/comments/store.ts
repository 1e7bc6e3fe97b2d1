import type { UserCard } from "../../accounts/users/store";
import type { Caller } from "../../core/caller";
import type { Page, PageRequest } from "../../core/page";
import type { MoveToTrash } from "../../core/retention";

export type Comment = {
	id: string;
	postId: string;
	author: UserCard;
	content: string;
	createdAt: Date;
};

type NewComment = {
	id: string;
	postId: string;
	authorId: string;
	content: string;
	createdAt: Date;
};

export type Removable = {
	authorId: string;
	/** True when the actor may see the post of the comment. */
	isVisible: boolean;
};

/** A comment is visible to all who may see its post. */
export type CommentStore = {
	/**
	 * Null for a missing post, and for one that the author may not see. Throws `unauthenticated` when the session of `by`,
	 * the caller of the request, ended meanwhile.
	 */
	create(comment: NewComment, by?: Caller): Promise<Comment | null>;
	byId(id: string, viewerId: string | null): Promise<Comment | null>;
	/** Null when the viewer may not see the post. Throws `invalid` for a cursor of another list. */
	page(
		list: { postId: string; sort: "oldest" | "newest" },
		page: PageRequest,
		viewerId: string | null,
	): Promise<Page<Comment> | null>;
	/**
	 * Calls `decide` in the transaction that removes the comment. It returns the trash to use, or throws to keep the
	 * comment.
	 * Returns the id of the author, or null for a missing comment. Throws `unauthenticated` or `forbidden` when `by` lost
	 * the session or role meanwhile.
	 */
	remove(
		id: string,
		actorId: string,
		decide: (comment: Removable) => MoveToTrash | undefined,
		by?: Caller,
	): Promise<string | null>;
};
