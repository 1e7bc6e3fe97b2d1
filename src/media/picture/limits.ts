import { AppError } from "../../core/errors";

/**
 * Pixel limits that keep a server of 100 MB below 300 MB. The figures in MB are the peak that the worst picture of each
 * kind added to an idle process.
 */
export const maxPixels = {
	/** Baseline JPEG, the only kind that is decoded at a reduced scale: 105 MB. */
	any: 40e6,
	/** PNG and GIF are decoded at full size, with 6 to 7 bytes per pixel: 165 MB. */
	plain: 24e6,
	/** WebP and progressive JPEG need up to 9 bytes per pixel while decoding: 190 MB. */
	buffered: 20e6,
	/** Progressive CMYK and lossy WebP with alpha need up to 12 bytes per pixel: 155 MB. */
	heavy: 12e6,
};

/** Bytes of an ICC profile, which decoding copies several times. Printer profiles have up to a megabyte. */
export const maxProfileBytes = 1024 * 1024;
/** The limit of chunks, segments or blocks per file, far above that of a real picture of ten megabytes. */
export const maxParts = 200_000;

export const unsupported = (detail: string) => new AppError("unsupported_media", detail);

const tooManyPixels = (limit: number, kind = "A picture") =>
	new AppError("too_large", `${kind} may have at most ${limit / 1e6} megapixels; make it smaller.`);

/** Throws `too_large` above the pixel limit of the kind, and `unsupported_media` for an empty picture. */
export function limitPixels({ width, height }: { width: number; height: number }, limit: number, kind: string): void {
	if (width === 0 || height === 0) throw damaged();
	const pixels = width * height;
	if (pixels > maxPixels.any) throw tooManyPixels(maxPixels.any);
	if (pixels > limit) throw tooManyPixels(limit, kind);
}

export const damaged = () =>
	unsupported("The picture is damaged and cannot be read; save it again as JPEG, PNG or WebP.");

export const truncated = () =>
	unsupported("The picture ends too early: a part of the file is missing. Send the whole file.");

export const animated = () =>
	unsupported("Animations are not accepted, since only their first frame would be kept; send a still picture.");

export const profileTooLarge = () => unsupported("The picture's colour profile is too large; save it without one.");

export const tooManyParts = () => unsupported("The picture consists of too many parts; save it again.");
