import { Readable } from "node:stream";
import { crc32 } from "node:zlib";
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from "yauzl";

const maxEntries = 500_000;
const chunkBytes = 256 * 1024;

/** A file of an archive, as the central directory describes it. `packed` is its compressed size in bytes. */
export type ZipEntry = { name: string; bytes: number; packed: number; crc: number; open: () => Promise<Readable> };

/** The ZIP cannot be read. The caller adds the file name to the message. */
export class ZipError extends Error {}

class BlobReader extends RandomAccessReader {
	private buffered = new Uint8Array();
	private bufferedAt = 0;
	constructor(private readonly blob: Blob) {
		super();
	}

	/** Reads ahead, because yauzl reads the directory in small steps. */
	override read(buffer: Buffer, offset: number, length: number, position: number, done: (error: Error | null) => void) {
		const end = position + length;
		if (position >= this.bufferedAt && end <= this.bufferedAt + this.buffered.length) {
			buffer.set(this.buffered.subarray(position - this.bufferedAt, end - this.bufferedAt), offset);
			return done(null);
		}
		const read = this.blob.slice(position, Math.max(end, position + chunkBytes)).bytes();
		read.then((bytes) => {
			[this.buffered, this.bufferedAt] = [bytes, position];
			if (bytes.length < length) return done(new Error("The archive ends too early."));
			buffer.set(bytes.subarray(0, length), offset);
			done(null);
		}, done);
	}

	override _readStreamForRange(start: number, end: number): Readable {
		return Readable.from(chunksOf(this.blob.slice(start, end)), { objectMode: false });
	}
}

async function* chunksOf(blob: Blob): AsyncGenerator<Uint8Array> {
	for (let at = 0; at < blob.size; at += chunkBytes) yield blob.slice(at, at + chunkBytes).bytes();
}

/** Lists the files from the central directory. Throws ZipError. */
export async function entriesOf(zip: Blob): Promise<ZipEntry[]> {
	const options = { autoClose: false, lazyEntries: true, decodeStrings: false, validateEntrySizes: false };
	try {
		const file = await fromRandomAccessReaderPromise(new BlobReader(zip), zip.size, options);
		if (file.entryCount > maxEntries) throw new ZipError("it has too many files");
		const entries: ZipEntry[] = [];
		for await (const entry of file.eachEntry()) {
			if (entry.isEncrypted()) throw new ZipError("it is encrypted");
			const { fileNameRaw, uncompressedSize: bytes, compressedSize: packed, crc32: crc } = entry;
			const name = new TextDecoder().decode(fileNameRaw);
			entries.push({ name, bytes, packed, crc, open: () => streamOf(file, entry) });
		}
		return entries;
	} catch (error) {
		throw error instanceof ZipError ? error : new ZipError("it is not a ZIP, or incomplete");
	}
}

async function streamOf(file: ZipFile, entry: Entry): Promise<Readable> {
	const [stored, deflated] = [0, 8];
	if (entry.compressionMethod !== stored && entry.compressionMethod !== deflated)
		throw new ZipError("it uses an unsupported compression method");
	return file.openReadStreamPromise(entry);
}

/** Yields the content of a file in chunks. Throws ZipError when its size or CRC differs from the directory. */
export async function* readEntry({ open, name, bytes, crc }: ZipEntry): AsyncGenerator<Buffer> {
	let [found, done] = [0, 0];
	try {
		for await (const piece of (await open()) as AsyncIterable<Buffer>) {
			done += piece.length;
			if (done > bytes) throw new ZipError(`${printable(name)} is longer than the directory says`);
			found = crc32(piece, found);
			yield piece;
		}
	} catch (error) {
		throw error instanceof ZipError ? error : new ZipError("it is damaged");
	}
	if (done !== bytes || found !== crc) throw new ZipError(`${printable(name)} is damaged`);
}

/** Replaces control characters: a name in an archive may contain any. */
const printable = (name: string) => name.replace(/\p{C}/gu, "\u{fffd}").slice(0, 60);
