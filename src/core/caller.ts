export type Role = "user" | "admin";

/** `read` tokens may read all that their owner may see; `write` tokens may do all that their owner may do. */
export type Scope = "read" | "write";

/** The account behind a request. Each request reads role, state and session again. */
export type Caller = {
	id: string;
	username: string;
	role: Role;
	/** Null for a personal access token. */
	sessionId: string | null;
	/** The id of the personal access token; null for a session. */
	tokenId: string | null;
	scope: Scope;
	/** True until an administrator approves the account. */
	isPending: boolean;
};

/** The client of a request, in no more detail than sessions and the audit log keep. */
export type ClientInfo = {
	/** The network and not the address, such as 203.0.113.0/24; empty when it is not known. */
	address: string;
	/** Such as "Firefox on Linux"; empty when it is not known. */
	device: string;
};

/** SHA-256 of a token: the only form in which it is stored. */
export type TokenHash = Buffer;

/** A caller with a session instead of a personal access token. */
export type SessionCaller = Caller & { sessionId: string };

/** The person behind a change, for the audit log, and for a write to verify again. */
export type Actor = {
	/** Null for an anonymous client, and for the operator. */
	id: string | null;
	/** The network of `ClientInfo`; empty for the operator. */
	address: string;
	/** The caller as the request was admitted. Absent for anonymous clients and the operator. */
	caller?: Caller;
};
