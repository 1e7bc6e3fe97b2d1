import { AppError } from "../errors";
import { upright } from "./picture/exif";
import { inspect } from "./picture/inspect";
import { maxPixels, tooManyPixels, unsupported } from "./picture/limits";
import { square } from "./picture/square";
import { clean } from "./picture/webp";

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
const large = 8e6;

/**
 * Makes what is served of what somebody sent. Everything is drawn anew, so that nothing but the pixels comes through.
 * The same file always becomes the same bytes.
 * @throws AppError `unsupported_media` or `too_large`.
 */
export async function render(source: Blob, kind: "post" | "avatar"): Promise<Picture> {
	try {
		const image = await reduced(source, kind);
		const full = clean(await image.webp({ quality: 80 }).bytes());
		const side = sizes[kind].thumbnail;
		const thumbnail = clean(await within(new Bun.Image(full), side).webp({ quality: 75 }).bytes());
		return { full, thumbnail, width: image.width, height: image.height, placeholder: await blurred(thumbnail) };
	} catch (error) {
		throw refusal(error);
	}
}

/** The picture in its final size and the right way up, ready to be encoded. */
async function reduced(source: Blob, kind: "post" | "avatar"): Promise<Bun.Image> {
	const { width, height, orientation } = await inspect(source);
	if (width * height > large) Bun.gc(true);
	const original = new Bun.Image(source, { maxPixels: maxPixels.any, autoOrient: false });
	if (kind === "post" && orientation === 1) return within(original, sizes.post.full);
	// Turned only after it was made small: Bun turns first, which takes the memory of a second picture, and only JPEG.
	if (kind === "post") return upright(await unpacked(within(original, sizes.post.full)), orientation);

	const scale = Math.min(1, sizes.avatar.full / Math.min(width, height), sizes.post.full / Math.max(width, height));
	const scaled = (side: number) => Math.max(1, Math.round(side * scale));
	const cover = await unpacked(original.resize(scaled(width), scaled(height)), square);
	return upright(cover, orientation);
}

/** Bun draws a ThumbHash as a PNG of 1,500 bytes. As WebP it is a tenth of that, and lists carry one for each picture. */
async function blurred(picture: Uint8Array): Promise<string> {
	const png = await new Bun.Image(picture).placeholder();
	const webp = new Bun.Image(Buffer.from(png.slice(png.indexOf(",") + 1), "base64")).webp({ quality: 80 });
	return `data:image/webp;base64,${await webp.toBase64()}`;
}

const within = (image: Bun.Image, side: number) =>
	image.resize(side, side, { fit: "inside", withoutEnlargement: true });

/** A PNG that is not compressed is the one way to hand pixels from one pipeline to the next without a loss. */
async function unpacked(image: Bun.Image, change = async (png: Uint8Array) => png): Promise<Bun.Image> {
	return new Bun.Image(await change(await image.png({ compressionLevel: 0 }).bytes()));
}

/** What to tell the sender; what is not about the picture, such as a disk that cannot be read, stays as it is. */
function refusal(error: unknown): unknown {
	if (error instanceof AppError) return error;
	switch ((error as { code?: unknown } | null)?.code) {
		case "ERR_IMAGE_TOO_MANY_PIXELS":
			return tooManyPixels(maxPixels.any);
		case "ERR_IMAGE_FORMAT_UNSUPPORTED":
			return unsupported("HEIC, AVIF and TIFF cannot be read here; send the picture as JPEG, PNG or WebP.");
		case "ERR_IMAGE_UNKNOWN_FORMAT":
		case "ERR_INVALID_ARG_TYPE": // an empty Blob
			return unsupported("This is not a picture that can be read here; send a JPEG, PNG, WebP or still GIF.");
		case "ERR_IMAGE_DECODE_FAILED":
		case "ERR_IMAGE_ENCODE_FAILED":
			return unsupported("The picture is damaged and cannot be read; save it anew as JPEG, PNG or WebP.");
		default:
			return error;
	}
}
