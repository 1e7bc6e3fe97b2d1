import { Elysia } from "elysia";
import type { Caller } from "../core/caller";
import { AppError, credentialEnded, waiting } from "../core/errors";
import { type Permission, requirePermission, requireSession, ruleOf } from "../core/permissions";
import { bearerOf, type CallerCache } from "./caller-cache";

/** The caller of each request; null for an anonymous one. */
export type Callers = WeakMap<Request, Caller | null>;

type Options = {
	/** Finds the caller of a token; null for a token that is not valid. */
	authenticate: (token: string) => Promise<Caller | null>;
	callers: Callers;
	callerCache: CallerCache;
};

const security: Record<string, string[]>[] = [{ password: [] }, { bearer: [] }];
const forSessions = { security, "x-session": true } as { security: typeof security };

/**
 * Puts the caller into a route. `permission` names a row of core/permissions.ts and gives `user`; `viewer: true` also lets
 * anonymous clients in, and gives `viewer`, which is null for them. A route with neither option is public and does not know its caller.
 */
export const auth = ({ authenticate, callers, callerCache }: Options) => {
	/** Null without credentials. Throws `unauthenticated` for invalid credentials, so no caller becomes anonymous by mistake. */
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
		(permission: Permission) =>
		async ({ request }: { request: Request }) => {
			const caller = await identify(request);
			if (!caller) throw new AppError("unauthenticated", "Sign in to do this.");
			callers.set(request, caller);
			if (caller.isPending && !ruleOf(permission).pending) throw waiting();
			if (ruleOf(permission).session) requireSession(caller);
			if (caller.scope === "read" && !["GET", "HEAD"].includes(request.method))
				throw new AppError("forbidden", "This token can only read. Use a token with the scope write.");
			requirePermission(permission, caller, "own");
		};

	// Hooks of `transform` run before the server reads or validates the body.
	return new Elysia({ name: "http.auth" }).macro({
		viewer: {
			transform: admit,
			resolve: ({ request }) => ({ viewer: callers.get(request) ?? null }),
			detail: { security: [{}, ...security] },
		},
		permission: (name: Permission) => ({
			transform: demand(name),
			resolve: ({ request }: { request: Request }) => ({ user: callers.get(request) as Caller }),
			detail: ruleOf(name).session ? forSessions : { security },
		}),
	});
};
