import type { Database } from "bun:sqlite";

/** How long deleted text may at most linger in the write-ahead log, in milliseconds. */
const lingers = 60_000;

/**
 * Makes deletion true: `secure_delete` overwrites deleted text in the database, but older copies of its pages stay in
 * the write-ahead log until that is cut off. Deletions that come together share one cut.
 */
export function shredder(client: Database) {
	let timer: ReturnType<typeof setTimeout> | null = null;
	const now = () => {
		if (timer) clearTimeout(timer);
		timer = null;
		client.run("PRAGMA wal_checkpoint(TRUNCATE)");
	};
	return {
		now,
		soon() {
			timer ??= setTimeout(now, lingers);
			timer.unref();
		},
		/** Before the database is closed: what `soon` put off. */
		flush() {
			if (timer) now();
		},
	};
}
export type Shredder = ReturnType<typeof shredder>;
