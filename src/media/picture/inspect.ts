import type { AppError } from "../../core/errors";
import type { Conversion } from "./conversion";
import { formatOf, signatureBytes } from "./format";
import { inspectGif } from "./gif";
import { inspectJpeg } from "./jpeg";
import { damaged, maxPixels } from "./limits";
import { inspectPng } from "./png";
import { type Read, reader } from "./reader";
import { inspectWebp } from "./webp";

/** All that must be known of a picture before its pixels are decoded. */
export type Inspected = {
	width: number;
	height: number;
	/** How the picture has to be turned, 1 to 8, as EXIF counts it. */
	orientation: number;
	/** How its colours become those that are kept; without one, its profile says all. */
	conversion?: Conversion | undefined;
	/** The part of the canvas that has pixels; without one, all of it. */
	frame?: { left: number; top: number; width: number; height: number } | undefined;
	/** The sentence for a picture of a kind that the decoder reads only in part. */
	ifDamaged?: AppError | undefined;
};

const inspectors = { jpeg: inspectJpeg, png: inspectPng, webp: inspectWebp, gif: inspectGif };

/**
 * Reads the headers. The decoder must find the same size in them: a file that two programs read in two ways could pass
 * one limit and be decoded with another.
 * @throws AppError `unsupported_media` or `too_large`.
 */
export async function inspect(source: Blob): Promise<Inspected> {
	const read: Read = reader(source);
	const found = await inspectors[formatOf(await read(0, signatureBytes))](read);
	const { width, height } = found.frame ?? found;
	const decoded = await new Bun.Image(source, { maxPixels: maxPixels.any, autoOrient: false }).metadata();
	if (decoded.width !== width || decoded.height !== height) throw found.ifDamaged ?? damaged();
	return found;
}
