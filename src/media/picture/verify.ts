import { inspect } from "./inspect";
import { name } from "./reader";
import { stripMetadata } from "./webp";

/**
 * Checks that bytes are a picture as this server stores it: a still, upright WebP without metadata. Returns its size in
 * pixels, or null. Reads the headers only.
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
