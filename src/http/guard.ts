import { Elysia } from "elysia";
import { AppError } from "../errors";

/** A host name, IPv4 or bracketed IPv6 address, with a port or without. */
const host = /^(?:[a-z0-9][a-z0-9._-]*|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;
/** Characters of `Host`: a name of 253 (RFC 1035) and a port. */
const maxHost = 253 + ":65535".length;

/**
 * What holds for every request, before anything else looks at it: an id, the headers that every answer carries, and a
 * `Host` that is one. A made-up `Host` would otherwise become part of the URL that routing reads.
 */
export const guard = ({
	allowedHosts,
	requestId,
}: {
	allowedHosts: string[];
	requestId: (request: Request) => string;
}) => {
	const allowed = new Set(allowedHosts);
	return new Elysia({ name: "http.guard" })
		.headers({
			"x-content-type-options": "nosniff",
			"referrer-policy": "no-referrer",
			// Answers depend on who asks, and some carry tokens. What may be kept says so itself.
			"cache-control": "no-store",
		})
		.onRequest(({ request, set }) => {
			set.headers["x-request-id"] = requestId(request);
			const name = request.headers.get("host");
			if (name !== null && (name.length > maxHost || !host.test(name)))
				throw new AppError("malformed", "The Host header is not a host.");
			if (allowed.size > 0 && !allowed.has(hostname(name)))
				throw new AppError("malformed", "This host is not served here.");
		});
};

const hostname = (host: string | null) => (host ?? "").toLowerCase().replace(/:\d+$/, "");
