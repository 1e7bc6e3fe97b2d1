import { AppError } from "./errors";

/** How many jobs of a limiter run and wait. */
export type Load = { running: number; waiting: number };

/**
 * Runs at most `running` jobs at once; at most `waiting` jobs wait in order.
 * Bun's thread pool has one thread a core and runs jobs in order. Without a limit, many password hashes delay file reads
 * and every other job of the pool.
 * @throws AppError `busy` when the queue is full.
 */
export function limiter({ running, waiting }: Load) {
	let active = 0;
	const queue: (() => void)[] = [];

	const leave = () => {
		const next = queue.shift();
		if (next) next();
		else active--;
	};

	const acquire = async (): Promise<() => void> => {
		if (active < running) active++;
		else {
			if (queue.length >= waiting) throw new AppError("busy", "Too many are waiting. Try again shortly.");
			await new Promise<void>((resolve) => queue.push(resolve)); // passes the slot on
		}
		let isHeld = true;
		return () => {
			if (isHeld) leave();
			isHeld = false;
		};
	};

	const run = async <T>(job: () => Promise<T>): Promise<T> => {
		const done = await acquire();
		try {
			return await job();
		} finally {
			done();
		}
	};
	return {
		run,
		/** Acquires a slot for work that outlives the call. Returns a function that releases it. */
		acquire,
		load: (): Load => ({ running: active, waiting: queue.length }),
	};
}
