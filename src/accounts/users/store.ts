import type { Caller, Role, TokenHash } from "../../core/caller";
import type { Page, PageRequest } from "../../core/page";
import type { MoveToTrash } from "../../core/retention";
import type { NewImage } from "../../media/store";

/** `pending` waits for approval and can only read its state; `suspended` cannot sign in. */
export type State = "active" | "pending" | "suspended";

/** Fields of a person in lists, posts and comments. `avatar` is the name of a picture. */
export type UserCard = {
	id: string;
	username: string;
	displayName: string;
	avatar: string | null;
};

/** Follows between the viewer and a person. */
export type Relationship = { following: boolean; followedBy: boolean };

export type Profile = UserCard & {
	bio: string;
	followersCount: number;
	followingCount: number;
	/** Public posts only. */
	postsCount: number;
	createdAt: Date;
	/** `null` for an anonymous viewer. */
	viewer: Relationship | null;
};

/** Fields that only the person and the operator may read. */
export type Account = Profile & {
	email: string;
	role: Role;
	updatedAt: Date;
	/** Time of the suspension; null for an account that is not suspended. */
	suspendedAt: Date | null;
	/** Time since which the account waits for approval; null for an approved account. */
	pendingSince: Date | null;
};

export const stateOf = ({ suspendedAt, pendingSince }: Pick<Account, "suspendedAt" | "pendingSince">): State =>
	suspendedAt ? "suspended" : pendingSince ? "pending" : "active";

export type NewUser = {
	id: string;
	/** Lower-case. */
	username: string;
	email: string;
	passwordHash: string;
	role: Role;
	displayName: string;
	createdAt: Date;
	pendingSince?: Date | null;
};

type ProfileChanges = {
	displayName?: string;
	bio?: string;
	/** Null removes it. Throws `too_large` beyond the quota of its owner. */
	avatar?: NewImage | null;
	updatedAt: Date;
};

export type UserChanges = {
	role?: Role;
	passwordHash?: string;
	suspendedAt?: Date | null;
	pendingSince?: Date | null;
	updatedAt: Date;
};

/** Filters of a list of accounts. */
type AccountFilter = {
	state?: State;
	role?: Role /** A part of the username or of the e-mail address. */;
	search?: string;
};

export type Credentials = { id: string; passwordHash: string };

/** Facts verified before an `await`. The transaction of the write verifies them again. */
export type Proofs = {
	/** The caller: throws `unauthenticated` or `forbidden` when they lost the session or role, or were suspended. */
	by?: Caller;
	/** The hash that was compared with the user's password: throws `unauthenticated` when it has changed. */
	verified?: string;
};

/** The session, and maybe the tokens, that survive a change of the password. */
export type Kept = { sessionId: string; tokens: boolean };
/** Number of personal access tokens that ended with the old password. */
export type Ended = { tokens: number };

export type UserStore = {
	/**
	 * With a link, uses it in the same transaction. The link for the first administrator gives that role. With a link no
	 * account is pending. Throws `gone` when the link is not valid any more, and `conflict` when the username or the e-mail
	 * address is taken in any case.
	 */
	create(user: NewUser, link?: TokenHash): Promise<void>;
	accountById(id: string): Promise<Account | null>;
	/** By username or e-mail, in any case. */
	accountByLogin(login: string): Promise<Account | null>;
	/** The oldest account first. Throws `invalid` for a cursor of another list. */
	accounts(page: PageRequest, filter?: AccountFilter): Promise<Page<Account>>;
	/** True when an active administrator exists. */
	hasAdmin(): Promise<boolean>;
	/** The username in any case. */
	profileByUsername(username: string, viewerId: string | null): Promise<Profile | null>;
	/** By username or e-mail, in any case. Takes as long for a name without an account. */
	idByLogin(login: string): Promise<string | null>;
	/** By username or e-mail, in any case. */
	credentialsByLogin(login: string): Promise<Credentials | null>;
	credentialsById(id: string): Promise<Credentials | null>;
	/**
	 * In the same transaction, a new password ends sessions, personal access tokens and reset links. A suspension ends all
	 * sessions. A suspension or the loss of the administrator's role also ends all links that the user made.
	 * Null for an unknown user. Throws `conflict` when no administrator would be left, and the errors of `Proofs`.
	 */
	update(id: string, changes: UserChanges, options?: Proofs & { keep?: Kept }): Promise<Ended | null>;
	/**
	 * Calls `decide` with the current account, in the transaction that writes the changes. Fields that it leaves out stay.
	 * Throws `unauthenticated` when the account is gone, and `unauthenticated` or `forbidden` when `by` was signed out.
	 */
	changeProfile(id: string, decide: (current: Account) => ProfileChanges, by?: Caller): Promise<void>;
	/** Sets the password of a reset link, with the effects of `update`. Returns the id of the account. Throws `gone`. */
	reset(link: TokenHash, changes: { passwordHash: string; updatedAt: Date }): Promise<Ended & { id: string }>;
	/**
	 * Deletes the account and everything it made. `moveToTrash` moves it to the trash; without it, the trash of the user is
	 * deleted, too. False for an unknown user. Throws `conflict` like `update`, and the errors of `Proofs`.
	 */
	remove(id: string, moveToTrash?: MoveToTrash, proofs?: Proofs): Promise<boolean>;
	/** People whose username or display name starts with `prefix`, by that name. Throws `invalid` for a cursor of another list. */
	startingWith(prefix: string, page: PageRequest): Promise<Page<UserCard>>;
};
