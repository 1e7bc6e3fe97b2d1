import type { Caller, TokenHash } from "../../core/caller";
import type { Page, PageRequest } from "../../core/page";

/** A new password for one account · an account · the first administrator's account. */
export type Purpose = "reset" | "invite" | "admin";

export type NewLink = {
	id: string;
	hash: TokenHash;
	purpose: Purpose;
	/** Account whose password a `reset` link sets; null for other links. */
	userId: string | null;
	maxUses: number;
	createdAt: Date;
	expiresAt: Date;
};

export type Link = {
	id: string;
	purpose: Purpose;
	/** Username; null when the operator made it. */
	creator: string | null;
	uses: number;
	maxUses: number;
	createdAt: Date;
	expiresAt: Date;
};

export type LinkStore = {
	/**
	 * A new reset link replaces older ones for the same account. `by` is null for the operator. `quota` limits the
	 * valid invitations of a creator; null is no limit. Throws `conflict` beyond it, and `not_found` when the account of a
	 * reset link is gone. Throws `unauthenticated` or `forbidden` when `by` lost the session or role meanwhile.
	 */
	create(link: NewLink, options: { by: Caller | null; quota: number | null }): Promise<void>;
	/** Purpose of a valid link. Null when it is unknown, used up or expired. */
	byHash(hash: TokenHash, now: Date): Promise<{ purpose: Purpose; userId: string | null } | null>;
	/** Invitations of a creator, or all for null; the newest first. Throws `invalid` for a cursor of another list. */
	invites(creatorId: string | null, page: PageRequest): Promise<Page<Link>>;
	/** Ends an invitation: administrators end any, others their own. False for an unknown one. Throws like `create`. */
	remove(id: string, by: Caller): Promise<boolean>;
	/** Deletes links that expired before a time. */
	sweep(before: Date): Promise<void>;
};
