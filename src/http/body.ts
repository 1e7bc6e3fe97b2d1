import { Elysia } from "elysia";
import { AppError, invalid } from "../errors";

/** Longest JSON or form body, in bytes. */
const maxBytes = 64 * 1024;
/** Deepest nesting of a JSON body. Deeper ones cost validators and printers far more than their size. */
const maxDepth = 32;
/** How long a body may take to arrive, in milliseconds: a slow sender holds a socket no longer than this. */
const deadline = 20_000;
const tooSlow = new AppError("malformed", `The body took longer than ${deadline / 1000} seconds.`);
/** What all bodies that are still arriving may hold together, in bytes; past it the server is busy. */
const maxHeldBytes = 32 * 1024 * 1024;

const json = "application/json";
const form = "application/x-www-form-urlencoded";

/**
 * What a route reads its body from: `accepts: "json"`, or `"json or form"` where OAuth2 clients call. It stands behind
 * `user` in a route's options, so that a stranger gets 401 before a byte of the body is read. A route that does not
 * declare it reads no body at all.
 */
export const body = new Elysia({ name: "http.body" }).macro({
	accepts: (kinds: "json" | "json or form") => {
		const types = kinds === "json" ? [json] : [json, form];
		return {
			parse: () => null, // keeps Elysia's own parsers away, which know no limits
			transform: async (context) => {
				try {
					context.body = await readBody(context.request, types);
				} catch (error) {
					// Of a body that may never end, the rest would go on holding the socket. Of one with a known length it is
					// skipped: a proxy that is still sending would take a closed connection for a broken server.
					if (error === tooSlow || !context.request.headers.has("content-length"))
						context.set.headers.connection = "close";
					throw error;
				}
			},
			detail: { "x-accepts": types } as object,
		};
	},
});

async function readBody(request: Request, types: string[]): Promise<unknown> {
	if (request.body === null) throw new AppError("malformed", "A body is missing.");
	const type = mediaType(request.headers.get("content-type"));
	if (!types.includes(type) || request.headers.has("content-encoding"))
		throw new AppError("unsupported_media", `The body must be ${types.join(" or ")}, in UTF-8 and not compressed.`);
	const text = await readText(request);
	return type === json ? parseJson(text) : parseForm(text);
}

/** Empty for a missing type and for one in another character set. */
function mediaType(header: string | null): string {
	const [type = "", ...parameters] = (header ?? "").toLowerCase().split(";");
	const charset = parameters.map((p) => p.trim()).find((p) => p.startsWith("charset="));
	return charset && !/^charset="?utf-?8"?$/.test(charset) ? "" : type.trim();
}

let heldBytes = 0;

/** Never holds more than the limit in memory, whatever `Content-Length` says or leaves out. */
async function readText(request: Request): Promise<string> {
	const tooLarge = () => new AppError("too_large", `The body must be at most ${maxBytes} bytes.`);
	if (Number(request.headers.get("content-length")) > maxBytes) throw tooLarge();
	const reader = (request.body as ReadableStream<Uint8Array>).getReader();
	let late = false;
	let bytes = 0;
	const timer = setTimeout(() => {
		late = true;
		void reader.cancel();
	}, deadline);
	try {
		const decoder = new TextDecoder("utf-8", { fatal: true });
		let text = "";
		for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
			bytes += chunk.value.length;
			heldBytes += chunk.value.length;
			if (bytes > maxBytes) throw tooLarge();
			if (heldBytes > maxHeldBytes) throw new AppError("busy", "Too much is arriving at once. Try again shortly.");
			text += decoder.decode(chunk.value, { stream: true });
		}
		if (late) throw tooSlow;
		return text + decoder.decode();
	} catch (error) {
		void reader.cancel().catch(() => {}); // the rest is of no use
		if (error instanceof AppError) throw error;
		throw new AppError("malformed", "The body was cut short, or is not UTF-8.");
	} finally {
		heldBytes -= bytes;
		clearTimeout(timer);
	}
}

function parseJson(text: string): unknown {
	let depth = 0;
	let quoted = false;
	for (let i = 0; i < text.length; i++) {
		const character = text.charCodeAt(i);
		if (quoted) {
			if (character === 0x5c) i++;
			else if (character === 0x22) quoted = false;
		} else if (character === 0x22) quoted = true;
		else if (character === 0x7b || character === 0x5b) {
			if (++depth > maxDepth) throw new AppError("malformed", `The body is nested deeper than ${maxDepth} levels.`);
		} else if (character === 0x7d || character === 0x5d) depth--;
	}
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		throw new AppError("malformed", "The body is not JSON.");
	}
	// Elysia's normalising would take a list for an empty object.
	if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid("", "Must be an object.");
	return value;
}

/** RFC 6749 forbids a parameter to come twice; which one counts would be a guess. */
function parseForm(text: string): Record<string, string> {
	const fields = [...new URLSearchParams(text)];
	if (new Set(fields.map(([name]) => name)).size < fields.length)
		throw new AppError("malformed", "The body has a field more than once.");
	return Object.fromEntries(fields);
}
