import type { Database } from "bun:sqlite";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** Offsets and lengths in bytes: https://sqlite.org/fileformat2.html#the_write_ahead_log */
const headerBytes = 32;
const frameHeaderBytes = 24;
const pageSizeOffset = 8;
const saltOffset = 16;
const frameSaltOffset = 8;

/** A write-ahead log (WAL) as it lies on the disk. */
export type WalFile = {
	/** Random when the file was made, and one more after each reset. Null when SQLite cannot read the header. */
	salt: number | null;
	/** Pages that were written since the last reset, whether SQLite can read them or not. */
	frames: number;
};

/** Reads the headers in a WAL, 24 bytes a page; null when there is none, or an empty one. */
export const scanWal = (path: string): WalFile | null => withFile(path, scan);

/** The salt alone, at one read; null as in `WalFile`, and without a WAL. */
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
	// Pages of an earlier round stay behind those of this one, with other salts.
	for (let at = headerBytes; at + frameHeaderBytes + pageSize <= size; at += frameHeaderBytes + pageSize) {
		readSync(file, frame, 0, frameHeaderBytes, at);
		if (frame.compare(header, saltOffset, saltOffset + 8, frameSaltOffset, frameSaltOffset + 8) === 0) frames++;
	}
	return { salt: header.readUInt32BE(saltOffset), frames };
}

/** Null when SQLite cannot read it. */
function headerOf(file: number): Buffer | null {
	const header = Buffer.alloc(headerBytes);
	readSync(file, header, 0, headerBytes, 0);
	const pageSize = header.readUInt32BE(pageSizeOffset);
	const isPageSize = pageSize >= 512 && pageSize <= 65_536 && (pageSize & (pageSize - 1)) === 0;
	const isWal = (header.readUInt32BE(0) & 0xfffffffe) >>> 0 === 0x377f0682;
	return isWal && isPageSize ? header : null;
}

/**
 * Begins a WAL by writing page 1 unchanged. The first writer into a WAL fsyncs its header, which requests should not wait
 * for; and from then on the file has a salt to recognize it by.
 */
export const beginWal = (client: Pick<Database, "run">) => client.run("PRAGMA user_version = 0");

/** Pages in the WAL that SQLite can read; 0 when the database has no WAL. */
export const readableFrames = (client: Pick<Database, "query">): number =>
	Math.max(0, client.query<{ log: number }, []>("PRAGMA wal_checkpoint(NOOP)").get()?.log ?? 0);
