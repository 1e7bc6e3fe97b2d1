import type { Database } from "bun:sqlite";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** What a write-ahead log is like that somebody left: https://sqlite.org/fileformat2.html#the_write_ahead_log */
export type Left =
	| { state: "missing" | "empty" | "unreadable" }
	| {
			state: "log";
			/** Chosen at random when the log was made, and one more each time that it was begun anew. */
			salt: number;
			/** How far it can be read, in whole commits, in bytes. */
			end: number;
			/** Whole commits behind that, which cannot be reached. */
			behind: number;
	  };

/** How far a log goes in whole commits, in bytes; and which log, by its salt. */
export type Extent = { log: number; bytes: number };

/** The salt of a log which is in use; null while nothing is in it. */
export const saltOf = (path: string): number | null => numberIn(path, salts);

/**
 * Begins a log by a change that tells whether it has come into the database: each has a number of its own, which is kept in
 * the head of the file, as its `user_version`. Whoever writes first into a log also has its head synced.
 */
export function beginLog(client: Pick<Database, "query" | "run">) {
	client.run(`PRAGMA user_version = ${(generationOf(client) + 1) & 0x7fffffff}`);
}

export const generationOf = (client: Pick<Database, "query">): number =>
	client.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;

/**
 * The generation that has come into a database file. Only while nobody in this process has it open: closing any descriptor of
 * a file gives up all locks that SQLite has on it.
 */
export const generationIn = (path: string): number | null => numberIn(path, 60);

function numberIn(path: string, at: number): number | null {
	const file = openSync(path, "r");
	try {
		const bytes = Buffer.alloc(4);
		return readSync(file, bytes, 0, 4, at) < 4 ? null : bytes.readUInt32BE(0);
	} finally {
		closeSync(file);
	}
}

export const headerSize = 32;
const frameHeaderSize = 24;
/** Where in the header of a log, and of a frame, the size of a page, the salts and the checksums are. */
const [headerPageSize, salts, frameSalts, frameChecksum] = [8, 16, 8, 16];

/**
 * Reads a log as far as it goes. SQLite reads it up to the first page that is not as it was written, and takes what is behind
 * it for what a power cut left, which it mostly is; but then no whole commit is behind it.
 */
export function readLog(path: string): Left {
	let file: number;
	try {
		file = openSync(path, "r");
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return { state: "missing" };
		throw error;
	}
	try {
		return read(file);
	} finally {
		closeSync(file);
	}
}

function read(file: number): Left {
	const { size } = fstatSync(file);
	const header = Buffer.alloc(headerSize);
	if (size === 0) return { state: "empty" };
	if (size < headerSize || readSync(file, header, 0, headerSize, 0) < headerSize) return { state: "unreadable" };
	const magic = header.readUInt32BE(0);
	const pageSize = header.readUInt32BE(headerPageSize);
	const isPageSize = pageSize >= 512 && pageSize <= 65_536 && (pageSize & (pageSize - 1)) === 0;
	if ((magic & 0xfffffffe) >>> 0 !== 0x377f0682 || !isPageSize) return { state: "unreadable" };
	const sum = magic & 1 ? sumOf("readUInt32BE") : sumOf("readUInt32LE");
	let [a, b] = sum(header, 0, 24, 0, 0);
	if (a !== header.readUInt32BE(24) || b !== header.readUInt32BE(28)) return { state: "unreadable" };

	const frame = Buffer.alloc(frameHeaderSize + pageSize);
	let [end, behind, isBroken] = [headerSize, 0, false];
	for (let at = headerSize; at + frame.length <= size; at += frame.length) {
		if (readSync(file, frame, 0, frame.length, at) < frame.length) break;
		[a, b] = sum(frame, 0, 8, a, b);
		[a, b] = sum(frame, frameHeaderSize, frame.length, a, b);
		const told = [frame.readUInt32BE(frameChecksum), frame.readUInt32BE(frameChecksum + 4)] as const;
		if (!isOfLog(frame, 0, header) || told[0] !== a || told[1] !== b) isBroken = true;
		else if (isCommit(frame, 0) && isBroken) behind++;
		else if (isCommit(frame, 0)) end = at + frame.length;
		[a, b] = told; // so that what follows a broken page can be told from what was never written
	}
	return { state: "log", salt: header.readUInt32BE(salts), end, behind };
}

/** Bytes that are read at once by who follows a log: the writes of two or three posts. */
const followedAtOnce = 128 * 1024;

/**
 * Follows the log in a file as it grows, and gives its extent. Reads no more than what has come since the last time; and
 * since SQLite wrote that a moment ago, it only looks where commits end.
 */
export function follow(file: number): () => Extent {
	const [header, frames] = [Buffer.alloc(headerSize), Buffer.allocUnsafe(followedAtOnce)];
	let extent: Extent = { log: 0, bytes: 0 };

	function goOn() {
		const size = frameHeaderSize + header.readUInt32BE(headerPageSize);
		const whole = frames.length - (frames.length % size);
		for (let next = extent.bytes; ; ) {
			const read = readSync(file, frames, 0, whole, next);
			for (let at = 0; at + size <= read; at += size) {
				if (!isOfLog(frames, at, header)) return;
				next += size;
				if (isCommit(frames, at)) extent = { log: extent.log, bytes: next };
			}
			if (read < whole) return;
		}
	}

	return () => {
		const before = extent;
		if (extent.bytes > 0) goOn();
		if (extent !== before) return extent;
		if (readSync(file, header, 0, headerSize, 0) < headerSize) return { log: 0, bytes: 0 };
		const log = header.readUInt32BE(salts);
		if (log === extent.log) return extent;
		extent = { log, bytes: headerSize };
		goOn();
		return extent;
	};
}

const isOfLog = (frames: Buffer, at: number, header: Buffer) =>
	frames.compare(header, salts, salts + 8, at + frameSalts, at + frameSalts + 8) === 0;

/** The last page of a commit says how many pages the database has then. */
const isCommit = (frames: Buffer, at: number) => frames.readUInt32BE(at + 4) > 0;

/** The log's checksum of bytes, which goes on from another one. */
function sumOf(read: "readUInt32BE" | "readUInt32LE") {
	return (bytes: Buffer, from: number, to: number, a: number, b: number): [number, number] => {
		let [x, y] = [a, b];
		for (let at = from; at < to; at += 8) {
			x = (x + bytes[read](at) + y) >>> 0;
			y = (y + bytes[read](at + 4) + x) >>> 0;
		}
		return [x, y];
	};
}
