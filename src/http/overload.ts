import { Elysia } from "elysia";
import { AppError } from "../core/errors";
import { unlimitedPaths } from "./rate-limit";

/**
 * Whoever has waited this long is told to come again, in milliseconds. A server that answers everybody late answers most of
 * them when they have gone, and does work for nobody; as it is, each wait is bounded and so is what waits.
 */
const maxWaitMs = 500;

/**
 * Refuses what there is no time for. All requests that have arrived while the loop was at work are handed over in one turn of
 * it, one after the other: how long that turn has taken is how long the next of them has waited, at least. Where nothing
 * listens, as in tests, nobody waits.
 */
export const overload = (isServing: () => boolean) => {
	let turn: number | null = null;
	return new Elysia({ name: "http.overload" }).onRequest((context) => {
		if (turn === null) {
			if (!isServing()) return;
			turn = performance.now();
			setImmediate(() => {
				turn = null;
			});
			return;
		}
		const { path } = context as typeof context & { path: string }; // the types leave it out
		if (performance.now() - turn > maxWaitMs && !unlimitedPaths.has(path))
			throw new AppError("busy", "More is asked of this server than it can do. Try again shortly.");
	});
};
