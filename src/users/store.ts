import type { NewImage } from "../media/store";
import type { Page, PageRequest } from "../page";

export type Role = "user" | "admin";

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

/** What only the person themselves and the operator may read. */
export type Account = Profile & {
	email: string;
	role: Role;
	updatedAt: Date;
	/** Since when the person is shut out; null for everybody else. */
	suspendedAt: Date | null;
};

export type NewUser = {
	id: string;
	/** Lower-case. */
	username: string;
	email: string;
	passwordHash: string;
	role: Role;
	displayName: string;
	createdAt: Date;
};

export type UserChanges = {
	displayName?: string;
	bio?: string;
	/** Null takes it away. Throws `too_large` past its owner's quota. */
	avatar?: NewImage | null;
	role?: Role;
	passwordHash?: string;
	suspendedAt?: Date | null;
	updatedAt: Date;
};

export type Credentials = { id: string; passwordHash: string };

export type UserStore = {
	/** Throws `conflict` when the username or the e-mail (compared case-insensitively) is taken. */
	create(user: NewUser): Promise<void>;
	accountById(id: string): Promise<Account | null>;
	/** By username or e-mail, in any case. */
	accountByLogin(login: string): Promise<Account | null>;
	/** Everybody, the oldest account first. */
	accounts(page: PageRequest): Promise<Page<Account>>;
	/** The username in any case. */
	profileByUsername(username: string, viewerId: string | null): Promise<Profile | null>;
	/** By username or e-mail, in any case. */
	credentialsByLogin(login: string): Promise<Credentials | null>;
	credentialsById(id: string): Promise<Credentials | null>;
	/** With `endSessions`, signs the user out everywhere in the same step. False when there is no such user. */
	update(id: string, changes: UserChanges, options?: { endSessions: boolean }): Promise<boolean>;
	/** Takes posts, comments, likes, follows and sessions along. False when there is no such user. */
	remove(id: string): Promise<boolean>;
	/** People whose username or display name starts with `prefix`, by that name. Throws `invalid` for a cursor that is not of this list. */
	startingWith(prefix: string, page: PageRequest): Promise<Page<UserCard>>;
};
