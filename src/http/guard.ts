import { Elysia } from "elysia";
import { AppError } from "../core/errors";
import { isHost } from "../core/web-origin";
import type { Outside } from "./outside";

/**
 * Runs first for every request: sets its id and the headers of every answer, and refuses a malformed `Host`. Routing reads
 * the URL, and a malformed `Host` would become part of it.
 */
export const guard = ({ outside, requestId }: { outside: Outside; requestId: (request: Request) => string }) => {
	return new Elysia({ name: "http.guard" })
		.headers({
			"x-content-type-options": "nosniff",
			"referrer-policy": "no-referrer",
			// Answers depend on the caller, and some contain tokens. Cacheable answers override this header.
			"cache-control": "no-store",
		})
		.onRequest(({ request, set }) => {
			set.headers["x-request-id"] = requestId(request);
			const name = request.headers.get("host");
			if (name !== null && !isHost(name)) throw new AppError("malformed", "The Host header is not a valid host.");
			if (!outside.isServed(request, name))
				throw new AppError("malformed", "This server does not accept this host name.");
		});
};
