import { Elysia } from "elysia";
import { json } from "./body";
import type { Header } from "./openapi";

/** Whether the client has what it asks for already (RFC 9110, 13.1.2). */
export function isKnown({ headers }: Request, etag: string): boolean {
	const known = headers.get("if-none-match");
	return (
		known !== null && (known.trim() === "*" || known.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag))
	);
}

const kept: Header[] = ["ETag", "Cache-Control", "Vary"];

/**
 * `revalidates: true` lets clients keep the answer of a GET and ask whether it still holds, which saves sending it. Proxies
 * may keep what strangers get. The tag is a hash of the answer (Bun's wyhash, 64 bits): nobody has to remember to change it
 * with something that an answer shows. Whoever makes two posts with one hash only fools those who read them.
 */
export const revalidation = new Elysia({ name: "http.revalidate" }).macro({
	revalidates: {
		mapResponse: ({ request, responseValue, set }) => {
			if (responseValue instanceof Response) return; // a failure
			const text = JSON.stringify(responseValue);
			const etag = `"${Bun.hash(text).toString(36)}"`;
			const { headers } = set;
			headers.etag = etag;
			headers["cache-control"] = request.headers.has("authorization") ? "private, no-cache" : "public, no-cache";
			headers.vary = headers.vary ? `${headers.vary}, Authorization` : "Authorization";
			if (isKnown(request, etag)) return new Response(null, { status: 304 });
			headers["content-type"] = `${json};charset=utf-8`;
			return text as unknown as Response; // which the framework makes of it, without going over the headers again
		},
		detail: { "x-headers": { 200: kept, 304: kept } } as object,
	},
});
