import { Elysia } from "elysia";
import type { Caller, SessionStore } from "../auth/store";
import { AppError } from "../errors";
import { type AccessTokens, bearerOf } from "./tokens";

/** Who made a request; null for a stranger. */
export type Callers = WeakMap<Request, Caller | null>;

type Options = {
	tokens: AccessTokens;
	sessions: SessionStore;
	callers: Callers;
	now: () => Date;
};

/**
 * Puts the caller into a route. `user: true` demands somebody signed in; `viewer: true` lets strangers in as `null`.
 * A route that declares neither is open, and never learns who calls.
 */
export const auth = ({ tokens, sessions, callers, now }: Options) => {
	/** Null without credentials; with credentials that do not hold, nobody gets in as a stranger instead. */
	const identify = async (request: Request): Promise<Caller | null> => {
		if (!request.headers.has("authorization")) return null;
		const token = bearerOf(request);
		const claims = token ? await tokens.verify(token) : null;
		const caller = claims && (await sessions.caller({ id: claims.sessionId, userId: claims.userId }, now()));
		if (token && !caller) tokens.forget(token); // or whoever stole it could use up its owner's limits
		if (!caller) throw new AppError("unauthenticated", "The access token is not valid, has expired or was revoked.");
		return caller;
	};

	const admit = async ({ request }: { request: Request }) => {
		callers.set(request, await identify(request));
	};

	const demand = async ({ request }: { request: Request }) => {
		const caller = await identify(request);
		if (!caller) throw new AppError("unauthenticated", "Sign in first.");
		callers.set(request, caller);
	};

	return new Elysia({ name: "http.auth" }).macro({
		viewer: {
			transform: admit,
			resolve: ({ request }) => ({ viewer: callers.get(request) ?? null }),
			detail: { security: [{}, { password: [] }, { bearer: [] }] },
		},
		user: {
			transform: demand, // before the body is read, and before anything is validated
			resolve: ({ request }) => ({ user: callers.get(request) as Caller }),
			detail: { security: [{ password: [] }, { bearer: [] }] },
		},
	});
};
export type Auth = ReturnType<typeof auth>;
