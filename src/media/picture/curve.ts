import { name } from "./reader";

/** How much light each of a channel's 256 values stands for, from 0 to 1. */
export type Curve = number[];

const values = Array.from({ length: 256 }, (_, i) => i / 255);

/** A curve of a colour profile; nothing for one that is damaged. */
export function curveOf(tag: DataView | undefined): Curve | undefined {
	if (!tag) return undefined;
	const light = name(tag, 0) === "curv" ? table(tag) : name(tag, 0) === "para" ? formula(tag) : undefined;
	if (!light) return undefined;
	const curve = values.map((value) => Math.min(1, Math.max(0, light(value))));
	const rises = curve.every((value, i) => i === 0 || value >= (curve[i - 1] ?? 0)); // never true for a NaN
	return rises && (curve[255] ?? 0) > 0.5 ? curve : undefined;
}

type Light = (value: number) => number;

/** A row of samples; with one it is an exponent, with none a straight line. */
function table(tag: DataView): Light | undefined {
	const count = tag.getUint32(8);
	if (12 + count * 2 > tag.byteLength) return undefined;
	if (count === 0) return (value) => value;
	if (count === 1) return (value) => value ** (tag.getUint16(12) / 256);
	const sample = (i: number) => tag.getUint16(12 + Math.min(i, count - 1) * 2) / 65_535;
	return (value) => {
		const at = value * (count - 1);
		const below = Math.floor(at);
		return sample(below) + (sample(below + 1) - sample(below)) * (at - below);
	};
}

/** Parameters of the five kinds of formulas. */
const parameters = [1, 3, 4, 5, 7];

/** (a·x + b)^g + e from d on, c·x + f below; the simpler kinds leave some of it out. */
function formula(tag: DataView): Light | undefined {
	const kind = tag.getUint16(8);
	const count = parameters[kind];
	if (count === undefined || 12 + count * 4 > tag.byteLength) return undefined;
	const p = Array.from({ length: count }, (_, i) => tag.getInt32(12 + i * 4) / 65_536);
	const [g = 1, a = 1, b = 0] = p;
	const [c = 0, d = 0, e = 0, f = 0] = kind === 1 ? [0, -b / a] : kind === 2 ? [0, -b / a, p[3], p[3]] : p.slice(3);
	return (value) => (value >= d ? (a * value + b) ** g + e : c * value + f);
}

const srgb: Curve = values.map((value) => (value >= 0.04045 ? ((value + 0.055) / 1.055) ** 2.4 : value / 12.92));

export const isSrgbCurve = (curve: Curve) => curve.every((value, i) => Math.abs(value - (srgb[i] ?? 0)) < 0.002);

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
