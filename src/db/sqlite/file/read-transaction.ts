import type { Database } from "bun:sqlite";

/**
 * One read transaction for all that is read until the event loop turns, instead of one for each statement. Beginning and
 * ending one takes SQLite three calls of the system and 3.5 µs, several times what reading a session does; and a request
 * reads three or four times, and with it those that arrived together.
 * What is read is as old as its turn at most: of our own writes each ends it (see atomic.ts), and those of commands beside
 * the server are seen in the next.
 */
export function readTransaction(client: Database) {
	const begin = client.prepare("BEGIN");
	const commit = client.prepare("COMMIT");
	let isOpen = false;

	/** Before anything that needs the connection to be in no transaction. */
	function end() {
		if (!isOpen) return;
		isOpen = false;
		try {
			commit.run();
		} catch {
			// After a read that met damage, which whoever read was told of.
			if (client.inTransaction) client.run("ROLLBACK");
		}
	}

	return {
		/** Before a read. Does nothing within a write. */
		open() {
			if (isOpen || client.inTransaction) return;
			begin.run();
			isOpen = true;
			setImmediate(end);
		},
		end,
	};
}
