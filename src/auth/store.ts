import type { Role } from "../users/store";

/** Who is calling, as of this request: role and session are read anew each time. */
export type Caller = {
	id: string;
	username: string;
	role: Role;
	sessionId: string;
};

/** SHA-256 of a refresh token: the only form in which it is stored. */
export type TokenHash = Buffer;

export type NewSession = {
	id: string;
	userId: string;
	tokenHash: TokenHash;
	createdAt: Date;
	expiresAt: Date;
};

export type Rotation = {
	presented: TokenHash;
	/** Of the token that replaces the presented one; the same one each time it is presented. */
	successor: TokenHash;
	now: Date;
	expiresAt: Date;
	/** Until this long after it was spent, a token still gives its successor, if that is unused. Milliseconds. */
	graceMs: number;
};

export type SessionStore = {
	/** Also sweeps the user's expired sessions. Throws `forbidden` for somebody who is suspended. */
	create(session: NewSession): Promise<void>;
	/** Null when the session has ended or expired, or is not this user's, or they are suspended. */
	caller(session: { id: string; userId: string }, now: Date): Promise<Caller | null>;
	/**
	 * Spends a refresh token for its successor, in one atomic step: of any number of parallel calls one spends it,
	 * the others fall under the grace. A spent token that comes back outside the grace ends its session.
	 * Null when the token is unknown, expired or was spent.
	 */
	rotate(rotation: Rotation): Promise<{ sessionId: string; userId: string } | null>;
	/** Does nothing when there is no such session. */
	end(id: string): Promise<void>;
	/** Ends the session that a refresh token, spent or not, belongs to. Unknown tokens are ignored. */
	endByToken(hash: TokenHash): Promise<void>;
};
