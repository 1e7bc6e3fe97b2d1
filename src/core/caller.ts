export type Role = "user" | "admin";

/** What a token lets do: read everything its owner may see, or do all that they may. */
export type Scope = "read" | "write";

/** Who is calling, as of this request: role, state and session are read anew each time. */
export type Caller = {
	id: string;
	username: string;
	role: Role;
	/** Null for a personal access token. */
	sessionId: string | null;
	/** The id of the personal access token; null for a session. */
	tokenId: string | null;
	scope: Scope;
	/** Whether the account still waits to be approved. */
	isPending: boolean;
};

/** Where a request came from, as far as it is anybody's business. */
export type Origin = {
	/** The network and not the address, such as 203.0.113.0/24; empty when it is not known. */
	address: string;
	/** Such as "Firefox on Linux"; empty when it is not known. */
	device: string;
};

/** SHA-256 of a token: the only form in which it is stored. */
export type TokenHash = Buffer;

/** Signed in with a session, and not with a token. */
export type SessionCaller = Caller & { sessionId: string };
