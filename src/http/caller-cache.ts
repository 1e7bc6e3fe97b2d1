import type { Caller } from "../core/caller";
import { maxTokenLength } from "../core/tokens";
import { table } from "./rate-limit/bounded-map";

/** Milliseconds for which the cache keeps a token. */
const cacheMs = 60_000;

/** Maximum characters of `Authorization`. The server ignores a longer header; other schemes than Bearer are shorter. */
export const maxAuthorization = maxTokenLength + "Bearer ".length;

/** The bearer token of a request; undefined without a well-formed one. */
export function bearerOf({ headers }: Request): string | undefined {
	const header = headers.get("authorization") ?? "";
	return header.length > maxAuthorization ? undefined : /^bearer +(\S+)$/i.exec(header)?.[1];
}

/**
 * Remembers the account of each valid token for one minute, so that counting requests costs no query. It authorizes nothing.
 * A lookup does not extend the minute, so that a revoked token is soon forgotten.
 */
export function createCallerCache(now: () => Date) {
	const owners = table<{ userId: string; until: number }>(10_000);

	return {
		/** Stores the result of a token check. */
		learn(token: string, caller: Caller | null) {
			if (!caller) return void owners.delete(token);
			const until = now().getTime() + cacheMs;
			const owner = owners.get(token);
			if (owner) owner.until = until;
			else owners.set(token, { userId: caller.id, until });
		},

		userIdOf(request: Request): string | undefined {
			const token = bearerOf(request);
			const owner = token ? owners.get(token) : undefined;
			return owner && owner.until > now().getTime() ? owner.userId : undefined;
		},
	};
}
export type CallerCache = ReturnType<typeof createCallerCache>;
