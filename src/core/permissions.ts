import type { Actor, Caller, Role, SessionCaller } from "./caller";
import { AppError, adminsOnly } from "./errors";

/** The subjects that a role may act on: none, its own or any. */
type Reach = "none" | "own" | "any";
type Rule = Record<Role, Reach> & {
	/** True refuses personal access tokens, which leak more easily than sessions. */
	session?: boolean;
	/** True includes accounts that wait for approval. */
	pending?: boolean;
	/** The `detail` of the refusal. The default says that only administrators may do this. */
	refusal?: string;
};

/** The permissions of each role. In addition, a `read` token may only read. */
export const permissions = {
	"account.read": { user: "own", admin: "own", pending: true },
	"account.delete": { user: "own", admin: "own", session: true },
	"account.export": { user: "own", admin: "own", session: true },
	/** Password, sessions and personal access tokens. */
	"access.manage": { user: "own", admin: "own", session: true },
	/** Members invite where INVITES lets them; see `oneTimeLinks.invite`. */
	"invitations.manage": { user: "own", admin: "any", session: true },

	/** Profile, feed, trash, new posts and comments, likes and follows. */
	participate: { user: "own", admin: "own" },
	"posts.edit": { user: "own", admin: "own", refusal: "Only its author may change a post." },
	"posts.delete": { user: "own", admin: "any", refusal: "Only its author or an administrator may delete a post." },
	"comments.delete": {
		user: "own",
		admin: "any",
		refusal: "Only its author or an administrator may delete a comment.",
	},

	/** List, approve, suspend and unsuspend. */
	"accounts.manage": { user: "none", admin: "any" },
	/** Roles, reset links and deletion: each gives control over the account. */
	"accounts.control": { user: "none", admin: "any", session: true },
	"audit.read": { user: "none", admin: "any", session: true },
	"trash.manage": { user: "none", admin: "any", session: true },
	"backups.manage": { user: "none", admin: "any", session: true },
	"doctor.run": { user: "none", admin: "any", session: true },
} as const satisfies Record<string, Rule>;
export type Permission = keyof typeof permissions;

export const ruleOf = (permission: Permission): Rule => permissions[permission];

declare const proof: unique symbol;
/** Only this file makes a proof, so a function that takes one cannot run without the check. */
type Proof<P extends Permission> = { readonly [proof]: (permission: P) => void };

/** A subject that its actor may act on. */
export type Authorized<P extends Permission, Subject> = Proof<P> & {
	readonly subject: Subject;
	readonly actor: Caller;
	/** False for an administrator who acts on the subject of another person. */
	readonly isOwn: boolean;
};

/** An actor with a permission for every subject, or one that needs no subject. */
export type Permitted<P extends Permission> = Actor & Proof<P>;

/** Throws `forbidden` unless the caller may act on a subject of this owner. */
export function authorize<P extends Permission, Subject>(
	permission: P,
	actor: Caller,
	{ subject, ownerId }: { subject: Subject; ownerId: string },
): Authorized<P, Subject> {
	const isOwn = ownerId === actor.id;
	requirePermission(permission, actor, isOwn ? "own" : "any");
	return { subject, actor, isOwn } as Authorized<P, Subject>;
}

/** Throws `forbidden` unless the caller has the permission for any subject. `address` is that of `ClientInfo`. */
export function permit<P extends Permission>(permission: P, caller: Caller, address: string): Permitted<P> {
	requirePermission(permission, caller, "any");
	return { id: caller.id, address, caller } as Actor as Permitted<P>;
}

/** The operator at the command line or in the configuration. */
export const operator = { id: null, address: "" } as Actor as Permitted<Permission>;

const order: Reach[] = ["none", "own", "any"];

/** Throws `forbidden`. The route has refused `read` tokens and pending accounts already. */
export function requirePermission(permission: Permission, caller: Caller, reach: Reach): void {
	const rule = ruleOf(permission);
	if (rule.session) requireSession(caller);
	if (order.indexOf(rule[caller.role]) >= order.indexOf(reach)) return;
	throw rule.refusal === undefined ? adminsOnly() : new AppError("forbidden", rule.refusal);
}

/** Throws `forbidden` for a personal access token: a leaked one must not give its owner's account away. */
export function requireSession(caller: Caller): asserts caller is SessionCaller {
	if (caller.sessionId === null)
		throw new AppError("forbidden", "Sign in with a password to do this: personal access tokens cannot.");
}
