import { type Curve, curveOf, isSrgbCurve, srgbCurve, writeCurve } from "./curve";
import { type Matrix, srgb, white } from "./light";
import { name } from "./reader";

/**
 * Builds an ICC profile from the primaries and curves of another one. It drops names, serial numbers and all other data.
 * Undefined for a damaged profile, and for sRGB, which is the default without a profile. Also for CMYK, grey and colour
 * tables, whose pixels are converted before encoding.
 */
export function minimalProfile(icc: Uint8Array | undefined): Uint8Array | undefined {
	if (!icc || icc.length < 132) return undefined;
	const view = new DataView(icc.buffer, icc.byteOffset, icc.byteLength);
	if (name(view, 36) !== "acsp" || name(view, 16) !== "RGB " || name(view, 20) !== "XYZ ") return undefined;
	const tags = tagsOf(view);
	const primaries = ["rXYZ", "gXYZ", "bXYZ"].map((tag) => xyzOf(tags.get(tag)));
	const curves = ["rTRC", "gTRC", "bTRC"].map((tag) => curveOf(tags.get(tag)));
	if (!primaries.every((xyz) => xyz !== undefined) || !curves.every((curve) => curve !== undefined)) return undefined;
	if (!addUpToWhite(primaries)) return undefined;
	return profileOf(primaries, curves);
}

/** The profile of these primaries with the sRGB curve. Undefined for sRGB. */
export const profileOfPrimaries = (primaries: Matrix) => profileOf(primaries, [srgbCurve, srgbCurve, srgbCurve]);

function profileOf(primaries: number[][], curves: Curve[]): Uint8Array | undefined {
	if (curves.every(isSrgbCurve) && primaries.every((xyz, i) => isNear(xyz, srgb[i] ?? []))) return undefined;
	return write([...primaries.map(writeXyz), ...curves.map(writeCurve)]);
}

export function tagsOf(view: DataView): Map<string, DataView> {
	const tags = new Map<string, DataView>();
	const count = Math.min(view.getUint32(128), 100);
	for (let i = 0, at = 132; i < count && at + 12 <= view.byteLength; i++, at += 12) {
		const [offset, length] = [view.getUint32(at + 4), view.getUint32(at + 8)];
		if (length >= 12 && offset + length <= view.byteLength)
			tags.set(name(view, at), new DataView(view.buffer, view.byteOffset + offset, length));
	}
	return tags;
}

function xyzOf(tag: DataView | undefined): number[] | undefined {
	if (!tag || tag.byteLength < 20 || name(tag, 0) !== "XYZ ") return undefined;
	return [8, 12, 16].map((at) => tag.getInt32(at) / 65_536);
}

const isNear = (one: number[], other: number[], tolerance = 0.003) =>
	one.every((value, i) => Math.abs(value - (other[i] ?? 0)) <= tolerance);

const addUpToWhite = (primaries: number[][]) =>
	isNear(
		white.map((_, i) => primaries.reduce((sum, xyz) => sum + (xyz[i] ?? 0), 0)),
		white,
		0.05,
	);

function writeXyz(xyz: number[]): Buffer {
	const tag = Buffer.alloc(20);
	tag.write("XYZ ");
	for (const [i, value] of xyz.entries()) tag.writeInt32BE(Math.round(value * 65_536), 8 + i * 4);
	return tag;
}

/** The ICC format requires a description and a copyright. */
function writeText(text: string): Buffer {
	const tag = Buffer.alloc(28 + text.length * 2);
	tag.write("mluc");
	tag.writeUInt32BE(1, 8);
	tag.writeUInt32BE(12, 12);
	tag.write("enUS", 16);
	tag.writeUInt32BE(text.length * 2, 20);
	tag.writeUInt32BE(28, 24);
	tag.set(Buffer.from(text, "utf16le").swap16(), 28);
	return tag;
}

const names = ["desc", "cprt", "wtpt", "rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC"];

/** Writes a profile of version 4.3 with fixed header, texts and white point. Equal curves are written once. */
function write(colours: Buffer[]): Uint8Array {
	const values = [writeText("RGB"), writeText("CC0"), writeXyz(white), ...colours];
	const directory = Buffer.alloc(4 + names.length * 12);
	directory.writeUInt32BE(names.length, 0);
	const body: Buffer[] = [];
	let end = 128 + directory.length;
	for (const [i, value] of values.entries()) {
		const twin = values.findIndex((other) => other.equals(value));
		const entry = 4 + i * 12;
		directory.write(names[i] ?? "", entry);
		if (twin < i) directory.copy(directory, entry + 4, 4 + twin * 12 + 4, 4 + twin * 12 + 12);
		else {
			directory.writeUInt32BE(end, entry + 4);
			directory.writeUInt32BE(value.length, entry + 8);
			const padded = Buffer.alloc(Math.ceil(value.length / 4) * 4);
			padded.set(value);
			body.push(padded);
			end += padded.length;
		}
	}
	const header = Buffer.alloc(128);
	header.writeUInt32BE(end, 0);
	header.writeUInt32BE(0x04300000, 8);
	header.write("mntrRGB XYZ ", 12);
	header.write("acsp", 36);
	writeXyz(white).copy(header, 68, 8);
	return Buffer.concat([header, directory, ...body]);
}
