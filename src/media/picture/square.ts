import { promisify } from "node:util";
import { crc32, deflate, inflate } from "node:zlib";

const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
/** 8 bits, RGBA, not interlaced: what Bun writes. */
const rgba = Buffer.from([8, 6, 0, 0, 0]);

/**
 * The square in the middle of a PNG that Bun wrote without compression; Bun itself cannot crop. Packing and unpacking
 * happen on the thread pool, so that only copying rows is left to the event loop.
 */
export async function square(png: Uint8Array): Promise<Uint8Array> {
	const { header, profile, data } = partsOf(Buffer.from(png.buffer, png.byteOffset, png.length));
	const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
	if (width === height) return png;
	const rows = await promisify(inflate)(Buffer.concat(data));
	const stride = 1 + width * 4;
	if (!header.subarray(8).equals(rgba) || rows.length !== height * stride)
		throw new Error("An unexpected kind of PNG.");

	const side = Math.min(width, height);
	const left = Math.floor((width - side) / 2) * 4;
	const top = Math.floor((height - side) / 2);
	const cut = Buffer.alloc(side * (1 + side * 4)); // each row begins with a zero: it is not filtered
	for (let y = 0; y < side; y++) {
		const row = (top + y) * stride;
		if (rows[row] !== 0) throw new Error("An unexpected filter in a PNG.");
		rows.copy(cut, y * (1 + side * 4) + 1, row + 1 + left, row + 1 + left + side * 4);
	}
	header.writeUInt32BE(side, 0);
	header.writeUInt32BE(side, 4);
	const packed = await promisify(deflate)(cut, { level: 0 });
	return Buffer.concat([signature, chunk("IHDR", header), ...profile, chunk("IDAT", packed), chunk("IEND")]);
}

function partsOf(png: Buffer) {
	const data: Buffer[] = [];
	const profile: Buffer[] = [];
	for (let at = 8; at < png.length; ) {
		const end = at + 12 + png.readUInt32BE(at);
		const kind = png.toString("latin1", at + 4, at + 8);
		if (kind === "iCCP") profile.push(png.subarray(at, end));
		if (kind === "IDAT") data.push(png.subarray(at + 8, end - 4));
		at = end;
	}
	return { header: Buffer.from(png.subarray(16, 29)), profile, data };
}

function chunk(kind: string, data = Buffer.alloc(0)): Buffer {
	const bytes = Buffer.alloc(12 + data.length);
	bytes.writeUInt32BE(data.length, 0);
	bytes.write(kind, 4, "latin1");
	bytes.set(data, 8);
	bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
	return bytes;
}
