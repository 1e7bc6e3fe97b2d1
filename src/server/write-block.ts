import { dirname } from "node:path";
import type { Config } from "../config/config";
import { behindAdvice, type Clock } from "../core/clock";
import type { Log } from "../core/log";
import { isInMemory } from "../db/engine";
import { engine } from "../db/open";
import { freeBytes, realPath } from "../disk/free-space";
import type { WriteBlock } from "../http/read-only";
import { maintenance } from "../instance/maintenance";

const clockMessage = "The clock of the server is wrong. You can read, but not write, until the operator corrects it.";
const restoreMessage = "The operator is restoring a backup, which would discard your changes. Try again later.";
/** Lifetime of a cached result. A check takes 10 µs, and thousands of requests may come in a second. */
const cacheMs = 1_000;

type Options = {
	config: Pick<Config, "dataDir" | "databasePath" | "uploadDir" | "media">;
	log: Pick<Log, "info" | "warn">;
};

/** Returns a function that gives the reason for read-only mode, or null. Its result is up to a second old. */
export function watchWriteBlock({ config, log }: Options): () => WriteBlock | null {
	const { message: readMessage } = maintenance(config.dataDir);
	const folders = isInMemory(config.databasePath) ? [] : [dirname(config.databasePath), config.uploadDir];
	const path = isInMemory(config.databasePath) ? null : realPath(config.databasePath);
	const logLockFailure = logChanges(log);
	const isReplacing = () => path !== null && engine.isBeingReplaced(path, logLockFailure);
	const isFull = () => folders.some((folder) => freeBytesOrUnknown(folder) < config.media.minFreeBytes);
	const currentBlock = (): WriteBlock | null => {
		const message = readMessage();
		if (message !== null) return { why: "maintenance", message };
		if (isReplacing()) return { why: "maintenance", message: restoreMessage };
		return isFull() ? { why: "disk" } : null;
	};
	let cached: { at: number; writeBlock: WriteBlock | null } = { at: Number.NEGATIVE_INFINITY, writeBlock: null };
	return () => {
		const at = performance.now();
		if (at - cached.at < cacheMs) return cached.writeBlock;
		const writeBlock = currentBlock();
		if (writeBlock?.why !== cached.writeBlock?.why) logChange(writeBlock);
		cached = { at, writeBlock };
		return writeBlock;
	};

	function logChange(writeBlock: WriteBlock | null) {
		if (writeBlock === null) log.info("writes are allowed again");
		else if (writeBlock.why !== "disk") log.warn("read-only for maintenance, until `minifeed maintenance off`");
		else
			log.warn(
				`free disk space is below MIN_FREE_BYTES (${config.media.minFreeBytes}): the server refuses new content`,
			);
	}
}

/** Returns a function that logs a problem, but not twice in a row. */
export function logChanges(log: Pick<Log, "warn">): (problem: string) => void {
	let last = "";
	return (problem) => {
		if (problem !== last) log.warn(problem);
		last = problem;
	};
}

/**
 * Returns a function that blocks writes while the clock is behind. It also logs each change of the clock's state:
 * call it regularly when no requests come.
 */
export function clockWriteBlock(
	clock: Pick<Clock, "state" | "summary">,
	log: Pick<Log, "info" | "warn">,
): () => WriteBlock | null {
	let last = "right";
	return () => {
		const state = clock.state();
		if (state !== last) {
			if (state === "right") log.info("the clock is right again");
			else log.warn(state === "behind" ? `${clock.summary()} ${behindAdvice}` : clock.summary());
		}
		last = state;
		return state === "behind" ? { why: "clock", message: clockMessage } : null;
	};
}

/** A folder that cannot be read counts as not full: the write itself reports the error. */
function freeBytesOrUnknown(disk: string): number {
	try {
		return freeBytes(disk);
	} catch {
		return Number.POSITIVE_INFINITY;
	}
}
