import { animated, maxParts, maxPixels, tooManyParts, tooManyPixels } from "./limits";
import type { Read } from "./reader";

/** Throws for an animation, and for a GIF that would cost too much memory. */
export async function inspectGif(read: Read, pixels: number): Promise<void> {
	if (pixels > maxPixels.plain) throw tooManyPixels(maxPixels.plain, "A GIF");
	let images = 0;
	let parts = 0;

	const byte = async (at: number) => {
		if (parts++ > maxParts) throw tooManyParts();
		const view = await read(at, 1);
		return view.byteLength ? view.getUint8(0) : 0;
	};
	const palette = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
	const behindBlocks = async (at: number) => {
		for (let length = await byte(at); length > 0; length = await byte(at)) at += 1 + length;
		return at + 1;
	};

	for (let at = 13 + palette(await byte(10)); ; ) {
		const kind = await byte(at);
		if (kind === 0x21) at = await behindBlocks(at + 2);
		else if (kind === 0x2c) {
			if (++images > 1) throw animated();
			at = await behindBlocks(at + 11 + palette(await byte(at + 9)));
		} else return; // the end, or something no decoder goes on from
	}
}
