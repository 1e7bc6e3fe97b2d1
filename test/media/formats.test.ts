import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "../../src/core/errors";
import { render } from "../../src/media/picture";
import { orientationOf } from "../../src/media/picture/exif";
import { jpeg, png, pngChunk, segment } from "./headers";

const fixture = (name: string) => readFileSync(join(import.meta.dir, "fixtures", name));
const answer = (bytes: Uint8Array) =>
	render(new Blob([bytes]), "post").then(
		() => ["taken", ""],
		(error) => (error instanceof AppError ? [error.code, error.detail] : error),
	);
const latin1 = (text: string) => Buffer.from(text.padEnd(40, "\0"), "latin1");

test.each([
	["HEIC", latin1("\0\0\0\x18ftypheic\0\0\0\0mif1heic")],
	["AVIF", latin1("\0\0\0\x1cftypavif\0\0\0\0avifmif1")],
	["HEIF or AVIF", latin1("\0\0\0\x1cftypmif1\0\0\0\0mif1avif")],
	["video", latin1("\0\0\0\x20ftypisom\0\0\x02\0isomiso2")],
	["video", latin1("\0\0\0\x14ftypqt  ")],
	["video", latin1("\x1aE\xdf\xa3")],
	["JPEG XL", latin1("\xff\n\xfa\x1f")],
	["JPEG XL", latin1("\0\0\0\fJXL \r\n\x87\n")],
	["JPEG 2000", latin1("\0\0\0\fjP  \r\n\x87\n")],
	["JPEG 2000", latin1("\xffO\xffQ\0/")],
	["TIFF or raw", latin1("II*\0\x08\0\0\0")],
	["TIFF or raw", latin1("MM\0*\0\0\0\x08")],
	["BMP", latin1("BM6\x03\0\0")],
	["icon", latin1("\0\0\x01\0\x01\0")],
	["Photoshop", latin1("8BPS\0\x01")],
	["PDF", latin1("%PDF-1.7\n")],
	["SVG", latin1("<svg xmlns='http://www.w3.org/2000/svg'/>")],
	["SVG", latin1("\xef\xbb\xbf<?xml version='1.0'?>\n<!-- drawn by hand -->\n<svg/>")],
	["PNM", latin1("P6\n4 4\n255\n")],
	["CgBI", Buffer.concat([png(96, 64).subarray(0, 8), pngChunk("CgBI", Buffer.alloc(4)), png(96, 64).subarray(8)])],
	["a JPEG of 12 bits", jpeg(10, 10, 0xc1, 3, 3, 12)],
	["a JPEG of 12 bits", jpeg(5000, 5000, 0xc2, 3, 3, 12)],
	["a lossless JPEG", jpeg(10, 10, 0xc3)],
	["a lossless JPEG", jpeg(10, 10, 0xc3, 1, 1, 16)],
	["a lossless JPEG", jpeg(10, 10, 0xcb)],
	["a hierarchical JPEG", jpeg(10, 10, 0xc5)],
	["a JPEG-LS picture", jpeg(10, 10, 0xf7)],
])("the sentence for a file of the kind %s says what it is", async (kind, bytes) => {
	expect(await answer(bytes)).toEqual(["unsupported_media", expect.stringContaining(kind)]);
	expect((await answer(bytes))[1]).toContain("JPEG, PNG or WebP");
});

const much = Buffer.alloc(13, 0xff);
test.each([
	["a PNG whose first chunk is another", Buffer.concat([png(1, 1).subarray(0, 8), pngChunk("iDOT", much), png(1, 1)])],
	[
		"a PNG with a header of another length",
		Buffer.concat([png(1, 1).subarray(0, 8), pngChunk("IHDR", Buffer.alloc(14, 255))]),
	],
	["a PNG that ends in its header", png(60_000, 60_000).subarray(0, 22)],
	[
		"a JPEG without a frame",
		Buffer.concat([Buffer.from([0xff, 0xd8]), segment(0xfe, much), Buffer.from([0xff, 0xd9])]),
	],
	["a JPEG that ends in its frame", jpeg(60_000, 60_000, 0xc0).subarray(0, 8)],
	[
		"a WebP with another first chunk",
		Buffer.from("RIFF\xff\xff\0\0WEBPEXIF\xff\xff\xff\xff".padEnd(64, "\xff"), "latin1"),
	],
	["a GIF that ends in its header", Buffer.from("GIF89a\xff\xff\xff\xff\0", "latin1")],
])("%s is not said to have too many pixels", async (_, bytes) => {
	expect(await answer(bytes)).toEqual(["unsupported_media", expect.stringMatching(/damaged|ends too early/)]);
});

/** Entries of an EXIF directory with the orientation among them, at an offset that may be odd. */
function exif(order: "II" | "MM", type: number, value: number, { offset = 8, count = 1 } = {}) {
	const little = order === "II";
	const bytes = Buffer.alloc(offset + 2 + 2 * 12 + 4);
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	bytes.write(order);
	view.setUint16(2, 42, little);
	view.setUint32(4, offset, little);
	view.setUint16(offset, 2, little);
	for (const [i, [tag, kind]] of [[0x0106, 3] as const, [0x0112, type] as const].entries()) {
		const at = offset + 2 + i * 12;
		view.setUint16(at, tag, little);
		view.setUint16(at + 2, kind, little);
		view.setUint32(at + 4, count, little);
		if (kind === 1) view.setUint8(at + 8, value);
		else if (kind === 3) view.setUint16(at + 8, i === 0 ? 7 : value, little);
		else view.setUint32(at + 8, value, little);
	}
	return bytes;
}

const [byte, short, long] = [1, 3, 4];
const read = (bytes: Buffer) => orientationOf(new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
test.each(["II", "MM"] as const)("the orientation is read in the order %s, as a number of any size", (order) => {
	for (const type of [byte, short, long])
		for (let value = 1; value <= 8; value++)
			for (const offset of [8, 9, 200]) {
				expect(read(exif(order, type, value, { offset }))).toBe(value);
				expect(read(Buffer.concat([Buffer.from("Exif\0\0"), exif(order, type, value, { offset })]))).toBe(value);
			}
	for (const value of [0, 9, 0x6000, 0x60000]) expect(read(exif(order, long, value))).toBe(1);
});

test("an orientation that cannot be read is upright", () => {
	const whole = exif("MM", long, 6);
	for (let length = 0; length < whole.length - 8; length++)
		expect(read(Buffer.from(whole.subarray(0, length)))).toBe(1);
	for (const offset of [whole.length - 1, whole.length, 0x7fff_ffff, 0xffff_ffff]) {
		const far = Buffer.from(whole);
		far.writeUInt32BE(offset, 4);
		expect(read(far)).toBe(1);
	}
	const many = Buffer.from(whole);
	many.writeUInt16BE(0xffff, 8);
	expect(read(many)).toBe(6);
});

test.each(["II", "MM"] as const)("a picture of each format is turned by a LONG in the order %s", async (order) => {
	const data = exif(order, long, 6);
	const [photo, plain, webp] = [fixture("baseline.jpg"), fixture("plain.png"), fixture("orientation-1.webp")];
	const segments = segment(0xe1, Buffer.concat([Buffer.from("Exif\0\0"), data]));
	const chunk = Buffer.alloc(8);
	chunk.write("EXIF");
	chunk.writeUInt32LE(data.length, 4);
	const at = webp.indexOf("EXIF");
	const sources = [
		Buffer.concat([photo.subarray(0, 2), segments, photo.subarray(2)]),
		Buffer.concat([plain.subarray(0, 33), pngChunk("eXIf", data), plain.subarray(33)]),
		Buffer.concat([webp.subarray(0, at), chunk, data]),
	];
	sources[2]?.writeUInt32LE((sources[2]?.length ?? 0) - 8, 4);

	for (const source of sources) {
		const { width, height } = await render(new Blob([source]), "post");
		expect([width, height]).toEqual([32, 48]);
	}
});
