import { Elysia } from "elysia";
import { AppError } from "../core/errors";

/** Why nothing may be written for now: the operator works on the data, the clock is behind, or the disk is nearly full. */
export type WriteBlock = { why: "maintenance" | "clock"; message: string } | { why: "disk" };

/** Seconds that a client should wait during maintenance. */
const maintenanceRetrySeconds = 60;

const reads = new Set(["GET", "HEAD", "OPTIONS"]);
/** Calls that work with little disk space: sign-in, sign-out, and those of administrators. */
const needed = /^\/(?:auth\/(?:login|refresh|logout|password|reset)|oauth\/|admin\/)/;

/** True when the server writes nothing at all, sessions included. */
export const blocksAllWrites = (writeBlock: WriteBlock | null): writeBlock is Exclude<WriteBlock, { why: "disk" }> =>
	writeBlock !== null && writeBlock.why !== "disk";

/** Refuses what would write while something holds it up, before any of it is read. Reading goes on, and so does deleting on a full disk. */
export const readOnly = (writeBlock: () => WriteBlock | null) =>
	new Elysia({ name: "http.writes" }).onRequest((context) => {
		const { request, path } = context as typeof context & { path: string }; // the types leave it out
		if (reads.has(request.method)) return;
		const block = writeBlock();
		if (blocksAllWrites(block)) throw inMaintenance(block.message);
		if (block && request.method !== "DELETE" && !needed.test(path))
			throw new AppError(
				"storage_full",
				"The disk is nearly full: nothing can be added now. Reading and deleting go on.",
			);
	});

const inMaintenance = (message: string) =>
	new AppError("busy", message || "The server is being looked after: one can read, and soon write again.", {
		retryAfter: maintenanceRetrySeconds,
	});
