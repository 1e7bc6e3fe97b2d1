import type { Caller } from "../core/caller";
import type { Page, PageRequest } from "../core/page";

export type Kind = "post" | "comment" | "account";

export type TrashEntry = {
	/** Id of the post, the comment or the account. */
	id: string;
	kind: Kind;
	ownerId: string;
	/** Username of the owner, also of a deleted account; null when the owner is permanently gone. */
	owner: string | null;
	/** The beginning of the text; null for an account. */
	excerpt: string | null;
	/** True when anonymous viewers could read it. */
	isPublic: boolean;
	byOwner: boolean;
	deletedAt: Date;
};

export type TrashedAccount = { id: string; passwordHash: string; deletedAt: Date };

/** Entries from before `since` count as deleted. */
export type TrashFilter = {
	since: Date;
	/** Only the posts and comments that this person deleted themselves. */
	ownerId?: string;
	/** Only what its owner deleted. */
	byOwner?: true;
	kind?: Kind;
	/** Only an account with this hash, which a password was compared with. */
	passwordHash?: string;
};

/** With `by`, throws `unauthenticated` or `forbidden` when that caller was signed out or lost their role meanwhile. */
type Wanted = TrashFilter & { by?: Caller };

/**
 * Deleted things that can be restored, sealed with the secret: the database alone reveals none of them. With another secret
 * they are lost, and deleted when they expire.
 */
export type TrashStore = {
	/** The latest first; a page may be shorter than its limit and have a cursor. Throws `invalid` for a cursor of another list. */
	page(filter: TrashFilter, page: PageRequest): Promise<Page<TrashEntry>>;
	/**
	 * Deleted accounts that had this username or e-mail address, in any case, in the order of their deletion.
	 * Of more than 32 accounts, it returns the first 32 and the last.
	 */
	accounts(login: string, filter: TrashFilter): Promise<TrashedAccount[]>;
	/**
	 * Restores an entry and all its rows, at their former place. Rows that belong to people or posts in the trash come back
	 * with those; rows of people and posts that are gone are gone. Null without such an entry. Throws `conflict` when the post
	 * or the author of an entry is gone, or the name or address of an account is taken.
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
	/** Deletes permanently; with an account, all entries of its owner. Null without such an entry. */
	remove(id: string, filter: Wanted): Promise<TrashEntry | null>;
	/** Deletes permanently what was deleted before a time. Returns the number of entries. */
	sweep(before: Date): Promise<number>;
};
