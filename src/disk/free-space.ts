import {
	closeSync,
	existsSync,
	fsyncSync,
	lchownSync,
	linkSync,
	lstatSync,
	mkdirSync,
	openSync,
	readdirSync,
	readlinkSync,
	realpathSync,
	renameSync,
	rmSync,
	statfsSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { DiskSpaceError, isDiskFull, OperatorError } from "../core/errors";

/** Bytes that the user of this process may still write to the disk of a directory. */
export function freeBytes(directory: string): number {
	const { bavail, bsize } = statfsSync(directory);
	return bavail * bsize;
}

/**
 * Throws DiskSpaceError where `bytes` more in a folder leave less than must stay free for the server. `advice` are the
 * sentences that say what to do then.
 */
export function assertFreeSpace(folder: string, bytes: number, minFree: number, advice: string) {
	const free = freeBytes(folder);
	if (free - bytes >= minFree) return;
	throw new DiskSpaceError(
		`There is no room in ${folder}: it takes up to ${size(bytes)}, ${size(free)} are free, and ${size(minFree)} must stay so (MIN_FREE_BYTES). ${advice}`,
	);
}

/** Explains to the operator why a file was not written. Returns unknown errors unchanged. */
export function describeWriteFailure(error: unknown, { what, folder }: { what: string; folder: string }): unknown {
	if (isDiskFull(error))
		return new OperatorError(`The disk is full: the ${what} was given up, and nothing of it is left in ${folder}.`);
	if (["EACCES", "EPERM", "EROFS"].includes((error as NodeJS.ErrnoException).code ?? ""))
		return new OperatorError(`The ${what} cannot be written to ${folder}. Check who owns the folder.`);
	return error;
}

/** False for a missing path, too. */
export const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/**
 * Gives what root made to the owner of `from`, by default of its folder. A command that root types beside a server of
 * another user must not leave files that the server cannot use. Links are not followed, and a file with a second name is
 * left alone: the other user may have put either there.
 */
export function giveToOwner(path: string, from = dirname(path)) {
	if (process.geteuid?.() !== 0) return;
	const { uid, gid } = statSync(from);
	const found = lstatSync(path, { throwIfNoEntry: false });
	if (!found || found.uid === uid || !(found.isDirectory() || (found.isFile() && found.nlink === 1))) return;
	lchownSync(path, uid, gid);
}

/** The same for a folder and all that is in it. */
export function giveTreeToOwner(folder: string) {
	if (process.geteuid?.() !== 0) return;
	giveToOwner(folder);
	for (const name of readdirSync(folder)) {
		const path = join(folder, name);
		if (lstatSync(path).isDirectory()) giveTreeToOwner(path);
		else giveToOwner(path);
	}
}

/** Makes a folder that only its owner may enter, and those that it is in, unless they are there. */
export function makeFolder(path: string) {
	if (isFolder(path)) return;
	const parent = dirname(path);
	if (parent !== path) makeFolder(parent);
	mkdirSync(path, { recursive: true, mode: 0o700 });
	giveToOwner(path);
}

/** A new name is durable when its folder is. Windows knows no such thing, and needs none. */
export function syncDirectory(directory: string) {
	if (process.platform !== "win32") syncFile(directory);
}

/** Waits until what was written to a file survives a power cut. */
export function syncFile(path: string) {
	const file = openSync(path, process.platform === "win32" ? "r+" : "r");
	try {
		fsyncSync(file);
	} finally {
		closeSync(file);
	}
}

/**
 * Makes a file that only its owner may read. A power cut leaves the whole file or none.
 * Returns false for an existing file; of two simultaneous calls one makes the file.
 */
export function createFile(path: string, content: string): boolean {
	const part = join(dirname(path), `.${crypto.randomUUID()}.part`);
	try {
		writeFileSync(part, content, { flag: "wx", mode: 0o600 });
		syncFile(part);
		try {
			linkSync(part, path);
		} catch (error) {
			if (existsSync(path)) return false;
			// FAT knows no links. There, of two at once the second one wins.
			if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes((error as NodeJS.ErrnoException).code ?? ""))
				throw error;
			renameSync(part, path);
		}
	} finally {
		rmSync(part, { force: true });
	}
	giveToOwner(path);
	syncDirectory(dirname(path));
	return true;
}

/** Resolves all symbolic links of a path, also of a file that does not exist yet. */
export function realPath(path: string): string {
	try {
		return realpathSync(path);
	} catch {
		const parent = dirname(resolve(path));
		const target = targetOf(path);
		if (target !== null) return realPath(resolve(parent, target));
		return parent === resolve(path) ? parent : join(realPath(parent), basename(path));
	}
}

/** The file that a link leads to; what is no link stays as it was written. */
export const followLink = (path: string): string => (targetOf(path) === null ? path : realPath(path));

/** The target of a symbolic link whose target is missing; null for other paths. */
function targetOf(path: string): string | null {
	try {
		return readlinkSync(path);
	} catch {
		return null;
	}
}

/** Quotes a path for a shell command in a message. */
export const quoted = (path: string) =>
	/^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;

const units = ["bytes", "kB", "MB", "GB", "TB"];
/** Bytes for people, such as 3.4 MB. */
export function size(bytes: number): string {
	const unit = bytes < 1000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
	return `${unit === 0 ? bytes : (bytes / 1000 ** unit).toFixed(1)} ${units[unit]}`;
}
