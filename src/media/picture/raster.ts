import { promisify } from "node:util";
import { crc32, deflate, deflateSync, inflate } from "node:zlib";

/** RGBA pixels of 8 bits. Each row starts with a zero, the filter byte of an unfiltered PNG. */
export type Raster = {
	width: number;
	height: number;
	rows: Buffer;
	/** The iCCP chunk; empty for sRGB. */
	profile: Uint8Array;
};

const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
/** 8 bits, RGBA, not interlaced, as Bun writes PNG. */
const rgba = Buffer.from([8, 6, 0, 0, 0]);

export const strideOf = (width: number) => 1 + width * 4;

/**
 * The pixels of an uncompressed PNG from Bun. zlib runs on the thread pool, so that only pixel work uses the event loop.
 */
export async function decodePng(png: Uint8Array): Promise<Raster> {
	const { header, profile, data } = partsOf(Buffer.from(png.buffer, png.byteOffset, png.length));
	const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
	const rows = await promisify(inflate)(Buffer.concat(data));
	if (!header.subarray(8).equals(rgba) || rows.length !== height * strideOf(width))
		throw new Error("An unexpected kind of PNG.");
	for (let row = 0; row < rows.length; row += strideOf(width))
		if (rows[row] !== 0) throw new Error("An unexpected filter in a PNG.");
	return { width, height, rows, profile: Buffer.concat(profile) };
}

export async function encodePng({ width, height, rows, profile }: Raster): Promise<Uint8Array> {
	const header = Buffer.alloc(13);
	header.writeUInt32BE(width, 0);
	header.writeUInt32BE(height, 4);
	header.set(rgba, 8);
	const packed = await promisify(deflate)(rows, { level: 0 });
	return Buffer.concat([signature, chunk("IHDR", header), profile, chunk("IDAT", packed), chunk("IEND")]);
}

/** The iCCP chunk of a profile. */
export const profileChunk = (icc: Uint8Array) => chunk("iCCP", Buffer.concat([Buffer.from("x\0\0"), deflateSync(icc)]));

/** Crops to the central square, since Bun cannot crop. */
export function cropSquare(picture: Raster): Raster {
	const { width, height } = picture;
	const side = Math.min(width, height);
	if (width === height) return picture;
	const middle = { ...picture, left: Math.floor((width - side) / 2), top: Math.floor((height - side) / 2) };
	const cut = { width: side, height: side, rows: Buffer.alloc(side * strideOf(side)), profile: picture.profile };
	copy(middle, { ...cut, left: 0, top: 0 }, side, side);
	return cut;
}

/** Places the picture on a larger transparent canvas. Fractions of a pixel are rounded. */
export function placeOnCanvas(picture: Raster, width: number, height: number, left: number, top: number): Raster {
	const canvas = { width, height, rows: Buffer.alloc(height * strideOf(width)), profile: picture.profile };
	const at = {
		left: Math.min(Math.round(left), width - picture.width),
		top: Math.min(Math.round(top), height - picture.height),
	};
	copy({ ...picture, left: 0, top: 0 }, { ...canvas, ...at }, picture.width, picture.height);
	return canvas;
}

type Area = { left: number; top: number; width: number; height: number; rows: Buffer };

function copy(from: Area, to: Area, across: number, down: number): void {
	const start = ({ left, top, width }: Area, y: number) => (top + y) * strideOf(width) + 1 + left * 4;
	for (let y = 0; y < down; y++) from.rows.copy(to.rows, start(to, y), start(from, y), start(from, y) + across * 4);
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
	return { header: png.subarray(16, 29), profile, data };
}

function chunk(kind: string, data = Buffer.alloc(0)): Buffer {
	const bytes = Buffer.alloc(12 + data.length);
	bytes.writeUInt32BE(data.length, 0);
	bytes.write(kind, 4, "latin1");
	bytes.set(data, 8);
	bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
	return bytes;
}
