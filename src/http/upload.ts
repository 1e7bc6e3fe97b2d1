import { once } from "node:events";
import { type FileHandle, mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { BusboyFileStream as FileStream } from "@fastify/busboy";
import { Elysia } from "elysia";
import type { Caller } from "../core/caller";
import { AppError, diskError, invalid } from "../core/errors";
import type { Callers } from "./auth";
import { bodyHooks, countText, json, maxTextBytes, readText, receive, typeOf, unixLines } from "./body";
import { asForm, multipart } from "./form";

/** Deadline for a picture to arrive, in milliseconds: 10 MiB over a line of 300 kbit/s. */
const deadlineMs = 5 * 60_000;
/** Idle timeout of an upload, in place of the usual 30 seconds: earlier pictures may have to be processed first. */
const idleTimeoutSeconds = 255;
/** Maximum parts of a form, headers of a part, and bytes of headers and text fields. */
const limits = { parts: 32, headerPairs: 16, headerSize: 8 * 1024, fieldSize: maxTextBytes };

type Options = {
	callers: Callers;
	/** Folder of pictures during their upload; created when it is missing. */
	directory: string;
	/** Bytes of a picture. */
	maxBytes: number;
	/** Called at the first byte of a picture. Returns a function to call after the answer. Throws if the caller may not upload now. */
	admit: (caller: Caller) => Promise<() => void>;
	/** Receives the error when a picture cannot be deleted after the answer. The daily sweep deletes it. */
	failed: (error: unknown) => void;
};

/**
 * `acceptsPicture: "avatar"` lets a route read JSON, or a form that may have a picture in the part of that name. It follows
 * `permission` in the options of the route. The server writes a picture to the disk while it arrives, so that many at once take
 * no memory, and deletes it after the answer.
 */
export const uploads = ({ callers, directory, maxBytes, admit, failed }: Options) => {
	const ends = new WeakMap<Request, () => Promise<void>>();

	const readForm = (request: Request, field: string) => {
		const path = join(directory, crypto.randomUUID());
		let leave = () => {};
		let opening: Promise<FileHandle> | undefined;
		const openFile = async () => {
			leave = await admit(callers.get(request) as Caller);
			await mkdir(directory, { recursive: true, mode: 0o700 });
			return open(path, "wx", 0o600);
		};
		// Runs after the answer and no caller awaits it, so each step has its own `catch`. No file opens after it.
		ends.set(request, async () => {
			opening ??= Promise.reject(new Error("The form was answered."));
			const file = await opening.catch(() => undefined);
			leave();
			if (!file) return;
			await file.close().catch(failed);
			await rm(path, { force: true }).catch(failed);
		});
		const file = () => {
			opening ??= openFile();
			return opening;
		};
		return parseForm(request, { field, file, maxBytes }, () => Bun.file(path));
	};

	return new Elysia({ name: "http.uploads" }).macro({
		acceptsPicture: (field: string) => {
			const types = [json, multipart];
			return {
				...bodyHooks(types, async ({ request, server }) => {
					const type = typeOf(request, types);
					if (type === json) return readText(request, type);
					server?.timeout(request, idleTimeoutSeconds);
					return readForm(request, field);
				}),
				afterResponse: ({ request }: { request: Request }) => ends.get(request)?.(),
			};
		},
	});
};
/** Deletes what a crash left of pictures that were arriving `before`. */
export async function clearIncoming(directory: string, before: Date) {
	for (const name of await readdir(directory).catch(() => [])) {
		const path = join(directory, name);
		const found = await stat(path).catch(() => null);
		if (found?.isFile() && found.mtime < before) await rm(path, { force: true });
	}
}

/** `file` opens the file for the picture of the form, which comes in the part `field`. */
type Part = { field: string; file: () => Promise<FileHandle>; maxBytes: number };

/** Stands for a file in a field that takes none. */
const notText = new Blob();

/**
 * The fields of a form: text, but for `field`, which goes into a file and becomes what `written` returns.
 * Browsers send a part without a name and without bytes if the user chose no file: it counts as left out.
 */
async function parseForm(request: Request, part: Part, written: () => Blob): Promise<object> {
	const { field, maxBytes } = part;
	const parser = await parserOf(request, part);
	const fields = new Map<string, unknown>();
	const pictures: { stream: FileStream; saved: Promise<void> }[] = [];
	let isUnchosen = false;
	let hasReplacement = false;
	let tail = Buffer.alloc(0);
	let textBytes = 0;
	using held = countText();
	const add = (name: string, value: unknown) => {
		if (fields.has(name)) throw new AppError("malformed", "The form has a field more than once.");
		fields.set(name, value);
	};
	const save = async (stream: FileStream, name: string) => {
		for await (const chunk of stream) await (await part.file()).writeFile(chunk);
		if (stream.bytesRead > 0) add(field, written());
		else if (name === "") isUnchosen = true;
		else throw invalid(`/${field}`, "The file is empty.");
	};
	// Errors of events reject this promise, for the caller that awaits it.
	const finished = new Promise<void>((resolve, reject) => {
		const refuse = (code: "malformed" | "too_large", detail: string) => reject(new AppError(code, detail));
		const attempt = (work: () => void) => {
			try {
				work();
			} catch (error) {
				reject(error);
			}
		};
		parser.on("field", (name = "", value, _, truncated) => {
			textBytes += value.length;
			if (truncated || textBytes > maxTextBytes)
				refuse("too_large", `The text of a form must be at most ${maxTextBytes} bytes.`);
			if (value.includes(replacement) && !hasReplacement) refuse("malformed", "The text of the form is not UTF-8.");
			attempt(() => {
				held.add(value.length);
				if (name === charsetField) requireUtf8(value);
				// A form has no null. An empty text removes a picture, as it clears other fields.
				else add(name, name === field && value === "" ? null : unixLines(value));
			});
		});
		parser.on("file", (name = "", stream, filename = "") => {
			stream.once("limit", () => refuse("too_large", `A picture must be at most ${maxBytes} bytes.`));
			stream.on("error", reject); // the parser removes its own listener after a failure
			if (name !== field) {
				stream.resume();
				return attempt(() => add(name, notText));
			}
			if (pictures.some(({ stream }) => stream.bytesRead > 0))
				refuse("malformed", "The form has more than one picture.");
			const saved = save(stream, filename);
			saved.catch(reject);
			pictures.push({ stream, saved });
		});
		parser.on("partsLimit", () => refuse("malformed", `The form has more than ${limits.parts} parts.`));
		parser.on("error", () => refuse("malformed", "The form is incomplete or not valid."));
		parser.on("finish", resolve);
	});
	finished.catch(() => {}); // awaited later, or never if the body fails first

	try {
		await receive(request, { maxBytes: maxBytes + maxTextBytes, deadlineMs }, async (piece) => {
			const bytes = bytesOf(piece);
			const seam = Buffer.concat([tail, bytes.subarray(0, replacementBytes.length - 1)]);
			hasReplacement ||= bytes.includes(replacementBytes) || seam.includes(replacementBytes);
			tail = Buffer.concat([tail, bytes.subarray(-2)]).subarray(-2);
			const isTaken = parser.write(piece);
			await Promise.race([finished, isTaken ? undefined : once(parser, "drain")]);
		});
		parser.end();
		await finished;
		for (const { saved } of pictures) await saved;
	} catch (error) {
		for (const { stream } of pictures) stream.destroy();
		parser.destroy();
		throw diskError(error);
	}
	if (fields.size === 0)
		throw isUnchosen ? invalid(`/${field}`, "No file was chosen.") : invalid("", "Must have at least one field.");
	return asForm(Object.fromEntries(fields), { picture: field });
}

/** The parser puts this character in place of invalid UTF-8. Valid text can contain it, but then its bytes do too. */
const replacement = "\ufffd";
const replacementBytes = Buffer.from(replacement);
const bytesOf = ({ buffer, byteOffset, length }: Uint8Array) => Buffer.from(buffer, byteOffset, length);

/** Browsers fill a hidden field of this name with the encoding of the form. */
const charsetField = "_charset_";
function requireUtf8(charset: string) {
	if (!/^utf-?8$/i.test(charset)) throw invalid(`/${charsetField}`, "Must be UTF-8.");
}

async function parserOf(request: Request, { field, maxBytes }: Part) {
	// Imported at the first picture, to keep the start of the server fast.
	const { Busboy } = await import("@fastify/busboy");
	try {
		return new Busboy({
			headers: { "content-type": request.headers.get("content-type") ?? "" },
			limits: { ...limits, fileSize: maxBytes },
			// RFC 7578, 4.2 and 4.4: the name of a file is optional, and a part without a type is text.
			isPartAFile: (name, type, filename) => filename !== undefined || (name === field && !type?.startsWith("text/")),
		});
	} catch {
		throw new AppError("malformed", "The Content-Type of the form has no boundary.");
	}
}
