import { bytesOf, type Read } from "./reader";

/** The offset of the data of a segment, and its declared length in bytes. */
export type Segment = { marker: number; at: number; length: number };

const bytesPerRead = 256 * 1024;

/**
 * Yields the segments of a JPEG as libjpeg finds them: it skips scan data and stray bytes. It continues to the end of the
 * file; the caller checks for the end marker, 0xd9.
 */
export async function* markersOf(read: Read): AsyncGenerator<Segment> {
	for (let at = 2; ; ) {
		const found = await nextMarker(read, at);
		if (!found) return;
		at = found.at + 2;
		if (found.marker === 0x01) continue; // TEM has no length
		const hasLength = found.marker !== 0xd8 && found.marker !== 0xd9;
		const size = hasLength ? await read(at, 2) : undefined;
		if (size && size.byteLength < 2) return;
		const length = size ? size.getUint16(0) : 2;
		yield { marker: found.marker, at: at + 2, length: Math.max(0, length - 2) };
		at += size ? Math.max(2, length) : 0;
	}
}

/** Finds the next 0xff that is neither data (a zero follows) nor a restart marker. */
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
		at += bytes.length - 1; // a marker may start with the last byte
	}
}
