import { AppError } from "../../core/errors";

/**
 * The most pixels a picture may have. What a server of 100 MB has left below 300 MB decides it; the figures are how much
 * the worst picture of each kind raised the peak of an idle process.
 */
export const maxPixels = {
	/** A baseline JPEG, which alone is decoded at a reduced scale: 105 MB. */
	any: 40e6,
	/** PNG and GIF are decoded whole, with 6 to 7 bytes a pixel: 165 MB. */
	plain: 24e6,
	/** WebP and progressive JPEG keep more than the pixels while decoding, up to 9 bytes a pixel: 190 MB. */
	buffered: 20e6,
	/** So do progressive CMYK and lossy WebP with an alpha plane, up to 12 bytes a pixel: 155 MB. */
	heavy: 12e6,
};

/** Of a colour profile, in bytes; it is copied several times while decoding. Those of printers have up to a megabyte. */
export const maxProfileBytes = 1024 * 1024;
/** How many chunks, segments or blocks of a file are looked at: far more than a picture of ten megabytes has. */
export const maxParts = 200_000;

export const unsupported = (detail: string) => new AppError("unsupported_media", detail);

const tooManyPixels = (limit: number, kind = "A picture") =>
	new AppError("too_large", `${kind} may have at most ${limit / 1e6} megapixels; make it smaller.`);

/** Throws for a picture of more pixels than its kind may have, and for one of none. */
export function limitPixels({ width, height }: { width: number; height: number }, limit: number, kind: string): void {
	if (width === 0 || height === 0) throw damaged();
	const pixels = width * height;
	if (pixels > maxPixels.any) throw tooManyPixels(maxPixels.any);
	if (pixels > limit) throw tooManyPixels(limit, kind);
}

export const damaged = () =>
	unsupported("The picture is damaged and cannot be read; save it anew as JPEG, PNG or WebP.");

export const truncated = () =>
	unsupported("The picture ends too early: a part of the file is missing. Send the whole file.");

export const animated = () =>
	unsupported("Animations are not taken, as only their first frame would be left; send a still picture.");

export const profileTooLarge = () => unsupported("The picture's colour profile is too large; save it without one.");

export const tooManyParts = () => unsupported("The picture consists of too many parts; save it anew.");
