import { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { OperatorError } from "../../errors";
import { sqliteCode } from "./code";
import { explained } from "./explained";

/**
 * Keeps a database to one server: two that write to one file starve each other, and each would sweep what the other just
 * made. The lock is an open transaction on a file beside the database, so the system lifts it however the program ends.
 * @returns what lifts it.
 * @throws OperatorError when another server holds it.
 */
export const lock = (path: string): (() => void) =>
	hold(`${path}.lock`, `The database ${path} is in use by another copy of minifeed. Stop that one first.`);

/** Whether a server has a database, or whatever else takes its lock. */
export const isInUse = (path: string): boolean => isHeld(`${path}.lock`);

/** As long as this many milliseconds, somebody may look whether a backup runs. */
const glance = 500;

/**
 * Says that a backup of a database runs, beside its server: no picture is deleted meanwhile, and no second one begins.
 * @returns what ends that.
 * @throws OperatorError when one runs already.
 */
export const lockForBackup = (path: string): (() => void) =>
	hold(backupLock(path), "A backup, an export or an import is running. Wait until it is done.", glance);

/** Whether a backup of a database runs. One that was killed does not. */
export const isBackedUp = (path: string): boolean => isHeld(backupLock(path));

function isHeld(lock: string): boolean {
	if (!existsSync(lock)) return false;
	try {
		hold(lock, "")();
		return false;
	} catch (error) {
		if (error instanceof OperatorError) return true;
		throw error;
	}
}

const backupLock = (path: string) => `${path}.backup.lock`;

function hold(path: string, refusal: string, patience = 0): () => void {
	const file = new Database(path, { create: true, readwrite: true });
	try {
		file.run(`PRAGMA busy_timeout = ${patience}`);
		file.run("PRAGMA journal_mode = MEMORY"); // writes nothing, and so needs no room on a disk that is full
		file.run("BEGIN EXCLUSIVE");
	} catch (error) {
		file.close();
		if (!sqliteCode(error).startsWith("SQLITE_BUSY")) throw explained(error, path);
		throw new OperatorError(refusal);
	}
	return () => file.close();
}
