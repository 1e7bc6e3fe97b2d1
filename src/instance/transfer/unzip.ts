import { crc32 } from "node:zlib";

/** Bytes of the directory of an archive: half a million files. */
const largestDirectory = 64 * 1024 ** 2;
const pieceSize = 256 * 1024;

/** A file of an archive, as its directory has it. */
export type ZipEntry = { name: string; bytes: number; packed: number; method: number; crc: number; at: number };

/** The ZIP cannot be read. The caller adds the file name to the message. */
export class BadZip extends Error {}

const signature = {
	end: 0x06054b50,
	end64: 0x06064b50,
	locator64: 0x07064b50,
	directory: 0x02014b50,
	file: 0x04034b50,
};
const sizes = { end: 22, locator64: 20, end64: 56, directory: 46, file: 30 };
const method = { stored: 0, deflated: 8 };

const cut = () => new BadZip("it is no ZIP, or one that is cut short");

async function read(zip: Blob, at: number, length: number): Promise<DataView> {
	if (at < 0 || length < 0 || at + length > zip.size) throw cut();
	const buffer = await zip.slice(at, at + length).arrayBuffer();
	if (buffer.byteLength !== length) throw cut();
	return new DataView(buffer);
}

/** Files of an archive by its directory, the only part that is trusted. Throws BadZip. */
export async function entriesOf(zip: Blob): Promise<ZipEntry[]> {
	const { count, length, at } = await directoryOf(zip);
	if (length > largestDirectory) throw new BadZip("it has too many files");
	const view = await read(zip, at, length);
	const entries: ZipEntry[] = [];
	let from = 0;
	for (let i = 0; i < count; i++) {
		if (from + sizes.directory > length || view.getUint32(from, true) !== signature.directory) throw cut();
		const [nameLength, extraLength, commentLength] = [28, 30, 32].map((at) => view.getUint16(from + at, true)) as [
			number,
			number,
			number,
		];
		const extraAt = from + sizes.directory + nameLength;
		const end = extraAt + extraLength + commentLength;
		if (end > length) throw cut();
		if (view.getUint16(from + 8, true) & 1) throw new BadZip("it is encrypted");
		const [bytes, packed, start] = sized(view, from, { extraAt, extraLength });
		entries.push({
			name: new TextDecoder().decode(new Uint8Array(view.buffer, extraAt - nameLength, nameLength)),
			bytes,
			packed,
			method: view.getUint16(from + 10, true),
			crc: view.getUint32(from + 16, true),
			at: start,
		});
		from = end;
	}
	return entries;
}

const most32 = 0xffffffff;

/** Sizes that do not fit stand in the extra field of ZIP64, in this order and only those. */
function sized(view: DataView, from: number, { extraAt, extraLength }: { extraAt: number; extraLength: number }) {
	const short = [24, 20, 42].map((at) => view.getUint32(from + at, true));
	let at = extraAt;
	for (const end = extraAt + extraLength; at + 4 <= end; at += 4 + view.getUint16(at + 2, true))
		if (view.getUint16(at, true) === 1) break;
	at += 4;
	return short.map((size) => {
		if (size !== most32) return size;
		if (at + 8 > extraAt + extraLength) throw cut();
		at += 8;
		return number64(view, at - 8);
	}) as [number, number, number];
}

function number64(view: DataView, at: number): number {
	const value = view.getBigUint64(at, true);
	if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw cut();
	return Number(value);
}

/** How many files the directory has, and where it is. A comment may stand behind it. */
async function directoryOf(zip: Blob): Promise<{ count: number; length: number; at: number }> {
	const from = Math.max(0, zip.size - sizes.end - 0xffff);
	const tail = await read(zip, from, zip.size - from);
	let end = tail.byteLength - sizes.end;
	while (end >= 0 && tail.getUint32(end, true) !== signature.end) end--;
	if (end < 0) throw cut();
	const found = {
		count: tail.getUint16(end + 10, true),
		length: tail.getUint32(end + 12, true),
		at: tail.getUint32(end + 16, true),
	};
	const locator = end - sizes.locator64;
	if (locator < 0 || tail.getUint32(locator, true) !== signature.locator64) return found;
	const view = await read(zip, number64(tail, locator + 8), sizes.end64);
	if (view.getUint32(0, true) !== signature.end64) throw cut();
	return { count: number64(view, 32), length: number64(view, 40), at: number64(view, 48) };
}

/**
 * The content of a file of an archive, piece by piece: exactly as many bytes as the directory states. Throws BadZip.
 */
export async function* contentOf(zip: Blob, { at, bytes, packed, ...entry }: ZipEntry): AsyncGenerator<Buffer> {
	const head = await read(zip, at, sizes.file);
	if (head.getUint32(0, true) !== signature.file) throw cut();
	const start = at + sizes.file + head.getUint16(26, true) + head.getUint16(28, true);
	if (start + packed > zip.size) throw cut();
	const pieces = inPieces(zip.slice(start, start + packed));
	let [crc, done] = [0, 0];
	for await (const piece of unpacked(pieces, entry.method)) {
		done += piece.length;
		if (done > bytes) throw new BadZip(`${printable(entry.name)} has more in it than it says`);
		crc = crc32(piece, crc);
		yield piece;
	}
	if (done !== bytes || crc !== entry.crc) throw new BadZip(`${printable(entry.name)} is damaged`);
}

async function* inPieces(blob: Blob): AsyncGenerator<Uint8Array<ArrayBuffer>> {
	for (let at = 0; at < blob.size; at += pieceSize) yield blob.slice(at, at + pieceSize).bytes();
}

async function* unpacked(pieces: AsyncGenerator<Uint8Array<ArrayBuffer>>, how: number): AsyncGenerator<Buffer> {
	if (how !== method.stored && how !== method.deflated)
		throw new BadZip("it is packed in a way that is not known here");
	if (how === method.stored) {
		for await (const piece of pieces) yield Buffer.from(piece);
		return;
	}
	const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
		async pull(controller) {
			const { value, done } = await pieces.next();
			if (done) controller.close();
			else controller.enqueue(value);
		},
	});
	const reader = source.pipeThrough(new DecompressionStream("deflate-raw")).getReader();
	try {
		for (;;) {
			const { value, done } = await reader.read().catch(() => {
				throw new BadZip("it is damaged");
			});
			if (done) return;
			yield Buffer.from(value);
		}
	} finally {
		await reader.cancel().catch(() => {});
	}
}

/** A name out of an archive may be anything. */
const printable = (name: string) => name.replace(/\p{C}/gu, "\u{fffd}").slice(0, 60);
