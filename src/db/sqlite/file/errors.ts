import { statSync } from "node:fs";
import { CorruptionError, OperatorError } from "../../../core/errors";
import { permissionProblem } from "../../../disk/permissions";
import { isCorruption, sqliteCode } from "./error-codes";

/** An OperatorError with advice for errors of SQLite and the file system; CorruptionError for corruption. Other errors unchanged. */
export function describeSqliteError(error: unknown, path: string): unknown {
	const code = sqliteCode(error);
	const noPermission = `The database ${path} cannot be opened. Check who owns it and its directory, and that ulimit -n is not too low.`;
	const noDescriptors = `The database ${path} cannot be opened: too many files are open. Allow more: ulimit -n, or LimitNOFILE.`;
	// After a disk error Linux remounts a file system read-only. `access` still allows writes, so a check of permissions misses it.
	const readOnly = `The database ${path} cannot be written to. Check who owns it and its directory. Check the disk too: Linux makes a failing disk read-only and logs it in dmesg.`;
	const full = `There is no space left for the database ${path}. Nothing is lost. Free disk space, then start again.`;
	const messages: [prefix: string, sentence: string][] = [
		["SQLITE_NOTADB", `${path} is not a database. It was not changed.`],
		["SQLITE_CORRUPT", `The database ${path} is damaged. It was not changed.`],
		["SQLITE_CANTOPEN", noPermission],
		["EMFILE", noDescriptors],
		["ENFILE", noDescriptors],
		["EACCES", noPermission],
		["EPERM", noPermission],
		["ENOTDIR", noPermission],
		["EROFS", noPermission],
		["SQLITE_READONLY", readOnly],
		["SQLITE_BUSY", `The database ${path} is in use by another program.`],
		["SQLITE_IOERR_SHMSIZE", full],
		["SQLITE_IOERR", `The database ${path} cannot be read or written. Check the disk, and that it is a file.`],
		["SQLITE_FULL", full],
		["ENOSPC", full],
		["EDQUOT", full],
	];
	const message = messages.find(([prefix]) => code.startsWith(prefix))?.[1];
	if (isCorruption(error)) return new CorruptionError(message ?? code);
	if (!message) return error;
	const problem = mayBePermissions.test(code)
		? permissionProblem({ path, kind: "file", option: "DATABASE_PATH" })
		: null;
	return new OperatorError(problem ?? message);
}

const mayBePermissions = /^(SQLITE_(CANTOPEN|READONLY|IOERR)|E(ACCES|PERM|ROFS|NOTDIR))/;

/** Like `existsSync`, but throws OperatorError when the process lacks permission to see the file. */
export function fileExists(path: string): boolean {
	try {
		statSync(path);
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
		throw describeSqliteError(error, path);
	}
}
