import { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { OperatorError } from "../../errors";
import { sqliteCode } from "./code";
import { explained } from "./explained";

/**
 * Keeps a database to one server: two that write to one file starve each other, and each would sweep what the other just
 * made. The lock is an open transaction on a file beside the database, so the system lifts it however the program ends.
 * @returns what lifts it.
 * @throws OperatorError when another server holds it, or what puts another database in its place.
 */
export function lock(path: string): () => void {
	const held = tryHold(`${path}.lock`);
	if (held) return held;
	throw new OperatorError(
		isReplaced(path)
			? `The database ${path} is being replaced by a restore. Start again when that is done.`
			: `The database ${path} is in use by another copy of minifeed. Stop that one first.`,
	);
}

/** The same for what puts another database in its place; null while a server runs. */
export const lockIfFree = (path: string): (() => void) | null => tryHold(`${path}.lock`);

/** Whether a server has a database, or whatever else takes its lock. */
export const isInUse = (path: string): boolean => isHeld(`${path}.lock`);

/**
 * Says that a database is about to be replaced, whose server people can only read meanwhile, and keeps that to one.
 * @returns what ends that.
 * @throws OperatorError when another is about to.
 */
export const lockForReplacing = (path: string): (() => void) =>
	hold(replaceLock(path), "Another restore is running. Wait until it is done.", glance);

/** Whether a database is about to be replaced. By one that was killed it is not. */
export const isReplaced = (path: string): boolean => isHeld(replaceLock(path));

/** As long as this many milliseconds, somebody may look whether a backup or a restore runs. */
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
	const held = tryHold(lock);
	held?.();
	return held === null;
}

const replaceLock = (path: string) => `${path}.restore.lock`;
const backupLock = (path: string) => `${path}.backup.lock`;

function hold(path: string, refusal: string, patience = 0): () => void {
	const held = tryHold(path, patience);
	if (held) return held;
	throw new OperatorError(refusal);
}

/** Null while somebody else holds it. */
function tryHold(path: string, patience = 0): (() => void) | null {
	const file = new Database(path, { create: true, readwrite: true });
	try {
		file.run(`PRAGMA busy_timeout = ${patience}`);
		file.run("PRAGMA journal_mode = MEMORY"); // writes nothing, and so needs no room on a disk that is full
		file.run("BEGIN EXCLUSIVE");
	} catch (error) {
		file.close();
		if (!sqliteCode(error).startsWith("SQLITE_BUSY")) throw explained(error, path);
		return null;
	}
	return () => file.close();
}
