import type { Caller, ClientInfo, Scope, TokenHash } from "../../core/caller";

/** Sessions of an account. A further sign-in ends the one that was used longest ago. */
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

/** A living session, as its owner sees it. */
export type Session = ClientInfo & { id: string; createdAt: Date; usedAt: Date; expiresAt: Date };

export type Rotation = {
	presented: TokenHash;
	/** Hash of the token that replaces the presented one. The same token has the same successor. */
	successor: TokenHash;
	now: Date;
	/** When the session ends unless it is renewed again; at the latest so many milliseconds after it began. */
	expiresAt: Date;
	longestMs: number;
	/** Until this long after it was spent, a token still gives its successor, if that is unused. Milliseconds. */
	graceMs: number;
};

/** `replayed`: a spent token came back, and its session has ended. */
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
	/** Null when the session has ended or expired, or is not this user's, or they are suspended. Notes that it is used. */
	caller(session: { id: string; userId: string }, now: Date): Promise<Caller | null>;
	/**
	 * Replaces a refresh token by its successor in one atomic step. Of parallel calls, one replaces it and the others get the
	 * same successor within the grace period. A used token that comes back later ends its session, unless the clock has just
	 * leapt ahead. Null for an unknown or expired token.
	 */
	rotate(rotation: Rotation): Promise<Rotated | null>;
	/** Ends the session that a refresh token, spent or not, belongs to. Unknown tokens are ignored. */
	endByToken(hash: TokenHash): Promise<void>;
	/** The living sessions of a user, the one used last first. */
	ofUser(userId: string, now: Date): Promise<Session[]>;
	/** False when the user has no such session. */
	end(userId: string, id: string): Promise<boolean>;
	/** Ends all sessions of the caller but their own. Throws `unauthenticated` when that has ended, too. */
	endOthers(caller: Caller): Promise<void>;
	/** Deletes what has expired. */
	sweep(now: Date): Promise<void>;
};

/** A personal access token, for a script or a bot. */
export type AccessToken = {
	id: string;
	name: string;
	scope: Scope;
	createdAt: Date;
	/** Null for one that does not expire. */
	expiresAt: Date | null;
	usedAt: Date | null;
};

export type AccessTokenStore = {
	/**
	 * Throws `conflict` when the owner has too many already, and `unauthenticated` when their session has ended meanwhile: a
	 * token must not outlive a password reset.
	 */
	create(token: AccessToken & { hash: TokenHash }, owner: Caller): Promise<void>;
	/** Null when the token is unknown or has expired, or its owner is suspended. Notes that it is used. */
	caller(hash: TokenHash, now: Date): Promise<Caller | null>;
	/** The newest first. */
	ofUser(userId: string): Promise<AccessToken[]>;
	/** False when the user has no such token. */
	remove(userId: string, id: string): Promise<boolean>;
	/** Gives whose it was; null for an unknown one. */
	removeByHash(hash: TokenHash): Promise<string | null>;
};
