import { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { OperatorError } from "../../../core/errors";
import { giveToOwner } from "../../../disk/free-space";
import type { LockReadFailed } from "../../engine";
import { sqliteCode } from "./error-codes";
import { describeSqliteError } from "./errors";

/** How long `take` waits for a process that only checks the lock, in milliseconds. */
const lockWaitMs = 500;

/**
 * Takes the server's lock. Two servers on one database starve each other, and each would sweep new rows of the other. The
 * lock is an open transaction on a file beside the database, so the system releases it however the process ends. Returns a
 * function that releases the lock. Throws OperatorError when a server or a restore holds it.
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

/** Takes the lock for a command that replaces the database. Returns null while a server runs. */
export const lockIfFree = (path: string): (() => void) | null => take(path, "");

/** True while a server or a replacing command holds the lock. */
export const isInUse = (path: string, failed?: LockReadFailed): boolean => isTaken(path, "", failed);

/**
 * Announces a replacement of the database; its server is read-only meanwhile. Returns a function that ends this. Throws
 * OperatorError while another replacement runs.
 */
export const lockForReplacing = (path: string): (() => void) =>
	takeOrRefuse(path, ".restore", "Another restore is running. Wait until it is done.");

/** True while a replacement runs. False when its process was killed. */
export const isBeingReplaced = (path: string, failed?: LockReadFailed): boolean => isTaken(path, ".restore", failed);

/**
 * Announces a backup; the server deletes no picture meanwhile. Returns a function that ends this. Throws OperatorError while
 * another backup runs.
 */
export const lockForBackup = (path: string): (() => void) =>
	takeOrRefuse(path, ".backup", "A backup, an export or an import is running. Wait until it is done.");

/** True while a backup runs. False when its process was killed. */
export const isBackupRunning = (path: string, failed?: LockReadFailed): boolean => isTaken(path, ".backup", failed);

/** The locks of the server, of a restore and of a backup. */
type Kind = "" | ".restore" | ".backup";
const lockFile = (path: string, kind: Kind) => `${path}${kind}.lock`;

/**
 * Checks a lock with a shared lock, so that parallel checks do not conflict. An unreadable lock counts as free: permissions
 * or file descriptors may be missing.
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
		failed(`The lock ${file} cannot be read (${sqliteCode(error)}), so it counts as free. Check who owns the file.`);
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

/** Null while another process holds the lock. */
function take(path: string, kind: Kind): (() => void) | null {
	const name = lockFile(path, kind);
	let file: Database | undefined;
	try {
		file = new Database(name, { create: true, readwrite: true });
		file.run(`PRAGMA busy_timeout = ${lockWaitMs}`);
		file.run("PRAGMA journal_mode = MEMORY"); // writes nothing, so it works on a full disk
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
