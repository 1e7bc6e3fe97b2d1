import type { Caller, Role, TokenHash } from "../../core/caller";
import type { Page, PageRequest } from "../../core/page";
import type { MoveToTrash } from "../../core/retention";
import type { NewImage } from "../../media/store";

/** `pending` waits to be approved and can do nothing but that; `suspended` is shut out. */
export type State = "active" | "pending" | "suspended";

/** As much of a person as stands beside their posts and comments. `avatar` is the name of a picture. */
export type UserCard = {
	id: string;
	username: string;
	displayName: string;
	avatar: string | null;
};

/** How the viewer and a person stand to each other. */
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
	/** Since when the person is shut out; null for everybody else. */
	suspendedAt: Date | null;
	/** Since when the person waits to be approved; null for everybody else. */
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
	/** Null takes it away. Throws `too_large` past its owner's quota. */
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
	/** The caller: throws `unauthenticated` or `forbidden` when they were signed out, suspended or lost their role. */
	by?: Caller;
	/** The hash that the user's password was compared with: throws `unauthenticated` when it is another by now. */
	verified?: string;
};

/** The session, and maybe the tokens, that survive a change of the password. */
export type Kept = { sessionId: string; tokens: boolean };
/** How many personal access tokens ended with a password. */
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
	 * In the same step, another password ends what the old one may have let in: sessions, personal access tokens and reset
	 * links. A suspension ends all sessions and, as the loss of the administrator's role does, all links that the user made.
	 * Null when there is no such user. Throws `conflict` when no administrator would be left, and what `Proofs` says.
	 */
	update(id: string, changes: UserChanges, options?: Proofs & { keep?: Kept }): Promise<Ended | null>;
	/**
	 * Calls `decide` with the account as it is, in the transaction that writes the changes; what is left out stays.
	 * Throws `unauthenticated` when the account is gone, and `unauthenticated` or `forbidden` when `by` was signed out.
	 */
	changeProfile(id: string, decide: (current: Account) => ProfileChanges, by?: Caller): Promise<void>;
	/** Sets the password that a reset link is for, ends what `update` says, and says whose it is. Throws `gone`. */
	reset(link: TokenHash, changes: { passwordHash: string; updatedAt: Date }): Promise<Ended & { id: string }>;
	/**
	 * Takes all that the user made along, into the trash if `moveToTrash` is set; without, what they had in the trash goes as well.
	 * False when there is no such user. Throws `conflict` like `update`, and what `Proofs` says.
	 */
	remove(id: string, moveToTrash?: MoveToTrash, proofs?: Proofs): Promise<boolean>;
	/** People whose username or display name starts with `prefix`, by that name. Throws `invalid` for a cursor that is not of this list. */
	startingWith(prefix: string, page: PageRequest): Promise<Page<UserCard>>;
};
