import { Elysia } from "elysia";
import { AppError, invalid } from "../core/errors";
import { asForm } from "./form";

/** Longest JSON or form body, in bytes; the text fields of a form with a picture may be as long. */
export const maxTextBytes = 64 * 1024;
/** Deepest nesting of a JSON body. Deeper ones cost validators and printers far more than their size. */
const maxDepth = 32;
/** Milliseconds for a text to arrive, so that a slow sender cannot keep a socket longer. */
const deadlineMs = 20_000;
/** Maximum bytes of all texts that are arriving. Beyond it the server answers `busy`. */
const maxHeldBytes = 32 * 1024 * 1024;

export const json = "application/json";
export const form = "application/x-www-form-urlencoded";
const kinds = { json: [json], form: [form], "json or form": [json, form] };

/**
 * `accepts` names the types of body that a route reads: `"json"`, `"json or form"`, or `"form"` for OAuth2 clients. It follows
 * `permission` in the options of a route, so an anonymous caller gets 401 before the server reads the body. A route
 * without it reads no body.
 */
export const body = new Elysia({ name: "http.body" }).macro({
	accepts: (kind: keyof typeof kinds) => {
		const types = kinds[kind];
		return bodyHooks(types, ({ request }) => readText(request, typeOf(request, types)));
	},
});

type Connections = { timeout(request: Request, seconds: number): void };
type Context = { request: Request; body: unknown; server: Connections | null };

/** Hooks for a route that reads its body only with `read`. `types` are for the OpenAPI document. */
export const bodyHooks = (types: string[], read: (context: Context) => Promise<unknown>) => ({
	parse: () => null, // disables Elysia's own parsers, which have no limits
	transform: async (context: Context) => {
		context.body = await read(context);
	},
	detail: { "x-accepts": types } as object,
});

/** The media type of a body, one of `types`. Throws `malformed` where there is no body, and `unsupported_media`. */
export function typeOf(request: Request, types: string[]): string {
	if (request.body === null) throw new AppError("malformed", "The request needs a body.");
	const type = mediaType(request.headers.get("content-type"));
	if (!types.includes(type) || request.headers.has("content-encoding"))
		throw new AppError("unsupported_media", `The body must be ${types.join(" or ")}, in UTF-8 and not compressed.`);
	return type;
}

/** Characters of `Content-Type`. A form's has about 70; RFC 2046 lets its boundary be 70 at most. */
const maxContentType = 256;

/** The media type in lower case. Empty for a missing or too long type, and for a character set other than UTF-8. */
function mediaType(header: string | null): string {
	if (header !== null && header.length > maxContentType) return "";
	const [type = "", ...parameters] = (header ?? "").toLowerCase().split(";");
	const charset = parameters.map((p) => p.trim()).find((p) => p.startsWith("charset="));
	return charset && !/^charset="?utf-?8"?$/.test(charset) ? "" : type.trim();
}

/** The body did not arrive before the deadline. */
export class TooSlow extends AppError {
	constructor(milliseconds: number) {
		super("malformed", `The body took longer than ${milliseconds / 1000} seconds.`);
	}
}

/** `Content-Length` in bytes; undefined without the header, infinite for more than 15 digits. */
export function contentLength({ headers }: Request): number | undefined {
	const header = headers.get("content-length");
	if (header === null) return undefined;
	return /^\d{1,15}$/.test(header) ? Number(header) : Number.POSITIVE_INFINITY;
}

type Limits = { maxBytes: number; deadlineMs: number };

/**
 * Passes a body to `take` piece by piece. Counts the bytes itself, since `Content-Length` can be wrong or missing.
 * Throws `too_large`, or `malformed` for a body that is incomplete or misses the deadline.
 */
export async function receive(
	request: Request,
	{ maxBytes, deadlineMs }: Limits,
	take: (piece: Uint8Array) => void | Promise<void>,
) {
	const tooLarge = () => new AppError("too_large", `The body must be at most ${maxBytes} bytes.`);
	if ((contentLength(request) ?? 0) > maxBytes) throw tooLarge();
	const reader = (request.body as ReadableStream<Uint8Array>).getReader();
	let late = false;
	let bytes = 0;
	const timer = setTimeout(() => {
		late = true;
		void reader.cancel().catch(() => {}); // the pending read reports the end
	}, deadlineMs);
	const read = () =>
		reader.read().catch(() => {
			throw new AppError("malformed", "The body was cut short.");
		});
	try {
		for (let piece = await read(); !piece.done; piece = await read()) {
			bytes += piece.value.length;
			if (bytes > maxBytes) throw tooLarge();
			await take(piece.value);
		}
		if (late) throw new TooSlow(deadlineMs);
	} catch (error) {
		void reader.cancel().catch(() => {}); // the server needs no more of the body
		throw error;
	} finally {
		clearTimeout(timer);
	}
}

let heldBytes = 0;

/** Counts the text of a body while it arrives. `add` throws `busy` when all bodies together exceed `maxHeldBytes`. */
export function countText() {
	let bytes = 0;
	return {
		add(more: number) {
			bytes += more;
			heldBytes += more;
			if (heldBytes > maxHeldBytes)
				throw new AppError("busy", "The server is receiving too much at once. Try again shortly.");
		},
		[Symbol.dispose]() {
			heldBytes -= bytes;
		},
	};
}

/** Reads a body of JSON or of an urlencoded form. */
export async function readText(request: Request, type: string): Promise<unknown> {
	const decoder = new TextDecoder("utf-8", { fatal: true });
	let text = "";
	using held = countText();
	try {
		await receive(request, { maxBytes: maxTextBytes, deadlineMs }, (piece) => {
			held.add(piece.length);
			text += decoder.decode(piece, { stream: true });
		});
		text += decoder.decode();
	} catch (error) {
		throw error instanceof AppError ? error : new AppError("malformed", "The body is not UTF-8.");
	}
	return type === json ? parseJson(text) : parseForm(text);
}

/** Turns CR LF and CR into LF: forms and Windows send CR LF. */
export const unixLines = (text: string) => (text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text);

/** Keeps passwords as they are. */
const withUnixLines = (name: string, value: unknown) =>
	typeof value === "string" && !name.endsWith("password") ? unixLines(value) : value;

/** Throws `malformed` for JSON that is nested too deeply, before the parser runs. */
function limitDepth(text: string) {
	let depth = 0;
	for (let i = 0; i < text.length; i++) {
		const character = text.charCodeAt(i);
		if (character === 0x22) i = endOfString(text, i);
		else if (character === 0x7b || character === 0x5b) {
			if (++depth > maxDepth) throw new AppError("malformed", `The body is nested deeper than ${maxDepth} levels.`);
		} else if (character === 0x7d || character === 0x5d) depth--;
	}
}

/** The index of the closing quote, or the length of the text. */
function endOfString(text: string, start: number): number {
	for (let i = start + 1; i < text.length; i++) {
		const character = text.charCodeAt(i);
		if (character === 0x5c) i++;
		else if (character === 0x22) return i;
	}
	return text.length;
}

function parseJson(text: string): unknown {
	limitDepth(text);
	let value: unknown;
	try {
		value = JSON.parse(text, text.includes("\\r") || text.includes("\\u000") ? withUnixLines : undefined);
	} catch {
		throw new AppError("malformed", "The body is not JSON.");
	}
	if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid("", "Must be an object.");
	return value;
}

/** RFC 6749 forbids repeated parameters. The server refuses them in every form, since it cannot know which one counts. */
function parseForm(text: string): Record<string, string> {
	const fields = [...new URLSearchParams(text)];
	if (new Set(fields.map(([name]) => name)).size < fields.length)
		throw new AppError("malformed", "The body has a field more than once.");
	return asForm(Object.fromEntries(fields));
}
