import type { Database } from "bun:sqlite";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** Offsets and lengths in bytes: https://sqlite.org/fileformat2.html#the_write_ahead_log */
const headerBytes = 32;
const frameHeaderBytes = 24;
const pageSizeOffset = 8;
const saltOffset = 16;
const frameSaltOffset = 8;

/** The WAL file on the disk. */
export type WalFile = {
	/** Random in a new file, and incremented by each restart. Null when SQLite cannot read the header. */
	salt: number | null;
	/** Pages written since the last restart, whether or not SQLite can read them. */
	frames: number;
};

/** Reads the frame headers of a WAL, 24 bytes a page. Null when the file is missing or empty. */
export const scanWal = (path: string): WalFile | null => withFile(path, scan);

/** Reads only the salt. Null without a WAL, and as in `WalFile`. */
export const saltOf = (path: string): number | null =>
	withFile(path, (file) => headerOf(file)?.readUInt32BE(saltOffset) ?? null);

function withFile<T>(path: string, read: (file: number) => T): T | null {
	let file: number;
	try {
		file = openSync(path, "r");
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
		throw error;
	}
	try {
		return read(file);
	} finally {
		closeSync(file);
	}
}

function scan(file: number): WalFile | null {
	const { size } = fstatSync(file);
	if (size === 0) return null;
	const header = headerOf(file);
	if (header === null) return { salt: null, frames: 0 };
	const pageSize = header.readUInt32BE(pageSizeOffset);
	const frame = Buffer.alloc(frameHeaderBytes);
	let frames = 0;
	// After a restart, frames of the earlier round remain at the end. They have other salts.
	for (let at = headerBytes; at + frameHeaderBytes + pageSize <= size; at += frameHeaderBytes + pageSize) {
		readSync(file, frame, 0, frameHeaderBytes, at);
		if (frame.compare(header, saltOffset, saltOffset + 8, frameSaltOffset, frameSaltOffset + 8) === 0) frames++;
	}
	return { salt: header.readUInt32BE(saltOffset), frames };
}

/** Null when SQLite cannot read the header. */
function headerOf(file: number): Buffer | null {
	const header = Buffer.alloc(headerBytes);
	readSync(file, header, 0, headerBytes, 0);
	const pageSize = header.readUInt32BE(pageSizeOffset);
	const isPageSize = pageSize >= 512 && pageSize <= 65_536 && (pageSize & (pageSize - 1)) === 0;
	const isWal = (header.readUInt32BE(0) & 0xfffffffe) >>> 0 === 0x377f0682;
	return isWal && isPageSize ? header : null;
}

/**
 * Begins a WAL by writing page 1 unchanged. The first write fsyncs the header, so no request waits for that later. It also
 * gives the file its salt.
 */
export const beginWal = (client: Pick<Database, "run">) => client.run("PRAGMA user_version = 0");

/** Number of pages in the WAL that SQLite can read; 0 without a WAL. */
export const readableFrames = (client: Pick<Database, "query">): number =>
	Math.max(0, client.query<{ log: number }, []>("PRAGMA wal_checkpoint(NOOP)").get()?.log ?? 0);
