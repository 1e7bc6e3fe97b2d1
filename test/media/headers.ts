import { crc32 } from "node:zlib";

// Pictures that are little more than a header: what they claim to be is all that counts.

export function png(width: number, height: number, ...more: Buffer[]) {
	const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
	header.writeUInt32BE(width, 0);
	header.writeUInt32BE(height, 4);
	const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
	return Buffer.concat([signature, pngChunk("IHDR", header), ...more, pngChunk("IDAT"), pngChunk("IEND")]);
}

export function pngChunk(kind: string, data: Uint8Array = Buffer.alloc(0)) {
	const chunk = Buffer.concat([Buffer.alloc(4), Buffer.from(kind, "latin1"), data, Buffer.alloc(4)]);
	chunk.writeUInt32BE(data.length, 0);
	chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), chunk.length - 4);
	return chunk;
}

/** Makes the checksums right again, which would otherwise have a changed PNG refused before it is looked at. */
export function reseal(png: Buffer) {
	for (let at = 8, end = 0; at + 12 <= png.length; at = end) {
		end = at + 12 + png.readUInt32BE(at);
		if (end <= png.length) png.writeUInt32BE(crc32(png.subarray(at + 4, end - 4)), end - 4);
	}
}

/** `frame` is the second byte of the marker SOF, `inScan` the number of components in the first scan. */
export function jpeg(width: number, height: number, frame: number, components = 3, inScan = components, bits = 8) {
	const ids = Array.from({ length: components }, (_, i) => i + 1);
	const size = [height >> 8, height & 255, width >> 8, width & 255];
	return Buffer.concat([
		Buffer.from([0xff, 0xd8]),
		segment(frame, [bits, ...size, components, ...ids.flatMap((id) => [id, 0x11, 0])]),
		segment(0xda, [inScan, ...ids.slice(0, inScan).flatMap((id) => [id, 0]), 0, 63, 0]),
		Buffer.from([0xff, 0xd9]),
	]);
}

export const segment = (marker: number, data: Uint8Array | number[]) =>
	Buffer.from([0xff, marker, (data.length + 2) >> 8, (data.length + 2) & 255, ...data]);

export function gif(width: number, height: number) {
	const size = Buffer.alloc(4);
	size.writeUInt16LE(width, 0);
	size.writeUInt16LE(height, 2);
	const palette = [0x80, 0, 0, 0, 0, 0, 255, 255, 255];
	const image = [0x2c, 0, 0, 0, 0, ...size, 0, 2, 2, 0x4c, 1, 0, 0x3b];
	return Buffer.from([...Buffer.from("GIF89a"), ...size, ...palette, ...image]);
}

type Frame = { left: number; top: number; width: number; height: number };

/** A GIF of one frame, whose pixels are 0 (white), 1 (red), 2 (blue) or 3 (black); 0 is transparent if asked for. */
export function gifOf(canvas: [number, number], frame: Frame, pixels: number[], transparent = false) {
	const numbers = (...values: number[]) => values.flatMap((value) => [value & 255, value >> 8]);
	const palette = [255, 255, 255, 255, 0, 0, 0, 0, 255, 0, 0, 0];
	const control = transparent ? [0x21, 0xf9, 4, 1, 0, 0, 0, 0] : [];
	const place = numbers(frame.left, frame.top, frame.width, frame.height);
	// The table is cleared before every second pixel, so that codes keep 3 bits.
	const codes = [...pixels.flatMap((pixel, i) => (i % 2 ? [pixel] : [4, pixel])), 5];
	const bits = codes.flatMap((code) => [code & 1, (code >> 1) & 1, code >> 2]);
	const data = Array.from({ length: Math.ceil(bits.length / 8) }, (_, i) =>
		bits.slice(i * 8, i * 8 + 8).reduce((byte, bit, j) => byte | (bit << j), 0),
	);
	const blocks = Array.from({ length: Math.ceil(data.length / 255) }, (_, i) => data.slice(i * 255, i * 255 + 255));
	const image = [0x2c, ...place, 0, 2, ...blocks.flatMap((block) => [block.length, ...block]), 0];
	return Buffer.from([
		...Buffer.from("GIF89a"),
		...numbers(...canvas),
		0x81,
		0,
		0,
		...palette,
		...control,
		...image,
		0x3b,
	]);
}

export function webp(width: number, height: number) {
	const size = Buffer.alloc(10);
	size.writeUInt8(0x2f, 0);
	size.writeUInt32LE(((width - 1) | ((height - 1) << 14)) >>> 0, 1);
	return riff(riffChunk("VP8L", size));
}

export function webpWithAlpha(width: number, height: number) {
	const canvas = Buffer.alloc(10);
	canvas.writeUInt8(0x10, 0);
	canvas.writeUIntLE(width - 1, 4, 3);
	canvas.writeUIntLE(height - 1, 7, 3);
	const frame = Buffer.from([0x10, 0, 0, 0x9d, 1, 0x2a, 0, 0, 0, 0, 0, 0]);
	frame.writeUInt16LE(width, 6);
	frame.writeUInt16LE(height, 8);
	return riff(riffChunk("VP8X", canvas), riffChunk("ALPH", Buffer.alloc(2)), riffChunk("VP8 ", frame));
}

const riff = (...chunks: Uint8Array[]) => riffChunk("RIFF", Buffer.concat([Buffer.from("WEBP"), ...chunks]));

function riffChunk(kind: string, data: Uint8Array) {
	const chunk = Buffer.alloc(8 + data.length + (data.length & 1));
	chunk.write(kind, "latin1");
	chunk.writeUInt32LE(data.length, 4);
	chunk.set(data, 8);
	return chunk;
}
