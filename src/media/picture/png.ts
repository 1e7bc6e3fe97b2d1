import { promisify } from "node:util";
import { inflate } from "node:zlib";
import { orientationOf } from "./exif";
import type { Inspected } from "./inspect";
import * as limits from "./limits";
import { colourChunks, conversionOfPng } from "./png-colours";
import { bytesOf, name, type Read } from "./reader";

/** Pixels whose memory equals that of one compressed text byte: the decoder inflates text up to 1,000 times. */
const pixelsPerByte = 400;

/** Throws for an animation, a PNG for iPhone apps, and one that needs too much memory. */
export async function inspectPng(read: Read): Promise<Inspected> {
	const { width, height, isGrey } = await headerOf(read);
	limits.limitPixels({ width, height }, limits.maxPixels.plain, "A PNG");
	const colours = new Map<string, Buffer>();
	let orientation = 1;
	let compressed = 0;
	let hasData = false;
	let at = 8;
	for (let parts = 0; parts < limits.maxParts; parts++) {
		const chunk = await read(at, 8);
		const kind = chunk.byteLength < 8 ? "IEND" : name(chunk, 4);
		if (kind === "IEND") return { width, height, orientation, conversion: conversionOfPng(colours, isGrey) };
		const length = chunk.getUint32(0);
		hasData ||= kind === "IDAT";
		if (kind === "acTL" && (await frames(read, at)) > 1) throw limits.animated();
		if (kind === "eXIf") orientation = orientationOf(await read(at + 8, Math.min(length, 65_536)));
		if (colourChunks.has(kind) && !hasData && !colours.has(kind))
			colours.set(kind, await colourDataIn(kind, await read(at + 8, Math.min(length, limits.maxProfileBytes))));
		else if (kind === "iCCP" || kind === "zTXt" || (kind === "iTXt" && (await isCompressed(read, at))))
			compressed += length;
		if (width * height + compressed * pixelsPerByte > limits.maxPixels.plain) throw tooMuchText();
		at += 12 + length;
	}
	throw limits.tooManyParts();
}

const tooMuchText = () =>
	limits.unsupported("The PNG carries too much compressed text or too large a colour profile; save it without them.");

/** Reads the size from the first chunk. */
async function headerOf(read: Read) {
	const start = await read(8, 18);
	if (start.byteLength < 18) throw limits.truncated();
	const kind = name(start, 4);
	if (kind === "CgBI")
		throw limits.unsupported(
			"This is a PNG made for iPhone apps (CgBI), which only Apple's programs read; save it as an ordinary JPEG, PNG or WebP.",
		);
	if (kind !== "IHDR" || start.getUint32(0) !== 13) throw limits.damaged();
	const colourType = start.getUint8(17);
	return { width: start.getUint32(8), height: start.getUint32(12), isGrey: colourType === 0 || colourType === 4 };
}

/** The data of a colour chunk. The profile of iCCP is decompressed. */
async function colourDataIn(kind: string, chunk: DataView): Promise<Buffer> {
	const data = bytesOf(chunk);
	return kind === "iCCP" ? profileIn(data) : Buffer.from(data);
}

/** Decompresses the ICC profile after its name. Empty for a damaged one. */
async function profileIn(chunk: Buffer): Promise<Buffer> {
	const packed = chunk.subarray(chunk.indexOf(0) + 2);
	return promisify(inflate)(packed, { maxOutputLength: limits.maxProfileBytes }).catch((error: { code?: string }) => {
		// The decoder may have inflated a truncated stream to a large size before it failed.
		if (error.code === "ERR_BUFFER_TOO_LARGE" || packed.length * pixelsPerByte > limits.maxPixels.plain)
			throw tooMuchText();
		return Buffer.alloc(0);
	});
}

async function frames(read: Read, at: number): Promise<number> {
	const head = await read(at + 8, 4);
	return head.byteLength < 4 ? 0 : head.getUint32(0);
}

/** In iTXt, the compression flag follows a keyword of at most 79 bytes. */
async function isCompressed(read: Read, at: number): Promise<boolean> {
	const head = await read(at + 8, 81);
	for (let i = 0; i < head.byteLength - 1; i++) if (head.getUint8(i) === 0) return head.getUint8(i + 1) !== 0;
	return true;
}
