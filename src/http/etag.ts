import { Elysia } from "elysia";
import { addVary } from "./compress";
import type { Header } from "./docs/openapi";

/** Characters of `If-None-Match`, for some ten tags. With a longer one the answer is sent in full, which is never wrong. */
const maxIfNoneMatch = 1024;

/** Whether the client has what it asks for already (RFC 9110, 13.1.2). */
export function isKnown({ headers }: Request, etag: string): boolean {
	const known = headers.get("if-none-match");
	if (known === null || known.length > maxIfNoneMatch) return false;
	return known.trim() === "*" || known.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag);
}

const kept: Header[] = ["ETag", "Cache-Control", "Vary"];
const revalidated = new WeakSet<Request>();
export const isRevalidated = (request: Request): boolean => revalidated.has(request);

/** `etag: true` lets clients keep the answer of a GET and ask whether it still holds, which saves sending it. */
export const revalidation = new Elysia({ name: "http.revalidate" }).macro({
	etag: {
		beforeHandle: ({ request }) => {
			revalidated.add(request);
		},
		detail: { "x-headers": { 200: kept, 304: kept } } as object,
	},
});

/**
 * Says how long an answer may be kept, and whether the client has this one: then there is nothing to send. Proxies may keep
 * what strangers get. The tag is a hash of the answer (Bun's wyhash, 64 bits): nobody has to remember to change it with
 * something that an answer shows. Whoever makes two posts with one hash only fools those who read them.
 * A compressed answer has other bytes, so its tag is weak (RFC 9110, 8.8.1); `If-None-Match` takes both for the same.
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
