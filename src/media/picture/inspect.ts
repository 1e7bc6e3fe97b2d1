import { inspectGif } from "./gif";
import { inspectJpeg } from "./jpeg";
import { maxPixels, unsupported } from "./limits";
import { inspectPng } from "./png";
import { reader } from "./reader";
import { inspectWebp } from "./webp";

/** What must be known before a picture may be decoded: Bun says the format, and the headers say the rest. */
export async function inspect(source: Blob): Promise<{ width: number; height: number; orientation: number }> {
	const { format, width, height } = await new Bun.Image(source, {
		maxPixels: maxPixels.any,
		autoOrient: false,
	}).metadata();
	return { width, height, orientation: await look(format, source, width * height) };
}

/** How the picture has to be turned, as EXIF counts it. Throws what speaks against decoding it. */
async function look(format: Bun.Image.Format, source: Blob, pixels: number): Promise<number> {
	const read = reader(source);
	switch (format) {
		case "jpeg":
			return inspectJpeg(read, pixels);
		case "png":
			return inspectPng(read, pixels);
		case "webp":
			return inspectWebp(read, pixels);
		case "gif":
			await inspectGif(read, pixels);
			return 1;
		default:
			throw unsupported(`${format.toUpperCase()} pictures are not taken; send it as JPEG, PNG or WebP.`);
	}
}
