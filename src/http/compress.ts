type Body = string | Uint8Array<ArrayBuffer>;

/** Codings in the order of preference: zstd takes less CPU time and fewer bytes. Both at level 1. */
const codings = {
	zstd: (body: Body) => Bun.zstdCompressSync(body, { level: 1 }) as Uint8Array<ArrayBuffer>,
	gzip: (body: Body) => Bun.gzipSync(body, { level: 1, library: "libdeflate" }),
};
export type Coding = keyof typeof codings;

/** Answers up to this many bytes stay uncompressed: they fit into one packet either way. */
const maxPlainBytes = 1024;
/** Characters of `Accept-Encoding`; those of browsers have 23. The server ignores a longer one. */
const maxAcceptEncoding = 256;
/** One entry: a coding, and its weight from 0 to 1. */
const entry = /^[ \t]*([a-z0-9*-]+)[ \t]*(?:;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)[ \t]*)?$/;

/** The coding that a client prefers (RFC 9110, 12.5.3). `*` means gzip, which is the most common coding. */
export function codingFor({ headers }: Request): Coding | null {
	const accepted = headers.get("accept-encoding");
	if (accepted === null || accepted.length > maxAcceptEncoding) return null;
	const weights = new Map<string, number>();
	for (const item of accepted.toLowerCase().split(",")) {
		const [, name, weight = "1"] = entry.exec(item) ?? [];
		if (name) weights.set(name, Number(weight));
	}
	const zstd = weights.get("zstd") ?? 0;
	const gzip = weights.get("gzip") ?? weights.get("x-gzip") ?? weights.get("*") ?? 0;
	const best = Math.max(zstd, gzip);
	if (best === 0 || best < (weights.get("identity") ?? 0)) return null;
	return zstd === best ? "zstd" : "gzip";
}

/**
 * Answers with tokens and one-time links stay uncompressed. Their compressed length would tell an eavesdropper which part of a secret
 * equals text that the eavesdropper chose (BREACH).
 */
const secrets = /^\/(?:auth|oauth|invites)(?:\/|$)|\/reset-link\/?$/;

export type Context = { request: Request; set: { headers: Record<string, unknown> } };

/** Finds the coding for an answer, and tells caches that the answer depends on it. Null for an uncompressed answer. */
export function negotiate({ request, path, set }: Context & { path: string }, text: string): Coding | null {
	if (text.length <= maxPlainBytes && Buffer.byteLength(text) <= maxPlainBytes) return null;
	if (secrets.test(path)) return null;
	addVary(set.headers, "Accept-Encoding");
	return codingFor(request);
}

/**
 * Runs in the event loop: 0.1 ms for a page of 20. A page of 100 takes at most 4 ms (zstd) or 15 ms (gzip). Source:
 * test/bench/compression.ts. In threads, a queue of large answers would have no bound.
 */
export function compress(coding: Coding, text: string, headers: Record<string, unknown>): Uint8Array {
	const bytes = codings[coding](text);
	headers["content-encoding"] = coding;
	return bytes;
}

/** Adds the name of a request header to `Vary`. */
export function addVary(headers: Record<string, unknown>, name: string) {
	headers.vary = headers.vary ? `${headers.vary}, ${name}` : name;
}

/** Serves a constant. Compresses it once for each coding, at the first request. */
export function unchanging(load: () => Promise<Body>, headers: Record<string, string>) {
	const compressed: Partial<Record<Coding, Uint8Array<ArrayBuffer>>> = {};
	return async ({ request, set }: Context): Promise<Response | null> => {
		addVary(set.headers, "Accept-Encoding");
		const coding = codingFor(request);
		if (coding === null) return null;
		compressed[coding] ??= codings[coding](await load());
		return new Response(compressed[coding], { headers: { ...headers, "content-encoding": coding } });
	};
}
