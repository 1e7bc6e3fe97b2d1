import { Elysia } from "elysia";

/** How long a browser may remember the answer to a preflight, in seconds. Chromium caps it at 7,200. */
const maxAge = "7200";

/** What pages may read besides what browsers show them anyway. */
const exposed = "Link, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id";

/**
 * Lets pages of the given origins call the API from browsers; with none, no page of another origin can.
 * Tokens travel in a header and not in cookies, so `*` never lets a foreign page act as its visitor.
 */
export const cors = (origins: string[]) => {
	const any = origins.includes("*");
	const allowed = new Set(origins);
	return new Elysia({ name: "http.cors" }).onRequest(({ request, set }) => {
		if (allowed.size === 0) return;
		if (!any) set.headers.vary = "Origin";
		const origin = request.headers.get("origin"); // compared as a whole and never parsed
		if (origin === null || !(any || allowed.has(origin))) return;
		set.headers["access-control-allow-origin"] = any ? "*" : origin;
		set.headers["access-control-expose-headers"] = exposed;
		if (request.method !== "OPTIONS") return;
		set.headers["access-control-allow-methods"] = "GET, HEAD, POST, PATCH, DELETE";
		set.headers["access-control-allow-headers"] = "Authorization, Content-Type";
		set.headers["access-control-max-age"] = maxAge;
	});
};
