import { srgbLight, type Transfer } from "./light";
import { name } from "./reader";

/** The linear light, 0 to 1, of each of the 256 values of a channel. */
export type Curve = number[];

const values = Array.from({ length: 256 }, (_, i) => i / 255);

/** Reads a curve of a colour profile. Undefined for a damaged one. */
export function curveOf(tag: DataView | undefined): Curve | undefined {
	const found = tag && lightOf(tag);
	if (!found) return undefined;
	const curve = values.map((value) => Math.min(1, Math.max(0, found.light(value))));
	const rises = curve.every((value, i) => i === 0 || value >= (curve[i - 1] ?? 0)); // false for NaN
	return rises && (curve[255] ?? 0) > 0.5 ? curve : undefined;
}

type Found = { light: Transfer; bytes: number };

/** Reads the curve at the start of `tag` and its length in bytes. Undefined for a damaged one. */
export const lightOf = (tag: DataView): Found | undefined =>
	name(tag, 0) === "curv" ? table(tag) : name(tag, 0) === "para" ? formula(tag) : undefined;

/** A list of samples. One sample is an exponent; none means the identity. */
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

/** The number of parameters of each of the five function types. */
const parameters = [1, 3, 4, 5, 7];

/** (a·x + b)^g + e for x ≥ d, and c·x + f below. The simpler types lack some parameters. */
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

/** The sRGB curve is short as a formula. For other curves, 256 samples are all that 8 bits can use. */
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
