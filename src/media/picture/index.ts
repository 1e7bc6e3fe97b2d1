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
	/** Of `full`, in pixels. */
	width: number;
	height: number;
	/** A ThumbHash as a data URL. */
	placeholder: string;
};

/** The longest side of each, in pixels. Nothing is ever enlarged. */
const sizes = { post: { full: 2048, thumbnail: 400 }, avatar: { full: 512, thumbnail: 96 } };

/** Before more pixels than this are unpacked, what earlier pictures left in memory is given back; it takes some milliseconds. */
const gcAbovePixels = 8e6;

/**
 * Makes what is served of what somebody sent. Everything is drawn anew, so that nothing but the pixels comes through.
 * The same file always becomes the same bytes.
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

/** The picture in its final size and the right way up, ready to be encoded. */
async function resized(source: Blob, found: Inspected, kind: "post" | "avatar"): Promise<Bun.Image> {
	const { width, height, orientation, conversion, frame } = found;
	if (width * height > gcAbovePixels) Bun.gc(true);
	const maxScale = sizes.post.full / Math.max(width, height);
	const scale = Math.min(1, maxScale, kind === "avatar" ? sizes.avatar.full / Math.min(width, height) : 1);
	const scaled = (side: number) => Math.max(1, Math.round(side * scale));

	const original = new Bun.Image(source, { maxPixels: maxPixels.any, autoOrient: false });
	const small = original.resize(scaled(frame?.width ?? width), scaled(frame?.height ?? height));
	if (kind === "post" && !frame && !conversion && orientation === 1) return small;

	// Everything else is done to the small picture: it takes less time, and not the memory of a second large one.
	let pixels = await decodePng(await small.png({ compressionLevel: 0 }).bytes());
	if (conversion) pixels = await convert(pixels, conversion);
	if (frame) pixels = placeOnCanvas(pixels, scaled(width), scaled(height), frame.left * scale, frame.top * scale);
	if (kind === "avatar") pixels = cropSquare(pixels);
	return applyOrientation(new Bun.Image(await encodePng(pixels)), orientation);
}

/** Bun draws a ThumbHash as a PNG of 1,500 bytes. As WebP it is a tenth of that, and lists carry one for each picture. */
async function placeholderOf(picture: Uint8Array): Promise<string> {
	const png = await new Bun.Image(picture).placeholder();
	const webp = new Bun.Image(Buffer.from(png.slice(png.indexOf(",") + 1), "base64")).webp({ quality: 80 });
	return `data:image/webp;base64,${await webp.toBase64()}`;
}

const fitInside = (image: Bun.Image, side: number) =>
	image.resize(side, side, { fit: "inside", withoutEnlargement: true });

/** The sender gets a sentence about the picture; other errors, such as a disk that cannot be read, stay as they are. */
function asAppError(error: unknown, ifDamaged = damaged()): unknown {
	if (error instanceof AppError) return error;
	switch ((error as { code?: unknown } | null)?.code) {
		case "ERR_IMAGE_TOO_MANY_PIXELS": // the decoder reads another size than `inspect`, which limits it
		case "ERR_IMAGE_FORMAT_UNSUPPORTED":
		case "ERR_IMAGE_UNKNOWN_FORMAT":
		case "ERR_IMAGE_DECODE_FAILED":
		case "ERR_IMAGE_ENCODE_FAILED":
			return ifDamaged;
		default:
			return error;
	}
}
