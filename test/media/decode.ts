import { inflateSync } from "node:zlib";

/** The colour at a place of a picture, each from 0 to 1 of its width and height, as red, green, blue and alpha. */
export async function colours(picture: Uint8Array) {
	const png = Buffer.from(await new Bun.Image(picture).png({ compressionLevel: 0 }).bytes());
	const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
	const data: Buffer[] = [];
	for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at))
		if (png.toString("latin1", at + 4, at + 8) === "IDAT")
			data.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
	const rows = inflateSync(Buffer.concat(data));
	const at = (x: number, y: number) => {
		const start = Math.floor(y * height) * (1 + width * 4) + 1 + Math.floor(x * width) * 4;
		return [...rows.subarray(start, start + 4)];
	};
	return { width, height, at };
}

/** The parts of a WebP by their names. */
export function chunks(webp: Uint8Array): Map<string, Buffer> {
	const bytes = Buffer.from(webp);
	const found = new Map<string, Buffer>();
	for (let at = 12; at < bytes.length; at += 8 + length(bytes, at) + (length(bytes, at) & 1))
		found.set(bytes.toString("latin1", at, at + 4), bytes.subarray(at + 8, at + 8 + length(bytes, at)));
	return found;
}

const length = (webp: Buffer, at: number) => webp.readUInt32LE(at + 4);
