import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, statSync, writeSync } from "node:fs";
import { OperatorError } from "../../core/errors";

const chunkBytes = 256 * 1024;

/** Size and hash of a file of lines. */
export type Written = { lines: number; bytes: number; sha256: string };

/** Writes a new file of JSON lines with mode 0600. Throws when the file exists. */
export function lineWriter(path: string) {
	const file = openSync(path, "wx", 0o600);
	const hasher = new Bun.CryptoHasher("sha256");
	let pending = "";
	let [lines, bytes] = [0, 0];
	const flush = () => {
		const chunk = Buffer.from(pending);
		for (let done = 0; done < chunk.length; ) done += writeSync(file, chunk, done);
		hasher.update(chunk);
		bytes += chunk.length;
		pending = "";
	};
	return {
		add(value: object) {
			pending += `${JSON.stringify(value)}\n`;
			lines++;
			if (pending.length >= chunkBytes) flush();
		},
		end(): Written {
			flush();
			return { lines, bytes, sha256: hasher.digest("hex") };
		},
		close: () => closeSync(file),
	};
}

/**
 * Opens a regular file for reading. Refuses symbolic links, which could lead out of the folder. Throws OperatorError for a
 * missing file or one of another kind.
 */
function openRegularFile(path: string): { file: number; bytes: number } {
	let file: number;
	try {
		file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
	} catch (error) {
		const { code = "" } = error as NodeJS.ErrnoException;
		if (code === "ENOENT" || code === "ENOTDIR") throw new OperatorError(`There is no file ${path}.`);
		throw new OperatorError(`${path} cannot be read as a regular file (${code}).`);
	}
	const found = fstatSync(file);
	if (found.isFile()) return { file, bytes: found.size };
	closeSync(file);
	throw new OperatorError(`${path} is not a regular file.`);
}

/** Throws OperatorError unless `path` is a folder. Accepts a symbolic link to one only with `mayBeLink`. */
export function checkFolder(path: string, { mayBeLink = false } = {}) {
	const found = (mayBeLink ? statSync : lstatSync)(path, { throwIfNoEntry: false });
	if (!found) throw new OperatorError(`The folder ${path} does not exist.`);
	if (!found.isDirectory()) throw new OperatorError(`${path} is not a folder.`);
}

type Line = { line: number; text: string };
type Rules = {
	maxLineBytes: number;
	/** Creates the error for a line that cannot be read. */
	refuse: (line: number, why: string) => Error;
};

/** Splits chunks into lines. Holds at most one line in memory. */
export function lineSplitter({ maxLineBytes, refuse }: Rules) {
	const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
	let rest = Buffer.alloc(0);
	let lines = 0;
	return {
		/** Yields the lines that end in a chunk. After the last of them, the caller may overwrite the chunk. */
		*split(chunk: Buffer): Generator<Line> {
			let from = 0;
			for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
				lines++;
				const line = rest.length > 0 ? Buffer.concat([rest, chunk.subarray(from, end)]) : chunk.subarray(from, end);
				rest = Buffer.alloc(0);
				from = end + 1;
				if (line.length > maxLineBytes) throw refuse(lines, `it is longer than ${maxLineBytes} bytes`);
				let text: string;
				try {
					text = decoder.decode(line);
				} catch {
					throw refuse(lines, "it is not UTF-8");
				}
				yield { line: lines, text };
			}
			rest = Buffer.concat([rest, chunk.subarray(from)]);
			if (rest.length > maxLineBytes) throw refuse(lines + 1, `it is longer than ${maxLineBytes} bytes`);
		},
		/** Returns the number of lines. */
		end(): number {
			if (rest.length > 0) throw refuse(lines + 1, "it is incomplete");
			return lines;
		},
	};
}

/** Reads a file line by line, and returns its size and hash at the end. */
export function* readLines(path: string, rules: Rules): Generator<Line, Written> {
	const { file } = openRegularFile(path);
	try {
		const hasher = new Bun.CryptoHasher("sha256");
		const buffer = Buffer.alloc(chunkBytes);
		const { split, end } = lineSplitter(rules);
		let bytes = 0;
		for (let size = readSync(file, buffer); size > 0; size = readSync(file, buffer)) {
			const chunk = buffer.subarray(0, size);
			hasher.update(chunk);
			bytes += size;
			yield* split(chunk);
		}
		return { lines: end(), bytes, sha256: hasher.digest("hex") };
	} finally {
		closeSync(file);
	}
}

/** Reads a whole file. Throws OperatorError for more than `largest` bytes. */
export function readSmallFile(path: string, largest: number): Uint8Array<ArrayBuffer> {
	const { file, bytes } = openRegularFile(path);
	try {
		if (bytes > largest) throw new OperatorError(`${path} is larger than ${largest} bytes.`);
		const whole = Buffer.alloc(bytes);
		let done = 0;
		for (let size = 1; done < bytes && size > 0; done += size) size = readSync(file, whole, done, bytes - done, done);
		return whole.subarray(0, done) as Uint8Array<ArrayBuffer>;
	} finally {
		closeSync(file);
	}
}
