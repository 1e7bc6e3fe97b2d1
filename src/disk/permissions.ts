import { accessSync, constants, readFileSync, type Stats, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { OperatorError } from "../core/errors";
import { quoted } from "./free-space";

type Kind = "file" | "folder";
type Place = { path: string; kind: Kind /** The option that sets the path. */; option?: string };

/**
 * Throws OperatorError if the process cannot read and write a path. The message names the owner and the remedy. A missing
 * path needs a writable parent folder. Changes nothing.
 */
export function requireFilePermissions(...places: Place[]) {
	for (const place of places) {
		const complaint = permissionProblem(place);
		if (complaint !== null) throw new OperatorError(complaint);
	}
}

/** Null when nothing can be seen to be wrong. */
export function permissionProblem({ path, kind, option }: Place): string | null {
	const parent = dirname(path);
	const inFolder = (): string | null =>
		resolve(parent) === resolve(path) ? null : permissionProblem({ path: parent, kind: "folder", option });
	const elsewhere = option === undefined ? "" : `, or set ${option} to another place`;
	let found: Stats;
	try {
		found = statSync(path);
	} catch {
		return inFolder(); // not there, or not to be seen
	}
	if (kind === "folder" && !found.isDirectory())
		return `${path} is a file, where a folder should be. Move it away${elsewhere}.`;
	if (kind === "file" && !found.isFile())
		return `${path} is a folder, where a file should be. Move it away${elsewhere}.`;
	try {
		const { R_OK, W_OK, X_OK } = constants;
		accessSync(path, kind === "folder" ? R_OK | W_OK | X_OK : R_OK | W_OK);
	} catch (error) {
		const { code = "" } = error as NodeJS.ErrnoException;
		if (!["EACCES", "EPERM", "EROFS"].includes(code)) return `${path} cannot be looked at (${code}). Check the disk.`;
		if (code === "EROFS")
			return `${path} is on a file system that can only be read. Mount it so that it can be written to${elsewhere}.`;
		return notOurs(path, found, kind);
	}
	return kind === "file" ? inFolder() : null; // SQLite makes others beside it
}

function notOurs(path: string, { uid }: Stats, kind: Kind): string {
	const me = process.geteuid?.();
	if (me === undefined) return `${path} cannot be written to. See who may.`;
	if (uid === me)
		return `${path} is yours, but you may not write to it. Mend it: chmod u+rw${kind === "folder" ? "x" : ""} ${quoted(path)}`;
	return `${path} belongs to ${nameOf(uid)}, and this is run by ${nameOf(me)}, who may not write to it. Mend it: chown -R ${me} ${quoted(kind === "folder" ? path : dirname(path))}`;
}

/** The name of a user, if the system has a list of users; otherwise the number. */
function nameOf(uid: number): string {
	try {
		const line = readFileSync("/etc/passwd", "utf8")
			.split("\n")
			.find((line) => line.split(":")[2] === String(uid));
		if (line) return `${line.split(":")[0]} (user ${uid})`;
	} catch {}
	return `user ${uid}`;
}
