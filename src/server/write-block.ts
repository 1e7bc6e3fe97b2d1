import { dirname } from "node:path";
import type { Config } from "../config/config";
import { behindAdvice, type Clock } from "../core/clock";
import type { Log } from "../core/log";
import { isInMemory } from "../db/engine";
import { engine } from "../db/open";
import { freeBytes, realPath } from "../disk/free-space";
import type { WriteBlock } from "../http/read-only";
import { maintenance } from "../instance/maintenance";

const clockMessage = "The clock of the server is wrong. Nothing can be written until it is right. Reading goes on.";
const restoreMessage = "A backup is being put back. What is written now would be gone; try again soon.";
/** How long what was seen counts, in milliseconds: a look takes 10 µs, and thousands may ask in a second. */
const cacheMs = 1_000;

type Options = {
	config: Pick<Config, "dataDir" | "databasePath" | "uploadDir" | "media">;
	log: Pick<Log, "info" | "warn">;
};

/** What keeps everybody from writing, as it was within the last second; null while nothing does. */
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
		if (writeBlock === null) log.info("writing goes on");
		else if (writeBlock.why !== "disk") log.warn("maintenance: nobody can write until `minifeed maintenance off`");
		else log.warn(`less than MIN_FREE_BYTES (${config.media.minFreeBytes}) are free on the disk: nothing can be added`);
	}
}

/** Logs a problem, but not again while it stays the same. */
export function logChanges(log: Pick<Log, "warn">): (problem: string) => void {
	let last = "";
	return (problem) => {
		if (problem !== last) log.warn(problem);
		last = problem;
	};
}

/**
 * Keeps everything from being written while the clock is behind. The log tells when the clock goes wrong and when it is right
 * again: call it now and then while no requests come.
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

/** What cannot be asked is not full: whoever writes to it is told what is wrong with it. */
function freeBytesOrUnknown(disk: string): number {
	try {
		return freeBytes(disk);
	} catch {
		return Number.POSITIVE_INFINITY;
	}
}
