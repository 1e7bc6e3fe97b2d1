import type { Caller } from "../core/caller";
import type { Page, PageRequest } from "../core/page";

export const kinds = ["post", "comment", "account"] as const;
export type Kind = (typeof kinds)[number];

export type TrashEntry = {
	/** Of the post, the comment or the account. */
	id: string;
	kind: Kind;
	ownerId: string;
	/** As the owner is called now, or of a deleted account was; null when the owner is gone. */
	owner: string | null;
	/** The beginning of the text; null for an account. */
	excerpt: string | null;
	/** Whether everybody could read it. */
	isPublic: boolean;
	byOwner: boolean;
	deletedAt: Date;
};

export type TrashedAccount = { id: string; passwordHash: string; deletedAt: Date };

/** Nothing from before `since` is there. */
export type TrashFilter = {
	since: Date;
	/** Only the posts and comments that this person deleted themselves. */
	ownerId?: string;
	/** Only what its owner deleted. */
	byOwner?: true;
	kind?: Kind;
	/** Only an account that has this hash, which a password was compared with. */
	passwordHash?: string;
};

/** With `by`, throws `unauthenticated` or `forbidden` when that caller was signed out or lost their role meanwhile. */
type Wanted = TrashFilter & { by?: Caller };

/**
 * What was deleted and may be brought back. Who gets at the database and not at the secret can read nothing of it; with
 * another secret, what was there is lost, and goes in its time.
 */
export type TrashStore = {
	/** The latest first; a page may be shorter than its limit and have a cursor. Throws `invalid` for a cursor of another list. */
	page(filter: TrashFilter, page: PageRequest): Promise<Page<TrashEntry>>;
	/**
	 * Deleted accounts that had this username or e-mail address, in any case, in the order of their deletion: of more than 32,
	 * the first 32 and the last.
	 */
	accounts(login: string, filter: TrashFilter): Promise<TrashedAccount[]>;
	/**
	 * Brings it back with everything that hung on it, where it was; what belongs to people or posts that are in the trash
	 * comes back with them, and what belongs to those that are gone is gone.
	 * Null when there is no such thing. Throws `conflict` when what it needs is gone, or its name or address is taken.
	 * A large entry is restored in several transactions. Until the last one, another restore of it, and deletions of the same
	 * owner, throw `busy`. So does a restore while the deletion is in progress. With `quota`, throws `too_large` when the
	 * picture of a post would exceed that many bytes of pictures.
	 */
	restore(id: string, filter: Wanted & { quota?: number }): Promise<TrashEntry | null>;
	/**
	 * Finishes all restores and deletions that are in progress, also those that a crash interrupted. A call during another
	 * one joins it, and covers deletions that began in between.
	 */
	resume(): Promise<void>;
	/** Stops `resume` after its current transaction. For a server that stops; the next start continues. */
	end(): Promise<void>;
	/** Like `resume`, for a copy without trash: deletes permanently. */
	forget(): Promise<void>;
	/** For ever; with an account, all of its owner that is there. Null when there is no such thing. */
	remove(id: string, filter: Wanted): Promise<TrashEntry | null>;
	/** For ever, all that was deleted before. Gives how much that was. */
	sweep(before: Date): Promise<number>;
};
