type Handle = (error: unknown) => void;

let handle: Handle | undefined;

/** Sets the handler of uncaught errors and rejections; a new handler replaces the old. Without one, Bun exits at once. */
export function onUnexpected(handler: Handle) {
	if (handle === undefined)
		process.on("uncaughtException", (error) => handle?.(error)).on("unhandledRejection", (error) => handle?.(error));
	handle = handler;
}
