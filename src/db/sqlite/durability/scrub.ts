import type { Wal } from "./wal";

/** Longest time that deleted text stays in the WAL, in milliseconds. */
const maxLingerMs = 60_000;

/**
 * Removes deleted text from the WAL. `secure_delete` overwrites it in the database, but the WAL keeps older copies of the
 * pages until it is truncated. Deletions within `maxLingerMs` share one truncation.
 */
export function walScrubber(wal: Wal) {
	let timer: ReturnType<typeof setTimeout> | null = null;
	const schedule = () => {
		timer ??= setTimeout(() => void now().catch(() => {}), maxLingerMs); // the WAL reports its own failures
		timer.unref();
	};
	/** Tries again later when another connection or an open transaction blocks it. */
	const now = async () => {
		if (timer) clearTimeout(timer);
		timer = null;
		if (!(await wal.truncate())) schedule();
	};
	return {
		now,
		schedule,
		/** Runs the scheduled truncation now. Call it before the database closes. */
		async flush() {
			if (timer === null) return;
			await now();
			if (timer) clearTimeout(timer);
		},
	};
}
export type WalScrubber = ReturnType<typeof walScrubber>;
