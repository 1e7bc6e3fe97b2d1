import type { Database } from "bun:sqlite";

/**
 * One read transaction for all reads of a turn of the event loop, instead of one per statement. To begin and end one takes
 * three system calls and 3.5 µs, several times the cost of reading a session. A request reads three or four times.
 * Reads are at most one turn old. Each write of this process ends the transaction first (atomic.ts). Writes of other
 * processes are visible in the next turn.
 */
export function readTransaction(client: Database) {
	const begin = client.prepare("BEGIN");
	const commit = client.prepare("COMMIT");
	let isOpen = false;

	/** Call it before a write, a checkpoint or any other use that needs a connection without a transaction. */
	function end() {
		if (!isOpen) return;
		isOpen = false;
		try {
			commit.run();
		} catch {
			// After a read that met corruption. That read has thrown the error already.
			if (client.inTransaction) client.run("ROLLBACK");
		}
	}

	return {
		/** Call it before a read. Does nothing inside a write transaction. */
		open() {
			if (isOpen || client.inTransaction) return;
			begin.run();
			isOpen = true;
			setImmediate(end);
		},
		end,
	};
}
