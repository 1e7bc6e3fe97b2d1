import { AppError } from "../../core/errors";
import { convert } from "./conversion";
import { applyOrientation } from "./exif";
import { type Inspected, inspect } from "./inspect";
import { damaged, maxPixels } from "./limits";
import { cropSquare, decodePng, encodePng, placeOnCanvas } from "./raster";
import { stripMetadata } from "./webp";

export type Picture = {
	full: Uint8Array;
	thumbnail: Uint8Array;
	/** The size of `full` in pixels. */
	width: number;
	height: number;
	/** A ThumbHash as a data URL. */
	placeholder: string;
};

/** The longest side of each file, in pixels. No picture is enlarged. */
const sizes = { post: { full: 2048, thumbnail: 400 }, avatar: { full: 512, thumbnail: 96 } };

/**
 * Above so many pixels, the garbage collector first frees the memory of earlier pictures. It takes some milliseconds.
 */
const gcAbovePixels = 8e6;

/**
 * Renders the served files from an upload. They contain nothing of the upload but its pixels. Equal uploads give equal
 * bytes.
 * @throws AppError `unsupported_media` or `too_large`.
 */
export async function render(source: Blob, kind: "post" | "avatar"): Promise<Picture> {
	let found: Inspected | undefined;
	try {
		found = await inspect(source);
		const image = await resized(source, found, kind);
		const full = stripMetadata(await image.webp({ quality: 80 }).bytes());
		const side = sizes[kind].thumbnail;
		const thumbnail = stripMetadata(await fitInside(new Bun.Image(full), side).webp({ quality: 75 }).bytes());
		return { full, thumbnail, width: image.width, height: image.height, placeholder: await placeholderOf(thumbnail) };
	} catch (error) {
		throw asAppError(error, found?.ifDamaged);
	}
}

/** The picture in its final size and orientation, ready to encode. */
async function resized(source: Blob, found: Inspected, kind: "post" | "avatar"): Promise<Bun.Image> {
	const { width, height, orientation, conversion, frame } = found;
	if (width * height > gcAbovePixels) Bun.gc(true);
	const maxScale = sizes.post.full / Math.max(width, height);
	const scale = Math.min(1, maxScale, kind === "avatar" ? sizes.avatar.full / Math.min(width, height) : 1);
	const scaled = (side: number) => Math.max(1, Math.round(side * scale));

	const original = new Bun.Image(source, { maxPixels: maxPixels.any, autoOrient: false });
	const small = original.resize(scaled(frame?.width ?? width), scaled(frame?.height ?? height));
	if (kind === "post" && !frame && !conversion && orientation === 1) return small;

	// The other steps work on the resized picture, which saves time and a second large buffer.
	let pixels = await decodePng(await small.png({ compressionLevel: 0 }).bytes());
	if (conversion) pixels = await convert(pixels, conversion);
	if (frame) pixels = placeOnCanvas(pixels, scaled(width), scaled(height), frame.left * scale, frame.top * scale);
	if (kind === "avatar") pixels = cropSquare(pixels);
	return applyOrientation(new Bun.Image(await encodePng(pixels)), orientation);
}

/** Bun renders a ThumbHash as a PNG of 1,500 bytes. A WebP needs a tenth, which matters in lists of posts. */
async function placeholderOf(picture: Uint8Array): Promise<string> {
	const png = await new Bun.Image(picture).placeholder();
	const webp = new Bun.Image(Buffer.from(png.slice(png.indexOf(",") + 1), "base64")).webp({ quality: 80 });
	return `data:image/webp;base64,${await webp.toBase64()}`;
}

const fitInside = (image: Bun.Image, side: number) =>
	image.resize(side, side, { fit: "inside", withoutEnlargement: true });

/** Maps decoder errors to an AppError for the client. Other errors, such as a failed disk read, stay unchanged. */
function asAppError(error: unknown, ifDamaged = damaged()): unknown {
	if (error instanceof AppError) return error;
	switch ((error as { code?: unknown } | null)?.code) {
		case "ERR_IMAGE_TOO_MANY_PIXELS": // the decoder found another size than `inspect`
		case "ERR_IMAGE_FORMAT_UNSUPPORTED":
		case "ERR_IMAGE_UNKNOWN_FORMAT":
		case "ERR_IMAGE_DECODE_FAILED":
		case "ERR_IMAGE_ENCODE_FAILED":
			return ifDamaged;
		default:
			return error;
	}
}
