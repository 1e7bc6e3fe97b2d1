import { Elysia } from "elysia";
import { AppError } from "../core/errors";
import { unlimitedPaths } from "./rate-limit";

/**
 * Maximum wait of a request, in milliseconds. In a longer queue most clients give up before their answer. The limit bounds
 * both the wait and the queue.
 */
const maxWaitMs = 500;

/**
 * Refuses requests that have waited too long. Bun hands over all requests that arrived during one turn of the event loop, one
 * after the other. So the next of them has waited at least as long as the turn has lasted. Without a listening server, as in
 * tests, no request waits.
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
		const { path } = context as typeof context & { path: string }; // missing in Elysia's types
		if (performance.now() - turn > maxWaitMs && !unlimitedPaths.has(path))
			throw new AppError("busy", "The server has too many requests. Try again shortly.");
	});
};
