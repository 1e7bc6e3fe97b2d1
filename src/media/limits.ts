import { AppError } from "../errors";

/**
 * The most pixels of a picture. What a server of 100 MB has left below 300 MB decides it, measured as the peak over an
 * idle process. A baseline JPEG is decoded at a reduced scale: 85 MB at 40 megapixels.
 */
export const maxPixels = 40e6;
/** What is decoded whole takes 6 to 8 bytes a pixel: at 24 megapixels PNG and GIF 157 MB, WebP 185, progressive JPEG 185. */
export const maxWholePixels = 24e6;
/** CMYK that is decoded whole, and lossy WebP with an alpha plane, take 9 bytes a pixel: 150 MB. */
export const maxHeavyPixels = 16e6;
/** Of a colour profile, in bytes; it is copied several times while decoding. Those of printers have up to a megabyte. */
export const maxProfileBytes = 1024 * 1024;
/** How many chunks, segments or blocks of a file are looked at: far more than a picture of ten megabytes has. */
export const maxParts = 200_000;

export const unsupported = (detail: string) => new AppError("unsupported_media", detail);

export const tooManyPixels = (limit: number, kind = "A picture") =>
	new AppError("too_large", `${kind} may have at most ${limit / 1e6} megapixels; make it smaller.`);

export const animated = () =>
	unsupported("Animations are not taken, as only their first frame would be left; send a still picture.");

export const profileTooLarge = () => unsupported("The picture's colour profile is too large; save it without one.");

export const tooManyParts = () => unsupported("The picture consists of too many parts; save it anew.");
