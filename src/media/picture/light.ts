/** Red, green and blue, or X, Y and Z. */
export type Triple = [number, number, number];
export type Matrix = [Triple, Triple, Triple];

/** Maps an encoded value, 0 to 1, to linear light. */
export type Transfer = (value: number) => number;

export const srgbLight: Transfer = (value) => (value > 0.04045 ? ((value + 0.055) / 1.055) ** 2.4 : value / 12.92);

/** The sRGB value of an amount of linear light, clipped to 0 to 1. */
export function srgbValue(light: number): number {
	if (!(light > 0)) return 0;
	return light >= 1 ? 1 : light > 0.003_130_8 ? 1.055 * light ** (1 / 2.4) - 0.055 : light * 12.92;
}

/** The white point of all profiles: D50. */
export const white: Triple = [0.9642, 1, 0.8249];

/** The primaries of sRGB as XYZ under D50. */
export const srgb: Matrix = [
	[0.4361, 0.2225, 0.0139],
	[0.3851, 0.7169, 0.0971],
	[0.1431, 0.0606, 0.7141],
];

export const transpose = ([a, b, c]: Matrix): Matrix => [
	[a[0], b[0], c[0]],
	[a[1], b[1], c[1]],
	[a[2], b[2], c[2]],
];

export const apply = ([a, b, c]: Matrix, [x, y, z]: Triple): Triple => [
	a[0] * x + a[1] * y + a[2] * z,
	b[0] * x + b[1] * y + b[2] * z,
	c[0] * x + c[1] * y + c[2] * z,
];

const multiply = (one: Matrix, other: Matrix): Matrix => {
	const [a, b, c] = transpose(other);
	return transpose([apply(one, a), apply(one, b), apply(one, c)]);
};

const diagonal = ([x, y, z]: Triple): Matrix => [
	[x, 0, 0],
	[0, y, 0],
	[0, 0, z],
];

const cross = (a: Triple, b: Triple): Triple => [
	a[1] * b[2] - a[2] * b[1],
	a[2] * b[0] - a[0] * b[2],
	a[0] * b[1] - a[1] * b[0],
];

/** Returns non-finite numbers for a matrix without an inverse. */
function inverse([a, b, c]: Matrix): Matrix {
	const size = apply([a, a, a], cross(b, c))[0];
	const scaled = ([x, y, z]: Triple): Triple => [x / size, y / size, z / size];
	return transpose([scaled(cross(b, c)), scaled(cross(c, a)), scaled(cross(a, b))]);
}

/** Converts XYZ under D50 to linear sRGB. */
export const toSrgb = inverse(transpose(srgb));

/** The Bradford matrix: in its cone space, a new white point is three scale factors. */
const cones: Matrix = [
	[0.8951, 0.2664, -0.1614],
	[-0.7502, 1.7135, 0.0367],
	[0.0389, -0.0685, 1.0296],
];

/** Converts the chromaticities (x, y) of red, green, blue and white to primaries as XYZ under D50. */
export function primariesOf(chromaticities: number[]): Matrix | undefined {
	const xyz = (i: number): Triple => {
		const [x = 0, y = 0] = chromaticities.slice(i * 2);
		return [x / y, 1, (1 - x - y) / y];
	};
	const columns = transpose([xyz(0), xyz(1), xyz(2)]);
	const scales = apply(inverse(columns), xyz(3));
	const seen = apply(cones, xyz(3));
	const wanted = apply(cones, white);
	const adapt = diagonal([wanted[0] / seen[0], wanted[1] / seen[1], wanted[2] / seen[2]]);
	const toD50 = multiply(inverse(cones), multiply(adapt, cones));
	const primaries = transpose(multiply(toD50, multiply(columns, diagonal(scales))));
	return primaries.flat().every((value) => Math.abs(value) < 4) ? primaries : undefined; // false for NaN
}
