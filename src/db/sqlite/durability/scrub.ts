import type { Wal } from "./wal";

/** How long deleted text may at most linger in the write-ahead log, in milliseconds. */
const maxLingerMs = 60_000;

/**
 * Makes deletion true: `secure_delete` overwrites deleted text in the database, but older copies of its pages stay in
 * the write-ahead log until that is cut off. Deletions that come together share one cut.
 */
export function walScrubber(wal: Wal) {
	let timer: ReturnType<typeof setTimeout> | null = null;
	const schedule = () => {
		timer ??= setTimeout(() => void now().catch(() => {}), maxLingerMs); // whoever keeps the log says what is wrong with it
		timer.unref();
	};
	/** Where others are in the way, such as a transaction that is not at its end: later. */
	const now = async () => {
		if (timer) clearTimeout(timer);
		timer = null;
		if (!(await wal.truncate())) schedule();
	};
	return {
		now,
		schedule,
		/** Before the database is closed: what was put off. */
		async flush() {
			if (timer === null) return;
			await now();
			if (timer) clearTimeout(timer);
		},
	};
}
export type WalScrubber = ReturnType<typeof walScrubber>;
