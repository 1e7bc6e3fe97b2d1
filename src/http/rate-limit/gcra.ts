import { table } from "./bounded-map";
import type { Quota } from "./policies";

/** The state of a quota. Times are in milliseconds from now. */
export type Reading = {
	/** Zero when the request is within the quota. */
	wait: number;
	/** Requests that the client may send now. */
	remaining: number;
	/** Time until the whole quota is available again. */
	reset: number;
};

/**
 * Counts requests by key with the Generic Cell Rate Algorithm (ITU-T I.371, annex A; ATM Forum TM 4.0, section 4.4.2). It
 * is a leaky bucket that stores one number for each key: the time at which the quota is whole again. In any span of time it
 * grants exactly the quota and the part that came back during that span.
 *
 * rate-limiter-flexible does not fit: its counter in memory has no bound, has a timer for each key and reads the clock
 * itself. Its fixed windows grant twice the quota around their ends.
 */
export function meter({ most, now }: { most: number; now: () => Date }) {
	const start = now().getTime();
	const elapsed = () => now().getTime() - start;
	const wholeAgain = table<{ at: number }>(most);

	/** With `cost` 0 it only reads. */
	function read(key: string, { requests, seconds }: Quota, cost: 0 | 1): Reading {
		// The unit is a millisecond divided by the requests of the quota, so every number is an integer.
		const time = elapsed() * requests;
		const each = seconds * 1000;
		const window = each * requests;
		const entry = wholeAgain.get(key);
		const missing = entry ? Math.round(entry.at * requests) - time : 0;
		// A clock that is set back must not lock a caller out.
		const used = Math.min(Math.max(missing, 0), window);
		const wait = Math.max(0, used + each * cost - window);
		const after = wait > 0 ? used : used + each * cost;
		if (cost > 0 && wait === 0) wholeAgain.set(key, { at: (time + after) / requests });
		return {
			wait: wait / requests,
			remaining: Math.floor((window - after) / each),
			reset: after / requests,
		};
	}

	return {
		/** Counts a request, unless it has to wait. */
		take: (key: string, quota: Quota) => read(key, quota, 1),
		look: (key: string, quota: Quota) => read(key, quota, 0),
		/** Undoes a `take` of something that turned out to be free. */
		giveBack(key: string, { requests, seconds }: Quota) {
			const entry = wholeAgain.get(key);
			if (entry) entry.at -= (seconds * 1000) / requests;
		},
		size: wholeAgain.size,
	};
}
