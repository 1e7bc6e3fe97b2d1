import type { Triple } from "./light";

/** Points along each side. 33 is usual for 8-bit pictures. */
const side = 33;
const steps = [side * side * 3, side * 3, 3] as const;

/** The points of a conversion: red, green and blue each, from 0 to 255. */
export async function gridOf(colours: (rgb: Triple) => Triple): Promise<Float32Array> {
	const grid = new Float32Array(side ** 3 * 3);
	let at = 0;
	for (let r = 0; r < side; r++) {
		for (let g = 0; g < side; g++)
			for (let b = 0; b < side; b++)
				for (const value of colours([r / (side - 1), g / (side - 1), b / (side - 1)])) grid[at++] = value * 255;
		await new Promise(setImmediate); // one slice takes a few milliseconds
	}
	return grid;
}

/** For each value: the grid point below it, and its distance to that point from 0 to 1. */
const points = Array.from({ length: 256 }, (_, value) => Math.min(Math.floor((value * (side - 1)) / 255), side - 2));
const below = Uint8Array.from(points);
const parts = Float64Array.from(points, (point, value) => (value * (side - 1)) / 255 - point);

/**
 * Converts RGBA pixels in place by tetrahedral interpolation. Six tetrahedra fill each grid cell. The order of the three
 * distances selects the one that contains the colour.
 */
export function interpolate(pixels: Uint8Array, grid: Float32Array): void {
	const [stepR, stepG, stepB] = steps;
	for (let at = 0; at + 3 < pixels.length; at += 4) {
		const r = pixels[at] as number;
		const g = pixels[at + 1] as number;
		const b = pixels[at + 2] as number;
		const x = parts[r] as number;
		const y = parts[g] as number;
		const z = parts[b] as number;
		const start = (below[r] as number) * stepR + (below[g] as number) * stepG + (below[b] as number) * stepB;
		const end = start + stepR + stepG + stepB;
		const largest = Math.max(x, y, z);
		const smallest = Math.min(x, y, z);
		const middle = x + y + z - largest - smallest;
		const first = start + (x === largest ? stepR : y === largest ? stepG : stepB);
		// `second` must differ from `first`, even when all distances are equal.
		const second = end - (z === smallest ? stepB : y === smallest ? stepG : stepR);
		for (let i = 0; i < 3; i++) {
			const value =
				(1 - largest) * (grid[start + i] as number) +
				(largest - middle) * (grid[first + i] as number) +
				(middle - smallest) * (grid[second + i] as number) +
				smallest * (grid[end + i] as number);
			pixels[at + i] = value + 0.5;
		}
	}
}
