import { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { OperatorError } from "../../../core/errors";
import { giveToOwner } from "../../../disk/free-space";
import type { LockReadFailed } from "../../engine";
import { sqliteCode } from "./error-codes";
import { describeSqliteError } from "./errors";

/** How long taking a lock waits for a process that only looks at it, in milliseconds. */
const lockWaitMs = 500;

/**
 * Keeps a database to one server: two that write to one file starve each other, and each would sweep what the other just
 * made. The lock is an open transaction on a file beside the database, so the system lifts it however the program ends.
 * @returns what lifts it.
 * @throws OperatorError when another server holds it, or what puts another database in its place.
 */
export function lock(path: string): () => void {
	const held = lockIfFree(path);
	if (held) return held;
	throw new OperatorError(
		isBeingReplaced(path)
			? `The database ${path} is being replaced by a restore. Start again when that is done.`
			: `The database ${path} is in use by another copy of minifeed. Stop that one first.`,
	);
}

/** The same for what puts another database in its place; null while a server runs. */
export const lockIfFree = (path: string): (() => void) | null => take(path, "");

/** Whether a server has a database, or whatever else takes its lock. */
export const isInUse = (path: string, failed?: LockReadFailed): boolean => isTaken(path, "", failed);

/**
 * Says that a database is about to be replaced, whose server people can only read meanwhile, and keeps that to one.
 * @returns what ends that.
 * @throws OperatorError when another is about to.
 */
export const lockForReplacing = (path: string): (() => void) =>
	takeOrRefuse(path, ".restore", "Another restore is running. Wait until it is done.");

/** Whether a database is about to be replaced. By one that was killed it is not. */
export const isBeingReplaced = (path: string, failed?: LockReadFailed): boolean => isTaken(path, ".restore", failed);

/**
 * Says that a backup of a database runs, beside its server: no picture is deleted meanwhile, and no second one begins.
 * @returns what ends that.
 * @throws OperatorError when one runs already.
 */
export const lockForBackup = (path: string): (() => void) =>
	takeOrRefuse(path, ".backup", "A backup, an export or an import is running. Wait until it is done.");

/** Whether a backup of a database runs. One that was killed does not. */
export const isBackupRunning = (path: string, failed?: LockReadFailed): boolean => isTaken(path, ".backup", failed);

/** The server's lock, that of a restore, and that of a backup. */
type Kind = "" | ".restore" | ".backup";
const lockFile = (path: string, kind: Kind) => `${path}${kind}.lock`;

/**
 * Looks without taking: a shared lock, which hinders no other look. A lock that cannot be looked at, for want of rights or
 * descriptors, counts as free.
 */
function isTaken(path: string, kind: Kind, failed: LockReadFailed = () => {}): boolean {
	const file = lockFile(path, kind);
	if (!existsSync(file)) return false;
	let client: Database | undefined;
	try {
		client = new Database(file, { readonly: true });
		client.run("PRAGMA busy_timeout = 0");
		client.query("SELECT 1 FROM sqlite_schema").get();
		return false;
	} catch (error) {
		if (isBusy(error)) return true;
		failed(`The lock ${file} cannot be looked at (${sqliteCode(error)}), and counts as free. Check who owns it.`);
		return false;
	} finally {
		client?.close();
	}
}

function takeOrRefuse(path: string, kind: Kind, refusal: string): () => void {
	const held = take(path, kind);
	if (held) return held;
	throw new OperatorError(refusal);
}

/** Null while another process holds it. */
function take(path: string, kind: Kind): (() => void) | null {
	const name = lockFile(path, kind);
	let file: Database | undefined;
	try {
		file = new Database(name, { create: true, readwrite: true });
		file.run(`PRAGMA busy_timeout = ${lockWaitMs}`);
		file.run("PRAGMA journal_mode = MEMORY"); // writes nothing, and so needs no room on a disk that is full
		file.run("BEGIN EXCLUSIVE");
		giveToOwner(name, existsSync(path) ? path : dirname(path));
	} catch (error) {
		file?.close();
		if (!isBusy(error)) throw describeSqliteError(error, name);
		return null;
	}
	const held = file;
	return () => held.close();
}

const isBusy = (error: unknown) => sqliteCode(error).startsWith("SQLITE_BUSY");
