import type { Page, PageRequest } from "../page";

export const kinds = ["post", "comment", "account"] as const;
export type Kind = (typeof kinds)[number];

/** With what something is deleted that may be brought back. Without, it is gone at once. */
export type Bin = {
	at: Date;
	/** Whether its owner does it; what somebody else deletes, only administrators bring back. */
	byOwner: boolean;
	/** Bytes of pictures that one may have in the trash; of more, the oldest with one go for ever. */
	quota: number;
};

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

/**
 * What was deleted and may be brought back. Who gets at the database and not at the secret can read nothing of it; with
 * another secret, what was there is lost, and goes in its time.
 */
export type TrashStore = {
	/** The latest first; a page may be shorter than its limit and have a cursor. Throws `invalid` for a cursor of another list. */
	page(filter: TrashFilter, page: PageRequest): Promise<Page<TrashEntry>>;
	/** Deleted accounts that had this username or e-mail address, in any case: who was deleted first comes first. */
	accounts(login: string, filter: TrashFilter): Promise<TrashedAccount[]>;
	/**
	 * Brings it back with everything that hung on it, where it was; what belongs to people or posts that are in the trash
	 * comes back with them, and what belongs to those that are gone is gone.
	 * Null when there is no such thing. Throws `conflict` when what it needs is gone, or its name or address is taken.
	 * What is large comes back in steps, others having their turn in between: nobody else can restore it meanwhile, and
	 * whoever deletes something of its owner gets `busy`.
	 */
	restore(id: string, filter: TrashFilter): Promise<TrashEntry | null>;
	/** Goes on with what a crash interrupted. */
	resume(): Promise<void>;
	/** For ever; with an account, all of its owner that is there. Null when there is no such thing. */
	remove(id: string, filter: TrashFilter): Promise<TrashEntry | null>;
	/** For ever, all that was deleted before. Gives how much that was. */
	sweep(before: Date): Promise<number>;
};
