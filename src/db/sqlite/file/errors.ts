import { statSync } from "node:fs";
import { DamageError, OperatorError } from "../../../core/errors";
import { complaintOf } from "../../../disk/permissions";
import { isDamage, sqliteCode } from "./error-codes";

/** Gives SQLite's own refusals a sentence that says what to do. */
export function explained(error: unknown, path: string): unknown {
	const code = sqliteCode(error);
	const noRight = `The database ${path} cannot be opened. Check who owns it and its directory, and that ulimit -n is not too low.`;
	const noDescriptor = `The database ${path} cannot be opened: too many files are open. Allow more: ulimit -n, or LimitNOFILE.`;
	// `complaintOf` does not see a file system that Linux writes to no more after an error: `access` allows it still.
	const readOnly = `The database ${path} cannot be written to. Check who owns it and its directory, and the disk: the system makes one that fails read-only, and says so in dmesg.`;
	const full = `There is no space left for the database ${path}. Nothing is lost: make room, then start again.`;
	const sentences: [prefix: string, sentence: string][] = [
		["SQLITE_NOTADB", `${path} is not a database. It was not changed.`],
		["SQLITE_CORRUPT", `The database ${path} is damaged. It was not changed.`],
		["SQLITE_CANTOPEN", noRight],
		["EMFILE", noDescriptor],
		["ENFILE", noDescriptor],
		["EACCES", noRight],
		["EPERM", noRight],
		["ENOTDIR", noRight],
		["EROFS", noRight],
		["SQLITE_READONLY", readOnly],
		["SQLITE_BUSY", `The database ${path} is in use by another program.`],
		["SQLITE_IOERR_SHMSIZE", full],
		["SQLITE_IOERR", `The database ${path} cannot be read or written. Check the disk, and that it is a file.`],
		["SQLITE_FULL", full],
		["ENOSPC", full],
		["EDQUOT", full],
	];
	const sentence = sentences.find(([prefix]) => code.startsWith(prefix))?.[1];
	if (isDamage(error)) return new DamageError(sentence ?? code);
	if (!sentence) return error;
	const complaint = mayBeRights.test(code) ? complaintOf({ path, kind: "file", option: "DATABASE_PATH" }) : null;
	return new OperatorError(complaint ?? sentence);
}

const mayBeRights = /^(SQLITE_(CANTOPEN|READONLY|IOERR)|E(ACCES|PERM|ROFS|NOTDIR))/;

/** Unlike `existsSync`, does not take a file that one may not see for one that is not there. Throws OperatorError. */
export function isThere(path: string): boolean {
	try {
		statSync(path);
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
		throw explained(error, path);
	}
}
