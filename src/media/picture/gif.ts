import type { Inspected } from "./inspect";
import { animated, damaged, limitPixels, maxParts, maxPixels, tooManyParts, truncated } from "./limits";
import { hasAllPixels } from "./lzw";
import { type Read, toEnd } from "./reader";

const [extension, image, trailer] = [0x21, 0x2c, 0x3b];

/** Throws for an animation, a truncated GIF, and one that needs too much memory. */
export async function inspectGif(read: Read): Promise<Inspected> {
	let parts = 0;
	const byte = async (at: number) => {
		if (parts++ > maxParts) throw tooManyParts();
		const view = await read(at, 1);
		return view.byteLength ? view.getUint8(0) : undefined;
	};
	const palette = (flags = 0) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
	const endOfBlocks = async (at: number) => {
		for (let length = await byte(at); length; length = await byte(at)) at += 1 + length;
		return at + 1;
	};

	/** Reads an image, and returns it with the offset after its data. */
	const readImage = async (at: number) => {
		const descriptor = await read(at, 10);
		if (descriptor.byteLength < 10) throw truncated();
		const found = canvasOf(await read(6, 4), descriptor);
		const data = at + 10 + palette(descriptor.getUint8(9));
		const end = await endOfBlocks(data + 1);
		// Data before a valid block is complete. Otherwise, as without a trailer, the LZW codes must cover all pixels.
		if (![trailer, extension, image].includes((await byte(end)) ?? -1))
			if (!(await hasAllPixels(await read(data, toEnd), found.frame ?? found))) throw truncated();
		return { found, end };
	};

	let found: Inspected | undefined;
	for (let at = 13 + palette(await byte(10)); ; ) {
		const kind = await byte(at);
		if (kind === extension) at = await endOfBlocks(at + 2);
		else if (kind === image) {
			if (found) throw animated();
			({ found, end: at } = await readImage(at));
		} else if (found) return found;
		else throw kind === undefined ? truncated() : damaged();
	}
}

/** A frame larger than the canvas enlarges it, as in browsers: some programs write a wrong canvas size. */
function canvasOf(screen: DataView, descriptor: DataView): Inspected {
	const [left, top] = [descriptor.getUint16(1, true), descriptor.getUint16(3, true)];
	const [across, down] = [descriptor.getUint16(5, true), descriptor.getUint16(7, true)];
	const width = Math.max(screen.getUint16(0, true), left + across);
	const height = Math.max(screen.getUint16(2, true), top + down);
	if (across === 0 || down === 0) throw damaged();
	limitPixels({ width, height }, maxPixels.plain, "A GIF");
	const isWhole = across === width && down === height;
	return { width, height, orientation: 1, frame: isWhole ? undefined : { left, top, width: across, height: down } };
}
