import { createHash } from "node:crypto";

export const hour = 3_600_000;
export const day = 24 * hour;

export type Random = ReturnType<typeof seededRandom>;

/**
 * Random numbers that start the same way for the same text, on every machine (sfc32). Each part of the seed has its own:
 * with more posts the people stay the same.
 */
export function seededRandom(text: string) {
	const start = createHash("sha256").update(text).digest();
	let [a, b, c, d] = [start.readInt32LE(0), start.readInt32LE(4), start.readInt32LE(8), 1];
	const bits = () => {
		const sum = (((a + b) | 0) + d) | 0;
		d = (d + 1) | 0;
		a = b ^ (b >>> 9);
		b = (c + (c << 3)) | 0;
		c = (((c << 21) | (c >>> 11)) + sum) | 0;
		return sum >>> 0;
	};
	const next = () => bits() / 0x100000000;
	const below = (limit: number) => Math.floor(next() * limit);
	const hex = (digits: number) => (bits() >>> (32 - 4 * digits)).toString(16).padStart(digits, "0");

	return {
		/** From 0 to 1, without 1. */
		next,
		below,
		maybe: (probability: number) => next() < probability,
		pick: <T>(list: readonly T[]): T => list[below(list.length)] as T,
		/** Mostly less than the mean, now and then several times as much. */
		exponential: (mean: number) => -mean * Math.log(1 - next()),
		/** Log-normal with mean 1, as popularity and diligence are spread. */
		skewed: (spread: number) =>
			Math.exp(spread * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()) - spread ** 2 / 2),
		/** A UUIDv7 of that time. */
		uuid: (at: number) => {
			const time = at.toString(16).padStart(12, "0");
			const variant = "89ab"[below(4)];
			return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(3)}-${variant}${hex(3)}-${hex(8)}${hex(4)}`;
		},
	};
}

/** Picks from a list by weight; `length` limits it to the first items. */
export function weighted<T>(list: readonly T[], weightOf: (item: T) => number) {
	let sum = 0;
	const sums = list.map((item) => {
		sum += weightOf(item);
		return sum;
	});
	return ({ next }: Random, length = list.length): T =>
		list[countUntil(sums, next() * (sums[length - 1] ?? 0), length - 1)] as T;
}

/** The number of items in a sorted list that are not above a value. */
export function countUntil(sorted: readonly number[], value: number, length = sorted.length): number {
	let [low, high] = [0, length];
	while (low < high) {
		const middle = (low + high) >> 1;
		if ((sorted[middle] as number) <= value) low = middle + 1;
		else high = middle;
	}
	return low;
}
