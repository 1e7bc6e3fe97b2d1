type Handle = (error: unknown) => void;

let handle: Handle | undefined;

/**
 * Hands every error that nothing caught to `handler`: one for the process, and the last one set counts. Without one, Bun
 * ends the process at once.
 */
export function onUnexpected(handler: Handle) {
	if (handle === undefined)
		process.on("uncaughtException", (error) => handle?.(error)).on("unhandledRejection", (error) => handle?.(error));
	handle = handler;
}
