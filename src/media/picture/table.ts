import { lightOf } from "./curve";
import { apply, type Matrix, type Triple, white } from "./light";
import { name } from "./reader";

/** Maps RGB, 0 to 1, to XYZ under D50. */
export type Table = (rgb: Triple) => Triple;

type Step = (colour: Triple) => Triple;

/**
 * Reads the colour table of an RGB profile (lut8, lut16 or lutAToB, to XYZ or Lab). Undefined for a damaged one.
 * Black is mapped to the black of sRGB, as in other programs. Otherwise shadows would be grey.
 */
export function tableOf(profile: DataView, tag: DataView): Table | undefined {
	const kind = name(tag, 0);
	if (tag.byteLength < 52 || tag.getUint8(8) !== 3 || tag.getUint8(9) !== 3) return undefined;
	const steps = kind === "mAB " ? curvesAndTable(tag) : kind === "mft1" || kind === "mft2" ? lutTable(tag) : undefined;
	const space = name(profile, 20);
	if (!steps || (space !== "Lab " && space !== "XYZ ")) return undefined;
	const measured = space === "XYZ " ? fromXyz : kind === "mft2" ? fromLab(65_535 / 65_280) : fromLab(1);
	const all = [...steps, measured];
	const table: Table = (rgb) => all.reduce((colour, step) => step(colour), rgb);
	// Version 4 defines the black of perceptual tables. For other versions the table itself gives it.
	const darkest = profile.getUint8(8) >= 4 ? 0.003_473_1 : blackOf(table([0, 0, 0]));
	const black: Triple = [white[0] * darkest, white[1] * darkest, white[2] * darkest];
	const scale = 1 / (1 - darkest);
	return (rgb) => {
		const [x, y, z] = table(rgb);
		return [(x - black[0]) * scale, (y - black[1]) * scale, (z - black[2]) * scale];
	};
}

/** The lightness of the darkest colour, 0 to 1. Values above middle grey count as middle grey. */
const blackOf = ([, y]: Triple) => Math.min(0.184, Math.max(0, y));

const fromXyz: Step = ([x, y, z]) => {
	const most = 65_535 / 32_768;
	return [x * most, y * most, z * most];
};

/** 16-bit tables of the old form reach slightly above 100 and 127. */
const fromLab =
	(most: number): Step =>
	([l, a, b]) => {
		const middle = (l * most * 100 + 16) / 116;
		const cube = (value: number) => (value > 6 / 29 ? value ** 3 : (value - 4 / 29) * (108 / 841));
		return [
			white[0] * cube(middle + (a * most * 255 - 128) / 500),
			white[1] * cube(middle),
			white[2] * cube(middle - (b * most * 255 - 128) / 200),
		];
	};

type Samples = { count: number; at: (i: number) => number };

function samples(tag: DataView, offset: number, bytes: number, count: number): Samples | undefined {
	if (offset + count * bytes > tag.byteLength) return undefined;
	return {
		count,
		at: bytes === 1 ? (i) => tag.getUint8(offset + i) / 255 : (i) => tag.getUint16(offset + i * 2) / 65_535,
	};
}

/** Reads three input curves, a table, and three output curves. */
function lutTable(tag: DataView): Step[] | undefined {
	const isSmall = name(tag, 0) === "mft1";
	const bytes = isSmall ? 1 : 2;
	const grid = tag.getUint8(10);
	const [before, after] = isSmall ? [256, 256] : [tag.getUint16(48), tag.getUint16(50)];
	const start = isSmall ? 48 : 52;
	const size = grid ** 3 * 3;
	const input = samples(tag, start, bytes, before * 3);
	const table = samples(tag, start + before * 3 * bytes, bytes, size);
	const output = samples(tag, start + (before * 3 + size) * bytes, bytes, after * 3);
	if (!input || !table || !output || grid < 2 || before < 2 || after < 2) return undefined;
	return [sampledCurves(input), tetrahedral(table, [grid, grid, grid]), sampledCurves(output)];
}

function sampledCurves({ count, at }: Samples): Step {
	const last = count / 3 - 1;
	const curve = (i: number, value: number) => {
		const place = clamp(value) * last;
		const below = Math.min(Math.floor(place), last - 1);
		const start = i * (last + 1) + below;
		return at(start) + (at(start + 1) - at(start)) * (place - below);
	};
	return ([a, b, c]) => [curve(0, a), curve(1, b), curve(2, c)];
}

/** Reads up to five steps, each at its own offset: curves, table, curves, matrix, curves. */
function curvesAndTable(tag: DataView): Step[] | undefined {
	const [b, matrix, m, table, a] = [12, 16, 20, 24, 28].map((at) => tag.getUint32(at));
	const steps: (Step | undefined)[] = [];
	if (a) steps.push(curvesAt(tag, a));
	if (table) steps.push(tableAt(tag, table));
	if (m) steps.push(curvesAt(tag, m));
	if (matrix) steps.push(matrixAt(tag, matrix));
	if (b) steps.push(curvesAt(tag, b));
	return steps.length > 0 && steps.every((step) => step !== undefined) ? steps : undefined;
}

function curvesAt(tag: DataView, start: number): Step | undefined {
	const lights: ((value: number) => number)[] = [];
	for (let i = 0, at = start; i < 3; i++) {
		if (at + 12 > tag.byteLength) return undefined;
		const curve = new DataView(tag.buffer, tag.byteOffset + at, tag.byteLength - at);
		const found = lightOf(curve);
		if (!found) return undefined;
		lights.push(found.light);
		at += Math.ceil(found.bytes / 4) * 4;
	}
	const [x = Number, y = Number, z = Number] = lights;
	return ([a, b, c]) => [clamp(x(clamp(a))), clamp(y(clamp(b))), clamp(z(clamp(c)))];
}

function matrixAt(tag: DataView, start: number): Step | undefined {
	if (start + 48 > tag.byteLength) return undefined;
	const at = (i: number) => tag.getInt32(start + i * 4) / 65_536;
	const row = (i: number): Triple => [at(i * 3), at(i * 3 + 1), at(i * 3 + 2)];
	const matrix: Matrix = [row(0), row(1), row(2)];
	return (colour) => {
		const [a, b, c] = apply(matrix, colour);
		return [a + at(9), b + at(10), c + at(11)];
	};
}

function tableAt(tag: DataView, start: number): Step | undefined {
	if (start + 20 > tag.byteLength) return undefined;
	const sizes: Triple = [tag.getUint8(start), tag.getUint8(start + 1), tag.getUint8(start + 2)];
	const bytes = tag.getUint8(start + 16);
	if (sizes.some((size) => size < 2) || (bytes !== 1 && bytes !== 2)) return undefined;
	const table = samples(tag, start + 20, bytes, sizes[0] * sizes[1] * sizes[2] * 3);
	return table && tetrahedral(table, sizes);
}

const clamp = (value: number) => (value > 0 ? Math.min(1, value) : 0);

/** Interpolates in a three-dimensional table, in the tetrahedron that contains the colour. */
function tetrahedral({ at }: { at: (i: number) => number }, sizes: Triple): Step {
	const steps = [sizes[1] * sizes[2] * 3, sizes[2] * 3, 3];
	return (colour) => {
		let start = 0;
		const edges = colour.map((value, i) => {
			const last = (sizes[i] ?? 2) - 1;
			const place = clamp(value) * last;
			const below = Math.min(Math.floor(place), last - 1);
			start += below * (steps[i] ?? 0);
			return { part: place - below, step: steps[i] ?? 0 };
		});
		edges.sort((one, other) => other.part - one.part);
		const mixed: Triple = [at(start), at(start + 1), at(start + 2)];
		let corner = start;
		for (const { part, step } of edges) {
			for (const i of [0, 1, 2] as const) mixed[i] += part * (at(corner + step + i) - at(corner + i));
			corner += step;
		}
		return mixed;
	};
}
