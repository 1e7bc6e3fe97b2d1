import { Elysia } from "elysia";
import { AppError } from "../core/errors";

/** The reason for read-only mode: maintenance by the operator, a clock that is behind, or a nearly full disk. */
export type WriteBlock = { why: "maintenance" | "clock"; message: string } | { why: "disk" };

/** Seconds that a client should wait during maintenance. */
const maintenanceRetrySeconds = 60;

const reads = new Set(["GET", "HEAD", "OPTIONS"]);
/** Calls that work with little disk space: sign-in, sign-out, and those of administrators. */
const needed = /^\/(?:auth\/(?:login|refresh|logout|password|reset)|oauth\/|admin\/)/;

/** True when the server writes nothing at all, sessions included. */
export const blocksAllWrites = (writeBlock: WriteBlock | null): writeBlock is Exclude<WriteBlock, { why: "disk" }> =>
	writeBlock !== null && writeBlock.why !== "disk";

/** Refuses writes in read-only mode, before the server reads their bodies. On a full disk, deletions still work. */
export const readOnly = (writeBlock: () => WriteBlock | null) =>
	new Elysia({ name: "http.writes" }).onRequest((context) => {
		const { request, path } = context as typeof context & { path: string }; // missing in Elysia's types
		if (reads.has(request.method)) return;
		const block = writeBlock();
		if (blocksAllWrites(block)) throw inMaintenance(block.message);
		if (block && request.method !== "DELETE" && !needed.test(path))
			throw new AppError("storage_full", "The disk is nearly full. You can read and delete, but not add anything now.");
	});

const inMaintenance = (message: string) =>
	new AppError("busy", message || "The server is in maintenance. You can read now and write again later.", {
		retryAfter: maintenanceRetrySeconds,
	});
