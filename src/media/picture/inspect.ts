import type { AppError } from "../../core/errors";
import type { Conversion } from "./conversion";
import { formatOf, signatureBytes } from "./format";
import { inspectGif } from "./gif";
import { inspectJpeg } from "./jpeg";
import { damaged, maxPixels } from "./limits";
import { inspectPng } from "./png";
import { type Read, reader } from "./reader";
import { inspectWebp } from "./webp";

/** The facts from the headers that decoding needs. */
export type Inspected = {
	width: number;
	height: number;
	/** The EXIF orientation, 1 to 8. */
	orientation: number;
	/** Converts the colours for storing. Undefined when the profile describes them fully. */
	conversion?: Conversion | undefined;
	/** The part of the canvas with pixels. Undefined for the whole canvas. */
	frame?: { left: number; top: number; width: number; height: number } | undefined;
	/** The error when decoding fails, for kinds that the decoder supports only in part. */
	ifDamaged?: AppError | undefined;
};

const inspectors = { jpeg: inspectJpeg, png: inspectPng, webp: inspectWebp, gif: inspectGif };

/**
 * Reads the headers, and checks that the decoder finds the same size. Otherwise an ambiguous file could pass the limit
 * with one size and be decoded with another.
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
