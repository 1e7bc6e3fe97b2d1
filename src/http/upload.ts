import { once } from "node:events";
import { type FileHandle, mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { Elysia } from "elysia";
import type { Caller } from "../auth/store";
import { AppError, diskError } from "../errors";
import type { Callers } from "./auth";
import { bodyHooks, json, maxTextBytes, readText, receive, typeOf } from "./body";
import { asForm, multipart } from "./form";

/** How long a picture may take to arrive, in milliseconds: 10 MiB over a line of 300 kbit/s. */
const deadline = 5 * 60_000;
/** Seconds that an upload may be silent: others before it may have to be worked on first. Usually it is 30. */
const patience = 255;
/** Parts of a form that are looked at, and their headers. */
const limits = { parts: 32, headerPairs: 16, headerSize: 8 * 1024, fieldSize: maxTextBytes };

type Options = {
	callers: Callers;
	/** Where pictures are kept while they arrive; made when there is none. */
	directory: string;
	/** Bytes of a picture. */
	maxBytes: number;
	/** Asked before anything is read; gives what to call when the picture has gone. Throws when the caller may send none now. */
	admit: (caller: Caller) => Promise<() => void>;
	/** Told of a picture that could not be deleted after the answer; the daily sweep deletes it. */
	failed: (error: unknown) => void;
};

/**
 * What a route reads its body from that takes a picture: `acceptsPicture: "avatar"` is JSON, or a form with the picture in
 * the part of that name. It stands behind `user` in a route's options. A picture goes to the disk as it comes, so that
 * many at once take no memory, and is deleted after the answer.
 */
export const uploads = ({ callers, directory, maxBytes, admit, failed }: Options) => {
	const ends = new WeakMap<Request, () => Promise<void>>();

	const readForm = async (request: Request, field: string) => {
		const leave = await admit(callers.get(request) as Caller);
		const path = join(directory, crypto.randomUUID());
		let file: FileHandle | undefined;
		// Runs after the answer, when nothing waits for it: so each step has its own `catch`.
		ends.set(request, async () => {
			leave();
			await file?.close().catch(failed);
			await rm(path, { force: true }).catch(failed);
		});
		await mkdir(directory, { recursive: true, mode: 0o700 });
		file = await open(path, "wx", 0o600);
		return parseForm(request, { field, file, maxBytes }, () => Bun.file(path));
	};

	return new Elysia({ name: "http.uploads" }).macro({
		acceptsPicture: (field: string) => {
			const types = [json, multipart];
			return {
				...bodyHooks(types, async ({ request, server }) => {
					const type = typeOf(request, types);
					if (type === json) return readText(request, type);
					server?.timeout(request, patience);
					return readForm(request, field);
				}),
				afterResponse: ({ request }: { request: Request }) => ends.get(request)?.(),
			};
		},
	});
};
export type Uploads = ReturnType<typeof uploads>;

/** Deletes what a crash left of pictures that were arriving `before`. */
export async function clearIncoming(directory: string, before: Date) {
	for (const name of await readdir(directory).catch(() => [])) {
		const path = join(directory, name);
		const found = await stat(path).catch(() => null);
		if (found?.isFile() && found.mtime < before) await rm(path, { force: true });
	}
}

type Part = { field: string; file: FileHandle; maxBytes: number };

/** The fields of a form: text, but for `field`, which goes into the file and is what `written` makes of it, unless it is empty. */
async function parseForm(request: Request, { field, file, maxBytes }: Part, written: () => Blob): Promise<object> {
	const parser = await parserOf(request, { field, maxBytes });
	const fields = new Map<string, unknown>();
	const pictures: { stream: Readable; saved: Promise<void> }[] = [];
	let textBytes = 0;
	// Errors that come with events are kept for whoever waits.
	const finished = new Promise<void>((resolve, reject) => {
		const refuse = (code: "malformed" | "too_large", detail: string) => reject(new AppError(code, detail));
		const add = (name: string, value: unknown) => {
			if (fields.has(name)) refuse("malformed", "The form has a field more than once.");
			fields.set(name, value);
		};
		parser.on("field", (name, value, _, truncated) => {
			textBytes += value.length;
			if (truncated || textBytes > maxTextBytes)
				refuse("too_large", `The text of a form must be at most ${maxTextBytes} bytes.`);
			add(name, value);
		});
		parser.on("file", (name, stream) => {
			if (pictures.length > 0) refuse("malformed", "The form has more than one picture.");
			stream.once("limit", () => refuse("too_large", `A picture must be at most ${maxBytes} bytes.`));
			stream.on("error", reject); // once the file failed, nothing else listens
			const saved = file.writeFile(stream).then(() => {
				if (stream.bytesRead > 0) add(name, written()); // a form in which nobody chose a file has an empty one
			});
			saved.catch(reject);
			pictures.push({ stream, saved });
		});
		parser.on("partsLimit", () => refuse("malformed", `The form has more than ${limits.parts} parts.`));
		parser.on("error", () => refuse("malformed", "The form is cut short, or not one."));
		parser.on("finish", resolve);
	});
	finished.catch(() => {}); // it is waited for later, or not at all when the body fails first

	try {
		await receive(request, { maxBytes: maxBytes + maxTextBytes, deadline }, async (piece) => {
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
	return asForm(Object.fromEntries(fields));
}

async function parserOf(request: Request, { field, maxBytes }: Omit<Part, "file">) {
	// Here and not above: most servers that start are sent no picture for a while.
	const { Busboy } = await import("@fastify/busboy");
	try {
		return new Busboy({
			headers: { "content-type": request.headers.get("content-type") ?? "" },
			limits: { ...limits, fileSize: maxBytes },
			isPartAFile: (name) => name === field,
		});
	} catch {
		throw new AppError("malformed", "The Content-Type of the form has no boundary.");
	}
}
