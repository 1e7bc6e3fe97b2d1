import { Elysia } from "elysia";
import type { Caller, SessionCaller } from "../core/caller";
import { AppError, adminsOnly, credentialEnded, waiting } from "../core/errors";
import { bearerOf, type CallerCache } from "./caller-cache";

/** Who made a request; null for a stranger. */
export type Callers = WeakMap<Request, Caller | null>;

type Options = {
	/** Finds the caller of a token; null for a token that does not hold. */
	authenticate: (token: string) => Promise<Caller | null>;
	callers: Callers;
	callerCache: CallerCache;
};

type Demand = {
	/** True lets pending accounts call. */
	pending?: boolean;
	/** True refuses personal access tokens, which leak more easily than sessions. */
	session?: boolean;
	admin?: boolean;
};

const security: Record<string, string[]>[] = [{ password: [] }, { bearer: [] }];
const forSessions = { security, "x-session": true } as { security: typeof security };

/**
 * Puts the caller into a route. `user: true` demands somebody signed in; `viewer: true` lets strangers in as `null`.
 * `account` is for reading one's own account, and the only one that lets pending accounts in. `admin` is for administrators.
 * `session` and `adminSession` refuse personal access tokens: for calls that hand out access, secrets or backups.
 * A route that declares none of them is open, and never learns who calls.
 */
export const auth = ({ authenticate, callers, callerCache }: Options) => {
	/** Null without credentials; with credentials that do not hold, nobody gets in as a stranger instead. */
	const identify = async (request: Request): Promise<Caller | null> => {
		if (!request.headers.has("authorization")) return null;
		const token = bearerOf(request);
		const caller = token ? await authenticate(token) : null;
		if (token) callerCache.learn(token, caller);
		if (!caller) throw credentialEnded();
		return caller;
	};

	const admit = async ({ request }: { request: Request }) => {
		const caller = await identify(request);
		if (caller?.isPending) throw waiting();
		callers.set(request, caller);
	};

	const demand =
		({ pending = false, session = false, admin = false }: Demand = {}) =>
		async ({ request }: { request: Request }) => {
			const caller = await identify(request);
			if (!caller) throw new AppError("unauthenticated", "Sign in first.");
			callers.set(request, caller);
			if (caller.isPending && !pending) throw waiting();
			if (session) requireSession(caller);
			if (caller.scope === "read" && !["GET", "HEAD"].includes(request.method))
				throw new AppError("forbidden", "This token may only read.");
			if (admin && caller.role !== "admin") throw adminsOnly();
		};

	const resolve = ({ request }: { request: Request }) => ({ user: callers.get(request) as Caller });
	const resolveSession = ({ request }: { request: Request }) => ({ user: callers.get(request) as SessionCaller });

	// All of it before the body is read, and before anything is validated.
	return new Elysia({ name: "http.auth" }).macro({
		viewer: {
			transform: admit,
			resolve: ({ request }) => ({ viewer: callers.get(request) ?? null }),
			detail: { security: [{}, ...security] },
		},
		user: { transform: demand(), resolve, detail: { security } },
		account: { transform: demand({ pending: true }), resolve, detail: { security } },
		session: { transform: demand({ session: true }), resolve: resolveSession, detail: forSessions },
		admin: { transform: demand({ admin: true }), resolve, detail: { security } },
		adminSession: { transform: demand({ admin: true, session: true }), resolve: resolveSession, detail: forSessions },
	});
};
export type Auth = ReturnType<typeof auth>;

/** Throws `forbidden` for a personal access token: a script that leaks its token must not give its owner's account away. */
export function requireSession({ sessionId }: Caller): void {
	if (sessionId === null)
		throw new AppError("forbidden", "This takes somebody who signed in, not a personal access token.");
}
