import type { Database } from "bun:sqlite";

/** How long deleted text may at most linger in the write-ahead log, in milliseconds. */
const lingers = 60_000;

/**
 * Makes deletion true: `secure_delete` overwrites deleted text in the database, but older copies of its pages stay in
 * the write-ahead log until that is cut off. Deletions that come together share one cut.
 */
export function shredder(client: Database) {
	let timer: ReturnType<typeof setTimeout> | null = null;
	const soon = () => {
		timer ??= setTimeout(now, lingers);
		timer.unref();
	};
	const now = () => {
		if (timer) clearTimeout(timer);
		timer = null;
		// The log cannot be cut off in the middle of a transaction.
		if (client.inTransaction || !cut(client)) soon();
	};
	return {
		now,
		soon,
		/** Before the database is closed: what was put off. */
		flush() {
			if (!timer) return;
			now();
			if (timer) clearTimeout(timer);
		},
	};
}
/** False while somebody reads from the log, such as a backup: to wait for that would keep everybody else waiting, too. */
function cut(client: Database): boolean {
	const { timeout } = client.query<{ timeout: number }, []>("PRAGMA busy_timeout").get() ?? { timeout: 0 };
	client.run("PRAGMA busy_timeout = 0");
	const { busy } = client.query<{ busy: number }, []>("PRAGMA wal_checkpoint(TRUNCATE)").get() ?? { busy: 0 };
	client.run(`PRAGMA busy_timeout = ${timeout}`);
	return busy === 0;
}

export type Shredder = ReturnType<typeof shredder>;
