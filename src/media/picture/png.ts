import { orientationOf } from "./exif";
import { animated, maxParts, maxPixels, tooManyParts, tooManyPixels, unsupported } from "./limits";
import { name, type Read } from "./reader";

/** How many pixels' memory a byte of compressed text can take: the decoder inflates all of it, to a thousandfold size. */
const pixelsPerByte = 400;

/** The orientation. Throws for an animation, and for a PNG that would cost too much memory. */
export async function inspectPng(read: Read, pixels: number): Promise<number> {
	if (pixels > maxPixels.plain) throw tooManyPixels(maxPixels.plain, "A PNG");
	let orientation = 1;
	let compressed = 0;
	let at = 8;
	for (let parts = 0; parts < maxParts; parts++) {
		const chunk = await read(at, 8);
		if (chunk.byteLength < 8) return orientation;
		const length = chunk.getUint32(0);
		const kind = name(chunk, 4);
		if (kind === "IEND") return orientation;
		if (kind === "acTL" && (await frames(read, at)) > 1) throw animated();
		if (kind === "eXIf") orientation = orientationOf(await read(at + 8, Math.min(length, 65_536)));
		if (kind === "iCCP" || kind === "zTXt" || (kind === "iTXt" && (await isCompressed(read, at)))) compressed += length;
		if (pixels + compressed * pixelsPerByte > maxPixels.plain)
			throw unsupported(
				"The PNG carries too much compressed text or too large a colour profile; save it without them.",
			);
		at += 12 + length;
	}
	throw tooManyParts();
}

async function frames(read: Read, at: number): Promise<number> {
	const head = await read(at + 8, 4);
	return head.byteLength < 4 ? 0 : head.getUint32(0);
}

/** An international text says behind its keyword, of at most 79 bytes, whether it is compressed. */
async function isCompressed(read: Read, at: number): Promise<boolean> {
	const head = await read(at + 8, 81);
	for (let i = 0; i < head.byteLength - 1; i++) if (head.getUint8(i) === 0) return head.getUint8(i + 1) !== 0;
	return true;
}
