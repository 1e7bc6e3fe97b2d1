import { inspect } from "./inspect";
import { name } from "./reader";
import { stripMetadata } from "./webp";

/**
 * The size of a picture in pixels, when it is one as they are kept: a still WebP, upright, with nothing in it but its pixels.
 * Null for everything else. Its headers are read, and not its pixels.
 */
export async function verifyPicture(bytes: Uint8Array<ArrayBuffer>): Promise<{ width: number; height: number } | null> {
	try {
		if (bytes.length < 16 || name(new DataView(bytes.buffer, bytes.byteOffset), 8) !== "WEBP") return null;
		const { width, height, orientation } = await inspect(new Blob([bytes]));
		return orientation === 1 && Buffer.compare(stripMetadata(bytes), bytes) === 0 ? { width, height } : null;
	} catch {
		return null;
	}
}
