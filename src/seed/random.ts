import { createHash } from "node:crypto";

export type Chance = ReturnType<typeof chanceOf>;

/**
 * Random numbers that start the same way for the same text, on every machine (sfc32). Each part of the seed has its own:
 * with more posts the people stay who they are.
 */
export function chanceOf(text: string) {
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
		/** Around 1, a few very large: how popularity, diligence and the like are spread. */
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

/** Picks from a list by weight; `upTo` limits it to the first so many. */
export function weighted(weights: readonly number[]) {
	let sum = 0;
	const sums = weights.map((weight) => {
		sum += weight;
		return sum;
	});
	return (chance: Chance, upTo = sums.length): number => {
		const target = chance.next() * (sums[upTo - 1] ?? 0);
		let [low, high] = [0, upTo - 1];
		while (low < high) {
			const middle = (low + high) >> 1;
			if ((sums[middle] ?? 0) > target) high = middle;
			else low = middle + 1;
		}
		return low;
	};
}
