import { Elysia } from "elysia";
import { addVary } from "./compress";
import type { Header } from "./docs/openapi";

/** Maximum characters of `If-None-Match`, enough for ten tags. A client with a longer one gets the full answer. */
const maxIfNoneMatch = 1024;

/** True when the client has this version already (RFC 9110, 13.1.2). */
export function isKnown({ headers }: Request, etag: string): boolean {
	const known = headers.get("if-none-match");
	if (known === null || known.length > maxIfNoneMatch) return false;
	return known.trim() === "*" || known.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag);
}

const kept: Header[] = ["ETag", "Cache-Control", "Vary"];
const revalidated = new WeakSet<Request>();
export const isRevalidated = (request: Request): boolean => revalidated.has(request);

/** `etag: true` lets clients cache the answer of a GET and revalidate it with `If-None-Match`. */
export const revalidation = new Elysia({ name: "http.revalidate" }).macro({
	etag: {
		beforeHandle: ({ request }) => {
			revalidated.add(request);
		},
		detail: { "x-headers": { 200: kept, 304: kept } } as object,
	},
});

/**
 * Sets the headers of caching. Returns true when the client has this answer, so that the server sends 304.
 * Shared caches may store anonymous responses, never signed-in ones. The tag is a hash of the answer (Bun's wyhash, 64
 * bits), so it changes with the answer. An author who forges a collision harms only readers of their own posts. A compressed
 * answer has other bytes, so its tag is weak (RFC 9110, 8.8.1).
 */
export function revalidate(
	request: Request,
	headers: Record<string, unknown>,
	{ text, isCompressed }: { text: string; isCompressed: boolean },
): boolean {
	const etag = `"${Bun.hash(text).toString(36)}"`;
	headers.etag = isCompressed ? `W/${etag}` : etag;
	headers["cache-control"] = request.headers.has("authorization") ? "private, no-cache" : "public, no-cache";
	addVary(headers, "Authorization");
	return isKnown(request, etag);
}
