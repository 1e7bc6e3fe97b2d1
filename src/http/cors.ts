import { Elysia } from "elysia";
import { origin } from "../core/web-origin";

/** Seconds for which a browser may cache a preflight. Chromium caps it at 7,200. */
const maxAge = "7200";

/** Request headers that a page may send, besides the safelisted ones. */
const allowedHeaders = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Range";

/** Response headers that a page may read, besides the safelisted ones. */
const exposed =
	"Accept-Ranges, Content-Disposition, Content-Range, ETag, Link, Location, " +
	"RateLimit, RateLimit-Policy, Retry-After, X-Request-Id";

/** Maximum distinct origins in the log, so that strangers cannot fill it. */
const maxReported = 100;
/** Maximum characters of a reported origin: a name of 253 (RFC 1035), a scheme and a port. */
const maxOrigin = 300;

type Options = {
	origins: string[];
	/** Called once for each origin with a refused preflight, with advice for the operator. */
	refused: (origin: string, advice: string) => void;
};

/**
 * Lets pages of the given origins call the API from browsers. Without origins, only pages of this server can.
 * It runs first, so pages can read every error. It ignores private network preflights: Chromium asks the user.
 */
export const cors = ({ origins, refused }: Options) => {
	const headersFor = corsHeaders(origins);
	const reported = new Set<string>();
	const report = (refusedOrigin: string) => {
		if (reported.size >= maxReported || reported.has(refusedOrigin)) return;
		if (refusedOrigin.length > maxOrigin || !(refusedOrigin === "null" || origin.test(refusedOrigin))) return; // not from a browser
		reported.add(refusedOrigin);
		const end = reported.size === maxReported ? " The server reports no more origins until the next start." : "";
		refused(refusedOrigin, adviceFor(refusedOrigin, origins) + end);
	};
	return new Elysia({ name: "http.cors" }).onRequest(({ request, set }) => {
		const isPreflight = request.method === "OPTIONS" && request.headers.has("access-control-request-method");
		if (origins.length === 0 && !isPreflight) return;
		const headers = headersFor(request);
		Object.assign(set.headers, headers);
		const sender = request.headers.get("origin");
		if (isPreflight && sender !== null && !("access-control-allow-origin" in headers)) report(sender);
	});
};

/**
 * Makes the headers that let pages of the given origins read an answer. Clients send tokens in a header and not in
 * cookies, so with `*` a page still cannot act as its visitor.
 */
export function corsHeaders(origins: string[]): (request: Request) => Record<string, string> {
	const any = origins.includes("*");
	const allowed = new Set(origins);
	return (request) => {
		const headers: Record<string, string> = {};
		if (allowed.size === 0) return headers;
		if (!any) headers.vary = "Origin";
		const sender = request.headers.get("origin"); // compared as a whole and never parsed
		if (sender === null || !(any || allowed.has(sender))) return headers;
		headers["access-control-allow-origin"] = any ? "*" : sender;
		headers["access-control-expose-headers"] = exposed;
		if (request.method !== "OPTIONS") return headers;
		headers["access-control-allow-methods"] = "GET, HEAD, POST, PUT, PATCH, DELETE";
		headers["access-control-allow-headers"] = allowedHeaders;
		headers["access-control-max-age"] = maxAge;
		return headers;
	};
}

const adviceFor = (sender: string, origins: string[]) =>
	sender === "null"
		? "A page from a file or a sandboxed frame may not call this server. Serve the page from an origin, such as http://localhost:5173, and add it to CORS_ORIGINS."
		: `Pages of ${sender} may not call this server. To allow it, set CORS_ORIGINS=${[...origins, sender].join(",")}`;
