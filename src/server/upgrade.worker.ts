import { OperatorError } from "../core/errors";
import { engine } from "../db/open";

export type MigrationJob = { path: string; durability: "full" | "normal" };
/** Progress, or the end: with the message of an OperatorError, or null for success. */
export type WorkerMessage = { notify: string } | { refused: string | null };

declare const self: { onmessage: (event: MessageEvent<MigrationJob>) => void };

const send = (told: WorkerMessage) => postMessage(told);

/** Applies the migrations in a worker. If the process dies meanwhile, the transaction rolls back. */
self.onmessage = ({ data }) => {
	try {
		engine.bringUpToDate({ ...data, notify: (notify) => send({ notify }) });
		send({ refused: null });
	} catch (error) {
		if (!(error instanceof OperatorError)) throw error;
		send({ refused: error.message });
	}
};
