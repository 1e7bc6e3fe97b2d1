import { srgbLight, type Transfer } from "./light";
import { name } from "./reader";

/** How much light each of a channel's 256 values stands for, from 0 to 1. */
export type Curve = number[];

const values = Array.from({ length: 256 }, (_, i) => i / 255);

/** A curve of a colour profile; nothing for one that is damaged. */
export function curveOf(tag: DataView | undefined): Curve | undefined {
	const found = tag && lightOf(tag);
	if (!found) return undefined;
	const curve = values.map((value) => Math.min(1, Math.max(0, found.light(value))));
	const rises = curve.every((value, i) => i === 0 || value >= (curve[i - 1] ?? 0)); // never true for a NaN
	return rises && (curve[255] ?? 0) > 0.5 ? curve : undefined;
}

type Found = { light: Transfer; bytes: number };

/** The curve that begins here, and how many bytes it takes; nothing for one that is damaged. */
export const lightOf = (tag: DataView): Found | undefined =>
	name(tag, 0) === "curv" ? table(tag) : name(tag, 0) === "para" ? formula(tag) : undefined;

/** A row of samples; with one it is an exponent, with none a straight line. */
function table(tag: DataView): Found | undefined {
	const count = tag.getUint32(8);
	const bytes = 12 + count * 2;
	if (bytes > tag.byteLength) return undefined;
	if (count === 0) return { bytes, light: (value) => value };
	if (count === 1) return { bytes, light: (value) => value ** (tag.getUint16(12) / 256) };
	const sample = (i: number) => tag.getUint16(12 + Math.min(i, count - 1) * 2) / 65_535;
	const light = (value: number) => {
		const at = value * (count - 1);
		const below = Math.floor(at);
		return sample(below) + (sample(below + 1) - sample(below)) * (at - below);
	};
	return { bytes, light };
}

/** Parameters of the five kinds of formulas. */
const parameters = [1, 3, 4, 5, 7];

/** (a·x + b)^g + e from d on, c·x + f below; the simpler kinds leave some of it out. */
function formula(tag: DataView): Found | undefined {
	const kind = tag.getUint16(8);
	const count = parameters[kind];
	const bytes = 12 + (count ?? 0) * 4;
	if (count === undefined || bytes > tag.byteLength) return undefined;
	const p = Array.from({ length: count }, (_, i) => tag.getInt32(12 + i * 4) / 65_536);
	const [g = 1, a = 1, b = 0] = p;
	const [c = 0, d = 0, e = 0, f = 0] = kind === 1 ? [0, -b / a] : kind === 2 ? [0, -b / a, p[3], p[3]] : p.slice(3);
	return { bytes, light: (value) => (value >= d ? (a * value + b) ** g + e : c * value + f) };
}

export const srgbCurve: Curve = values.map(srgbLight);

export const isSrgbCurve = (curve: Curve) => curve.every((value, i) => Math.abs(value - (srgbCurve[i] ?? 0)) < 0.002);

/** The curve most profiles have takes few bytes as a formula. Of others a sample for each value is all 8 bits can use. */
export function writeCurve(curve: Curve): Buffer {
	if (isSrgbCurve(curve)) {
		const tag = Buffer.alloc(32);
		tag.write("para");
		tag.writeUInt16BE(3, 8);
		for (const [i, value] of [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045].entries())
			tag.writeInt32BE(Math.round(value * 65_536), 12 + i * 4);
		return tag;
	}
	const tag = Buffer.alloc(12 + curve.length * 2);
	tag.write("curv");
	tag.writeUInt32BE(curve.length, 8);
	for (const [i, value] of curve.entries()) tag.writeUInt16BE(Math.round(value * 65_535), 12 + i * 2);
	return tag;
}
