import {
	closeSync,
	existsSync,
	fsyncSync,
	linkSync,
	openSync,
	readlinkSync,
	realpathSync,
	renameSync,
	rmSync,
	statfsSync,
	writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/** Bytes that whoever runs this may still write to the disk of a directory. */
export function freeBytes(directory: string): number {
	const { bavail, bsize } = statfsSync(directory);
	return bavail * bsize;
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
 * Makes a file that only its owner may read, unless there is one: whole and on the disk, or not at all, whenever the power is
 * cut, and of two that make it at once one only. False where there is one.
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
	syncDirectory(dirname(path));
	return true;
}

/** Where a file is, or will be, when all links are followed: one file under two names is one file. */
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

/** Where a link leads that leads nowhere yet; null for what is no link. */
function targetOf(path: string): string | null {
	try {
		return readlinkSync(path);
	} catch {
		return null;
	}
}
