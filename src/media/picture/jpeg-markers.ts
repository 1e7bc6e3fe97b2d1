import { bytesOf, type Read } from "./reader";

/** The place of a segment's data, and how many bytes it should have. */
export type Segment = { marker: number; at: number; length: number };

const bytesPerRead = 256 * 1024;

/**
 * The segments of a JPEG in their order, as libjpeg finds them: it passes over the data of scans, and over bytes that
 * belong to nothing. It ends with the file; the end marker, 0xd9, is the caller's to heed.
 */
export async function* markersOf(read: Read): AsyncGenerator<Segment> {
	for (let at = 2; ; ) {
		const found = await nextMarker(read, at);
		if (!found) return;
		at = found.at + 2;
		if (found.marker === 0x01) continue; // it has no length
		const hasLength = found.marker !== 0xd8 && found.marker !== 0xd9;
		const size = hasLength ? await read(at, 2) : undefined;
		if (size && size.byteLength < 2) return;
		const length = size ? size.getUint16(0) : 2;
		yield { marker: found.marker, at: at + 2, length: Math.max(0, length - 2) };
		at += size ? Math.max(2, length) : 0;
	}
}

/** The next 255 that is followed by neither zero, as in data, nor the number of a restart marker. */
async function nextMarker(read: Read, at: number): Promise<{ marker: number; at: number } | undefined> {
	for (;;) {
		const bytes = bytesOf(await read(at, bytesPerRead));
		for (let i = bytes.indexOf(0xff); i >= 0 && i + 1 < bytes.length; ) {
			const marker = bytes[i + 1] ?? 0;
			if (marker === 0xff) i++;
			else if (marker === 0 || (marker & 0xf8) === 0xd0) i = bytes.indexOf(0xff, i + 2);
			else return { marker, at: at + i };
		}
		if (bytes.length < bytesPerRead) return undefined;
		at += bytes.length - 1; // a marker may begin with the last byte
	}
}
