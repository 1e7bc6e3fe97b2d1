import { OperatorError } from "../core/errors";
import { engine } from "../db/open";

export type Work = { path: string; durability: "full" | "normal" };
/** What it does now; or that it is over, with what stood in the way. */
export type Told = { notify: string } | { refused: string | null };

declare const self: { onmessage: (event: MessageEvent<Work>) => void };

const tell = (told: Told) => postMessage(told);

/** Runs in a thread of its own, and dies with the process: then the database is as it was. */
self.onmessage = ({ data }) => {
	try {
		engine.bringUpToDate({ ...data, notify: (notify) => tell({ notify }) });
		tell({ refused: null });
	} catch (error) {
		if (!(error instanceof OperatorError)) throw error;
		tell({ refused: error.message });
	}
};
