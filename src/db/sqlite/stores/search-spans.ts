import { lazily } from "../../../core/lazily";
import type { Query } from "../../../social/search/query";
import type { Readable } from "../query/atomic";

/** A range of post keys. `from` is inclusive, `below` exclusive. */
export type Span = { from: number; below: number };
/** A range of times in milliseconds since 1970. `since` is inclusive, `until` exclusive. */
export type Times = { since: number; until: number };

/** The range of a JavaScript Date. */
const anyTime: Times = { since: -8.64e15, until: 8.64e15 };
export const timesOf = ({ from, until }: Query): Times => ({
	since: from?.getTime() ?? anyTime.since,
	until: until?.getTime() ?? anyTime.until,
});
export const isBounded = ({ since, until }: Times) => since > anyTime.since || until < anyTime.until;

/** `forwards` goes to newer posts, `backwards` to older ones. */
export type Direction = "forwards" | "backwards";

type Steps = {
	order: (a: number, b: number) => number;
	/** The part of a span up to a key, inclusive. */
	upTo: (span: Span, key: number) => Span;
	/** The rest of a span after a part of it. */
	after: (span: Span, part: Span) => Span;
	/** The last key before a span. */
	lastBefore: (span: Span) => number;
	/** The rest of a span after a key. */
	resume: (span: Span, last: number) => Span;
};

export const steps: Record<Direction, Steps> = {
	forwards: {
		order: (a, b) => a - b,
		upTo: ({ from }, key) => ({ from, below: key + 1 }),
		after: ({ below }, part) => ({ from: part.below, below }),
		lastBefore: ({ from }) => from - 1,
		resume: ({ from, below }, last) => ({ from: Math.max(from, last + 1), below }),
	},
	backwards: {
		order: (a, b) => b - a,
		upTo: ({ below }, key) => ({ from: key, below }),
		after: ({ from }, part) => ({ from, below: part.from }),
		lastBefore: ({ below }) => below,
		resume: ({ from, below }, last) => ({ from, below: Math.min(below, last) }),
	},
};

/** Keys per row of `post_times`. */
const rowSize = 1_024;
/** Rows of `post_times` per read. */
const rowsAtOnce = 1_000;

/** Finds the spans of keys with posts of a time range. After a wrong clock these spans may lie far apart. */
export function timeSpans(db: Readable) {
	const inOrder = (order: "ASC" | "DESC") =>
		lazily(() =>
			db.$client.prepare<{ span: number }, Record<string, number>>(
				`SELECT span FROM post_times WHERE span >= (SELECT $first) AND span <= (SELECT $last)
					AND newest >= (SELECT $since) AND oldest < (SELECT $until)
				ORDER BY span ${order} LIMIT ${rowsAtOnce}`,
			),
		);
	const statements = { forwards: inOrder("ASC"), backwards: inOrder("DESC") };
	const numberOf = (key: number) => Math.floor(key / rowSize);

	/** The parts of a span that may have posts of a time range, in order. Adjacent parts are joined. */
	return function* (span: Span, times: Times, direction: Direction): Generator<Span> {
		if (!isBounded(times)) return yield span;
		let [first, last] = [numberOf(span.from), numberOf(span.below - 1)];
		while (first <= last) {
			const found = statements[direction]().all({ first, last, ...times });
			const numbers = found.map(({ span }) => span);
			for (const run of runsOf(numbers))
				yield {
					from: Math.max(span.from, run.first * rowSize),
					below: Math.min(span.below, (run.last + 1) * rowSize),
				};
			const end = numbers.at(-1);
			if (end === undefined || numbers.length < rowsAtOnce) return;
			if (direction === "forwards") first = end + 1;
			else last = end - 1;
		}
	};
}

/** Joins consecutive numbers, in rising or falling order. */
function runsOf(numbers: number[]): { first: number; last: number }[] {
	const runs: { first: number; last: number }[] = [];
	for (const number of numbers) {
		const run = runs.at(-1);
		if (run?.last === number - 1) run.last = number;
		else if (run?.first === number + 1) run.first = number;
		else runs.push({ first: number, last: number });
	}
	return runs;
}
