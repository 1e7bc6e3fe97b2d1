import { Elysia } from "elysia";
import type { ClientAddress, Server } from "../../core/address";
import { AppError } from "../../core/errors";
import type { Observer } from "../../core/observer";
import type { Callers } from "../auth";
import type { CallerCache } from "../caller-cache";
import { type Context, setRateLimitHeaders } from "./headers";
import { passwordAttempts } from "./password-attempts";
import type { PolicyName } from "./policies";
import { requestCounter, type State } from "./request-counter";

export type { Context } from "./headers";

type Options = {
	isOn: boolean;
	/** The id of the account that a username or an e-mail address belongs to. */
	accountIdOf: (login: string) => Promise<string | null>;
	clientAddress: ClientAddress;
	server: () => Server | null;
	callerCache: CallerCache;
	callers: Callers;
	observer: Required<Observer>;
	now: () => Date;
};

/** The policies that a route can name. The plugin counts all requests by itself. */
type RouteLimit = Exclude<PolicyName, "address" | "account" | "login-address">;
type Asked = Context & { query: Record<string, string | undefined> };

/** Policies that count only some requests of a route. */
const concerns: Partial<Record<RouteLimit, (context: Asked) => boolean>> = {
	// Reads the first nine characters; `mediaType` refuses long ones.
	upload: ({ request }) => /^multipart/i.test(request.headers.get("content-type") ?? ""),
	search: ({ query }) => Boolean(query.q?.trim()) || query.trending !== undefined,
};

/** Health checks of supervisors: a refusal would make them restart a server that is only busy. */
export const unlimitedPaths = new Set(["/livez", "/readyz"]);

/**
 * Refuses requests over a limit before any other work. Every request counts, by account or address; a route names
 * further policies with `limit: "post"`, after `permission` for those that count by account, and before `accepts`.
 */
export function createRateLimits({ isOn, accountIdOf, observer, now, ...sources }: Options) {
	const requests = requestCounter({ ...sources, now });

	function refuse({ set }: Context, state: State<PolicyName>): never {
		const seconds = Math.max(1, Math.ceil(state.wait / 1000));
		setRateLimitHeaders(set, [{ ...state, remaining: 0, reset: state.wait }]);
		set.headers["retry-after"] = String(seconds);
		observer.limited(state.name);
		throw new AppError("rate_limited", `Too many requests. Try again in ${seconds} s.`);
	}

	function admit(context: Asked, names: Exclude<RouteLimit, "login">[]) {
		const { request, set } = context;
		const taken: State<(typeof names)[number]>[] = [];
		for (const name of names) {
			if (concerns[name]?.(context) === false) continue;
			const state = { ...requests.take(request, name), name };
			if (state.wait > 0) {
				for (const { name } of taken) requests.giveBack(request, name);
				refuse(context, state);
			}
			taken.push(state);
		}
		if (taken.length > 0) setRateLimitHeaders(set, [requests.look(request, requests.commonPolicy(request)), ...taken]);
	}

	const plugin = new Elysia({ name: "http.limit" }).onRequest((context) => {
		const { request, set, path } = context as typeof context & { path: string }; // missing in Elysia's types
		// A refused preflight looks like a network failure to a page. To answer one costs as little as to refuse it.
		if (!isOn || unlimitedPaths.has(path) || request.method === "OPTIONS") return;
		const state = requests.take(request, requests.commonPolicy(request));
		if (state.wait > 0) refuse({ request, set }, state);
	});

	const macro = new Elysia({ name: "http.limit.macro" }).macro({
		limit: (names: RouteLimit | RouteLimit[]) => {
			const counted = [names].flat().filter((name) => name !== "login"); // `passwordAttempt` counts it, since it needs the body
			return {
				...(isOn && counted.length > 0 && { transform: (context: Asked) => admit(context, counted) }),
				detail: { "x-limited": true } as object,
			};
		},
	});

	const passwords = passwordAttempts({ isOn, accountIdOf, requests, refuse, now });
	return {
		plugin,
		macro,
		passwordAttempt: passwords.passwordAttempt,
		trustAddress: passwords.trustAddress,

		/** Counts a request like `limit`, for a route whose body decides which policy applies. */
		spend(context: Context, name: "refresh") {
			if (isOn) admit({ ...context, query: {} }, [name]);
		},

		/** The number of entries in memory. */
		size: () => requests.size() + passwords.size(),
	};
}
