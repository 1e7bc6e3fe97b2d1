import { Elysia } from "elysia";
import { type ClientAddress, placeOf, type Server } from "../../core/address";
import { AppError } from "../../core/errors";
import { fold } from "../../core/fold";
import type { Observer } from "../../core/observer";
import type { Callers } from "../auth";
import type { KnownTokens } from "../caller-cache";
import { meter, type Reading } from "./gcra";
import { logins, type Result } from "./login-throttle";
import { login, type Policy, type PolicyName, policies, type Quota, room } from "./policies";

type Options = {
	isOn: boolean;
	/** The id of the account that a username or an e-mail address belongs to. */
	accountIdOf: (login: string) => Promise<string | null>;
	clientAddress: ClientAddress;
	server: () => Server | null;
	known: KnownTokens;
	callers: Callers;
	observer: Required<Observer>;
	now: () => Date;
};

/** What a route may ask for; the rest is counted by itself. */
type RouteLimit = Exclude<PolicyName, "address" | "account" | "login-address">;
export type Context = { request: Request; set: { headers: Record<string, string | number | undefined> } };
type Asked = Context & { query: Record<string, string | undefined> };
type Counted = keyof typeof policies;
type State<Name = PolicyName> = Reading & { name: Name };

/** Some limits are for some requests of a route only. */
const concerns: Partial<Record<RouteLimit, (context: Asked) => boolean>> = {
	// Reads the first nine characters; `mediaType` refuses long ones.
	upload: ({ request }) => /^multipart/i.test(request.headers.get("content-type") ?? ""),
	search: ({ query }) => Boolean(query.q?.trim()) || query.trending !== undefined,
};

/** Whoever looks after the server asks these: refused, it would restart a server that is only busy. */
export const unlimitedPaths = new Set(["/livez", "/readyz"]);

/**
 * Refuses who asks too often, before it costs anything. Everything counts, by account or address; routes say with
 * `limit: "post"` which further policies are theirs, behind `user` for those that count by account, and before `accepts`.
 * Successful answers of such routes tell how the nearest limit stands, as draft-ietf-httpapi-ratelimit-headers says.
 */
export function limits({ isOn, accountIdOf, clientAddress, server, known, callers, observer, now }: Options) {
	// Apart, so that no flood of addresses makes us forget what accounts did.
	const addresses = meter({ most: room.addresses, now });
	const accounts = meter({ most: room.accounts, now });
	const guesses = logins(now);

	/** All that come without an address share one; in a server that is who has hung up. */
	const addressOf = (request: Request) => placeOf(clientAddress(request, server()) ?? "");

	/** Only a token that held before makes an account of a caller; until then, and without, it is the address that counts. */
	const accountOf = (request: Request) => callers.get(request)?.id ?? known.userIdOf(request);

	function counterOf(request: Request, name: Counted) {
		const quota: Policy = policies[name];
		const id = quota.per === "address" ? undefined : accountOf(request);
		if (id === undefined && quota.per === "account")
			throw new Error("A limit of accounts stands behind `user` in a route's options.");
		const meter = id === undefined ? addresses : accounts;
		return { meter, quota, key: `${name} ${id ?? addressOf(request)}` };
	}

	function count(request: Request, name: Counted, how: "take" | "look" = "take"): State<Counted> {
		const { meter, quota, key } = counterOf(request, name);
		return { name, ...meter[how](key, quota) };
	}

	function giveBack(request: Request, name: Counted) {
		const { meter, quota, key } = counterOf(request, name);
		meter.giveBack(key, quota);
	}

	/** The policy of everything that this caller does. */
	const commonOf = (request: Request) => (accountOf(request) === undefined ? "address" : "account");

	function refuse({ set }: Context, state: State): never {
		const seconds = Math.max(1, Math.ceil(state.wait / 1000));
		tell(set, [{ ...state, remaining: 0, reset: state.wait }]);
		set.headers["retry-after"] = String(seconds);
		observer.limited(state.name);
		throw new AppError("rate_limited", `That was too often. Try again in ${seconds} s.`);
	}

	function admit(context: Asked, names: Exclude<RouteLimit, "login">[]) {
		const { request, set } = context;
		const taken: State<Counted>[] = [];
		for (const name of names) {
			if (concerns[name]?.(context) === false) continue;
			const state = count(request, name);
			if (state.wait > 0) {
				for (const { name } of taken) giveBack(request, name);
				refuse(context, state);
			}
			taken.push(state);
		}
		if (taken.length > 0) tell(set, [count(request, commonOf(request), "look"), ...taken]);
	}

	const plugin = new Elysia({ name: "http.limit" }).onRequest((context) => {
		const { request, set, path } = context as typeof context & { path: string }; // the types leave it out
		// A page takes a refused preflight for a broken network, and answering one costs as little as refusing it.
		if (!isOn || unlimitedPaths.has(path) || request.method === "OPTIONS") return;
		const state = count(request, commonOf(request));
		if (state.wait > 0) refuse({ request, set }, state);
	});

	const macro = new Elysia({ name: "http.limit.macro" }).macro({
		limit: (names: RouteLimit | RouteLimit[]) => {
			const counted = [names].flat().filter((name) => name !== "login"); // which needs the body: `guess` counts it
			return {
				...(isOn && counted.length > 0 && { transform: (context: Asked) => admit(context, counted) }),
				detail: { "x-limited": true } as object,
			};
		},
	});

	return {
		plugin,
		macro,

		/** What `limit` does, for a route that learns from the body which policy is its own. */
		spend(context: Context, name: "refresh") {
			if (isOn) admit({ ...context, query: {} }, [name]);
		},

		/**
		 * Compares a password, unless it is too early for another guess at this account or from this address. A deleted
		 * account is counted by what was typed: a name may belong to several, and each new one would bring free guesses.
		 */
		async guess<T>(context: Context, { login, isDeleted = false }: Target, compare: () => Promise<T>): Promise<T> {
			if (!isOn) return compare();
			const { request, set } = context;
			const id = isDeleted ? null : await accountIdOf(login.trim());
			const guess = guesses.guess(id === null ? loginKeys.typed(login) : loginKeys.account(id), addressOf(request));
			if ("wait" in guess) return refuse(context, { name: "login", ...guess });
			const state = guess.isHome ? null : count(request, "login-address");
			if (state && state.wait > 0) {
				guess.end("not compared");
				refuse(context, state);
			}
			const end = (result: Result) => {
				const states: State[] = [{ name: "login", ...guess.end(result) }];
				if (state && result !== "wrong") giveBack(request, "login-address");
				if (state) states.push(count(request, "login-address", "look"));
				tell(set, states);
			};
			try {
				const result = await compare();
				end("right");
				return result;
			} catch (error) {
				end(error instanceof AppError && error.code === "unauthenticated" ? "wrong" : "not compared");
				throw error;
			}
		},

		/** The owner of the account proved it from this address. The names are for the time after a deletion. */
		welcome(request: Request, { id, username, email }: { id: string; username: string; email: string }) {
			const keys = [loginKeys.account(id), loginKeys.typed(username), loginKeys.typed(email)];
			if (isOn) guesses.welcome(keys, addressOf(request));
		},

		/** How many entries are kept. */
		size: () => [addresses.size(), accounts.size(), ...guesses.sizes()].reduce((a, b) => a + b),
	};
}
export type Limits = ReturnType<typeof limits>;

/** The account that a password is guessed of. */
type Target = { login: string; isDeleted?: boolean };

/** The keys of the counters of wrong passwords. Username and e-mail address of an account share one; unknown names have their own. */
const loginKeys = {
	account: (id: string) => `account ${id}`,
	typed: (login: string) => `typed ${fold(login.trim())}`,
};

const quotas: Record<PolicyName, Quota> = { ...policies, login: { requests: login.free, seconds: login.longestDelay } };

/** Every policy that concerned a request, and how the one stands that is nearest to its end. */
function tell(set: Context["set"], states: State[]) {
	const share = ({ name, remaining }: State) => remaining / quotas[name].requests;
	const nearest = states.reduce((a, b) => (share(b) < share(a) ? b : a));
	set.headers["ratelimit-policy"] = states
		.map(({ name }) => `"${name}";q=${quotas[name].requests};w=${quotas[name].seconds}`)
		.join(", ");
	set.headers["ratelimit"] = `"${nearest.name}";r=${nearest.remaining};t=${Math.ceil(nearest.reset / 1000)}`;
}
