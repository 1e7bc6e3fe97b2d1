import { dirname } from "node:path";
import type { Config } from "../config/config";
import { behindAdvice, type Clock } from "../core/clock";
import type { Log } from "../core/log";
import { isInMemory } from "../db/engine";
import { engine } from "../db/open";
import { freeBytes, realPath } from "../disk/free-space";
import type { Hold } from "../http/read-only";
import { maintenance } from "../instance/maintenance";

const wrongClock = "The clock of the server is wrong. Nothing can be written until it is right. Reading goes on.";
const replacing = "A backup is being put back. What is written now would be gone; try again soon.";
/** How long what was seen counts, in milliseconds: a look takes 10 µs, and thousands may ask in a second. */
const seenFor = 1_000;

type Options = {
	config: Pick<Config, "dataDir" | "databasePath" | "uploadDir" | "media">;
	log: Pick<Log, "info" | "warn">;
};

/** What keeps everybody from writing, as it was within the last second; null while nothing does. */
export function holds({ config, log }: Options): () => Hold | null {
	const { message } = maintenance(config.dataDir);
	const disks = isInMemory(config.databasePath) ? [] : [dirname(config.databasePath), config.uploadDir];
	const path = isInMemory(config.databasePath) ? null : realPath(config.databasePath);
	const lookFailed = once(log);
	const isReplacing = () => path !== null && engine.isBeingReplaced(path, lookFailed);
	const isFull = () => disks.some((disk) => bytesOn(disk) < config.media.minFreeBytes);
	const look = (): Hold | null => {
		const said = message();
		if (said !== null) return { why: "maintenance", message: said };
		if (isReplacing()) return { why: "maintenance", message: replacing };
		return isFull() ? { why: "disk" } : null;
	};
	let seen: { at: number; hold: Hold | null } = { at: Number.NEGATIVE_INFINITY, hold: null };
	return () => {
		const at = performance.now();
		if (at - seen.at < seenFor) return seen.hold;
		const hold = look();
		if (hold?.why !== seen.hold?.why) tell(hold);
		seen = { at, hold };
		return hold;
	};

	function tell(hold: Hold | null) {
		if (hold === null) log.info("writing goes on");
		else if (hold.why !== "disk") log.warn("maintenance: nobody can write until `minifeed maintenance off`");
		else log.warn(`less than MIN_FREE_BYTES (${config.media.minFreeBytes}) are free on the disk: nothing can be added`);
	}
}

/** Logs a problem, but not again while it stays the same. */
export function once(log: Pick<Log, "warn">): (problem: string) => void {
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
export function clockHold(clock: Pick<Clock, "state" | "summary">, log: Pick<Log, "info" | "warn">): () => Hold | null {
	let last = "right";
	return () => {
		const state = clock.state();
		if (state !== last) {
			if (state === "right") log.info("the clock is right again");
			else log.warn(state === "behind" ? `${clock.summary()} ${behindAdvice}` : clock.summary());
		}
		last = state;
		return state === "behind" ? { why: "clock", message: wrongClock } : null;
	};
}

/** What cannot be asked is not full: whoever writes to it is told what is wrong with it. */
function bytesOn(disk: string): number {
	try {
		return freeBytes(disk);
	} catch {
		return Number.POSITIVE_INFINITY;
	}
}
