import type { TokenHash } from "../auth/store";
import type { Page, PageRequest } from "../page";

/** A new password for one account · an account · the first administrator's account. */
export type Purpose = "reset" | "invite" | "admin";

export type NewLink = {
	id: string;
	hash: TokenHash;
	purpose: Purpose;
	/** Whose password it sets; null for all but `reset`. */
	userId: string | null;
	/** Null when the operator made it. */
	creatorId: string | null;
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
	 * A new reset link takes the place of older ones for the same account. `quota` is how many invitations that still
	 * hold their creator may have, null for any number; throws `conflict` beyond it.
	 */
	create(link: NewLink, options?: { quota: number | null }): Promise<void>;
	/** What it still is good for: null when it is unknown, used up or has expired. */
	byHash(hash: TokenHash, now: Date): Promise<{ purpose: Purpose; userId: string | null } | null>;
	/** Invitations of a creator, or of everybody for null; the newest first. Throws `invalid` for a cursor of another list. */
	invites(creatorId: string | null, page: PageRequest): Promise<Page<Link>>;
	/** Ends an invitation of a creator, or of anybody for null. False when there is none. */
	remove(id: string, creatorId: string | null): Promise<boolean>;
	/** Deletes what expired before. */
	sweep(before: Date): Promise<void>;
};
