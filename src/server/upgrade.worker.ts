import { OperatorError } from "../core/errors";
import { engine } from "../db/open";

export type MigrationJob = { path: string; durability: "full" | "normal" };
/** What it does now; or that it is over, with what stood in the way. */
export type WorkerMessage = { notify: string } | { refused: string | null };

declare const self: { onmessage: (event: MessageEvent<MigrationJob>) => void };

const send = (told: WorkerMessage) => postMessage(told);

/** Runs in a thread of its own, and dies with the process: then the database is as it was. */
self.onmessage = ({ data }) => {
	try {
		engine.bringUpToDate({ ...data, notify: (notify) => send({ notify }) });
		send({ refused: null });
	} catch (error) {
		if (!(error instanceof OperatorError)) throw error;
		send({ refused: error.message });
	}
};
