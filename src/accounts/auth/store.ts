import type { Caller, ClientInfo, Scope, TokenHash } from "../../core/caller";

/** Sessions of an account. Beyond this number, a sign-in ends the session used longest ago. */
export const maxSessions = 50;
/** Personal access tokens of an account. */
export const maxTokens = 50;

type NewSession = ClientInfo & {
	id: string;
	userId: string;
	/** The hash that the password was compared with. */
	passwordHash: string;
	tokenHash: TokenHash;
	createdAt: Date;
	expiresAt: Date;
};

/** An active session, as its owner sees it. */
export type Session = ClientInfo & { id: string; createdAt: Date; usedAt: Date; expiresAt: Date };

export type Rotation = {
	presented: TokenHash;
	/** Hash of the token that replaces the presented one. The same token has the same successor. */
	successor: TokenHash;
	now: Date;
	/** Time at which the session ends without another refresh, and its maximum lifetime in milliseconds. */
	expiresAt: Date;
	longestMs: number;
	/** Grace period in milliseconds: a used token gives its successor again, if that is unused. */
	graceMs: number;
};

/** `replayed`: a used token came back, so its session has ended. */
export type Rotated =
	| { outcome: "rotated"; sessionId: string; userId: string; expiresAt: Date }
	| { outcome: "replayed"; userId: string };

export type SessionStore = {
	/**
	 * Also deletes the user's expired sessions, unless the clock has just leapt ahead. Beyond the maximum of a user, it ends
	 * the sessions used longest ago.
	 * Throws `unauthenticated` when the account was deleted or has another password by now, and `forbidden` when it is
	 * suspended. A pending account may sign in.
	 */
	create(session: NewSession): Promise<void>;
	/** Null when the session has ended, has expired, belongs to another user, or its user is suspended. Records the use. */
	caller(session: { id: string; userId: string }, now: Date): Promise<Caller | null>;
	/**
	 * Replaces a refresh token by its successor in one atomic step. Of parallel calls, one replaces it and the others get the
	 * same successor within the grace period. A used token that comes back later ends its session, unless the clock has just
	 * leapt ahead. Null for an unknown or expired token.
	 */
	rotate(rotation: Rotation): Promise<Rotated | null>;
	/** Ends the session of a refresh token, used or not. Ignores unknown tokens. */
	endByToken(hash: TokenHash): Promise<void>;
	/** The active sessions of a user, the last used one first. */
	ofUser(userId: string, now: Date): Promise<Session[]>;
	/** False when the user has no such session. */
	end(userId: string, id: string): Promise<boolean>;
	/** Ends all sessions of the caller's account except the caller's. Throws `unauthenticated` when that one has ended. */
	endOthers(caller: Caller): Promise<void>;
	/** Deletes expired sessions and tokens. */
	sweep(now: Date): Promise<void>;
};

/** A personal access token, for a script or a bot. */
export type AccessToken = {
	id: string;
	name: string;
	scope: Scope;
	createdAt: Date;
	/** Null for a token that does not expire. */
	expiresAt: Date | null;
	usedAt: Date | null;
};

export type AccessTokenStore = {
	/**
	 * Throws `conflict` when the owner has the maximum already. Throws `unauthenticated` when their session has ended meanwhile,
	 * since a token must not outlive a password reset.
	 */
	create(token: AccessToken & { hash: TokenHash }, owner: Caller): Promise<void>;
	/** Null when the token is unknown or expired, or its owner is suspended. Records the use. */
	caller(hash: TokenHash, now: Date): Promise<Caller | null>;
	/** The newest first. */
	ofUser(userId: string): Promise<AccessToken[]>;
	/** False when the user has no such token. */
	remove(userId: string, id: string): Promise<boolean>;
	/** Returns the id of its owner; null for an unknown token. */
	removeByHash(hash: TokenHash): Promise<string | null>;
};
