import { type ClientAddress, rateLimitKey, type Server } from "../../core/address";
import type { Callers } from "../auth";
import type { CallerCache } from "../caller-cache";
import { meter, type Reading } from "./gcra";
import { maxEntries, type Policy, policies } from "./policies";

type Options = {
	clientAddress: ClientAddress;
	server: () => Server | null;
	callerCache: CallerCache;
	callers: Callers;
	now: () => Date;
};

type Counted = keyof typeof policies;
/** A policy, and the state of its quota for one caller. */
export type State<Name extends string = string> = Reading & { name: Name };

/** Counts requests by account or by address, as each policy says. */
export function requestCounter({ clientAddress, server, callerCache, callers, now }: Options) {
	// Two tables, so that a flood of addresses never pushes accounts out.
	const addresses = meter({ most: maxEntries.addresses, now });
	const accounts = meter({ most: maxEntries.accounts, now });

	/** Requests without an address share one key. In a server those are closed connections. */
	const addressOf = (request: Request) => rateLimitKey(clientAddress(request, server()) ?? "");

	/** The account of a token that was valid before. Until then, and without a token, the address counts. */
	const accountOf = (request: Request) => callers.get(request)?.id ?? callerCache.userIdOf(request);

	function counterOf(request: Request, name: Counted) {
		const quota: Policy = policies[name];
		const id = quota.per === "address" ? undefined : accountOf(request);
		if (id === undefined && quota.per === "account")
			throw new Error("A limit by account must follow `permission` in the options of a route.");
		const meter = id === undefined ? addresses : accounts;
		return { meter, quota, key: `${name} ${id ?? addressOf(request)}` };
	}

	function read(request: Request, name: Counted, how: "take" | "look"): State<Counted> {
		const { meter, quota, key } = counterOf(request, name);
		return { name, ...meter[how](key, quota) };
	}

	return {
		addressOf,
		/** Counts a request, unless it has to wait. */
		take: (request: Request, name: Counted) => read(request, name, "take"),
		look: (request: Request, name: Counted) => read(request, name, "look"),
		/** Undoes a `take`. */
		giveBack(request: Request, name: Counted) {
			const { meter, quota, key } = counterOf(request, name);
			meter.giveBack(key, quota);
		},
		/** The policy of all requests of this caller together. */
		commonPolicy: (request: Request) => (accountOf(request) === undefined ? "address" : "account"),
		size: () => addresses.size() + accounts.size(),
	};
}
export type RequestCounter = ReturnType<typeof requestCounter>;
