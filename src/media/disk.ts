import { existsSync, readFileSync } from "node:fs";
import { open, opendir, readFile, rename, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { CorruptionError, diskError, OperatorError } from "../core/errors";
import { createFile, giveToOwner, makeFolder, quoted } from "../disk/free-space";
import { requireFilePermissions } from "../disk/permissions";
import { asideOf, type FileStore, imageOf, originalOf, type Removal } from "./files";
import type { ImageStore } from "./store";

/** A file that `put` is still writing. */
const partFile = /^\.[0-9a-f-]{36}\.part$/;

/** Holds the id of the instance that the folder belongs to. */
const instanceFile = ".instance";

type Options = {
	directory: string;
	/** True to fsync, so that a stored file survives a power cut. Otherwise it survives only a crash of the program. */
	durable: boolean;
	/** True while a backup needs all files, so that none may be deleted. */
	mustKeepFiles?: () => boolean;
};

/**
 * Opens the folder of an instance. Throws OperatorError when it is not writable or belongs to another instance. Throws
 * CorruptionError when it has none of the pictures of the database, as with a disk that is not mounted.
 */
export async function openFiles(options: Options, images: Pick<ImageStore, "instance" | "after">): Promise<FileStore> {
	const { directory } = options;
	const files = diskFiles(options);
	const instancePath = join(directory, instanceFile);
	if (!existsSync(instancePath) && (await images.after(0, 1)).length > 0 && !(await hasPictures(files)))
		throw new CorruptionError(
			`The upload folder ${directory} has none of the pictures of the database. Mount the folder or put the pictures back. To continue without them, run: touch ${quoted(instancePath)}`,
		);
	if (await files.claim(await images.instance())) return files;
	throw foreignFolder(directory);
}

/**
 * Checks the owner of a folder and changes nothing. Throws OperatorError when the folder belongs to another instance.
 * Throws CorruptionError when it belongs to an instance but `instanceOf` returns null, because there is no database.
 */
export function requireFolderOf(directory: string, instanceOf: () => string | null) {
	const instancePath = join(directory, instanceFile);
	const found = existsSync(instancePath) ? readFileSync(instancePath, "utf8").trim() : "";
	if (found === "") return;
	const instance = instanceOf();
	if (found === instance || instance === "") return; // a database of an older version has no id
	if (instance === null)
		throw new CorruptionError(`The database of the upload folder ${directory} is missing. ${folderHint}`);
	throw foreignFolder(directory);
}

const folderHint =
	"Set UPLOAD_DIR and DATABASE_PATH to the folder and database of one instance. To start without pictures, empty the folder, .instance too.";
const foreignFolder = (directory: string) =>
	new OperatorError(
		`The upload folder ${directory} belongs to another database. The server would delete its pictures as orphaned files. ${folderHint}`,
	);

async function hasPictures(files: FileStore): Promise<boolean> {
	for await (const { name } of files.list()) if (imageOf(name) !== null) return true;
	return false;
}

/** Stores files in one local folder and creates it if needed. Throws OperatorError when it is not writable. */
export function diskFiles({ directory, durable, mustKeepFiles = () => false }: Options): FileStore {
	try {
		requireFilePermissions({ path: directory, kind: "folder", option: "UPLOAD_DIR" });
		makeFolder(directory);
	} catch (error) {
		if (error instanceof OperatorError) throw error;
		const { code } = error as NodeJS.ErrnoException;
		throw new OperatorError(
			`The upload folder ${directory} cannot be created (${code}). Create it, or set UPLOAD_DIR.`,
		);
	}
	const pathOf = (name: string) => join(directory, name);

	return {
		async put(files) {
			const parts: string[] = [];
			try {
				for (const bytes of Object.values(files)) {
					const part = pathOf(`.${crypto.randomUUID()}.part`);
					parts.push(part);
					await write(part, bytes, durable);
				}
				for (const [i, name] of Object.keys(files).entries()) await rename(parts[i] as string, pathOf(name));
			} catch (error) {
				for (const part of parts) await rm(part, { force: true });
				throw diskError(error);
			}
			if (durable) await syncDirectory(directory);
		},

		async get(name) {
			const file = Bun.file(pathOf(name));
			return (await file.exists()) ? file : null;
		},

		async remove(names, { isNeeded } = {}) {
			if (mustKeepFiles()) return "held";
			if (!isNeeded) {
				for (const name of names) await rm(pathOf(name), { force: true });
				return "removed";
			}
			return removeUnless(isNeeded, names, pathOf);
		},

		async *list() {
			for await (const { name } of await opendir(directory)) {
				// Another process may have deleted the file meanwhile.
				const found = await stat(pathOf(name)).catch(() => null);
				if (found?.isFile()) yield { name, modifiedAt: found.mtime, isWhole: !partFile.test(name) };
			}
		},

		async claim(instance) {
			const path = pathOf(instanceFile);
			// Earlier versions did not fsync this file. A power cut may have left it empty; then no instance owns the folder.
			if ((await stat(path).catch(() => null))?.size === 0) await rm(path);
			if (!existsSync(path)) createFile(path, instance);
			return (await readFile(path, "utf8")).trim() === instance;
		},

		async free() {
			const { bavail, bsize } = await statfs(directory);
			return bavail * bsize;
		},
	};
}

/** Renames the files, then asks. Renames them back if they are needed, and deletes them otherwise. */
async function removeUnless(
	isNeeded: () => Promise<boolean>,
	names: readonly string[],
	pathOf: (name: string) => string,
): Promise<Removal> {
	const moved: { from: string; to: string }[] = [];
	let isBack = true;
	try {
		for (const name of names) {
			const original = originalOf(name); // renamed before a crash
			const [from, to] = [pathOf(original ?? name), pathOf(original ? name : asideOf(name))];
			if (original || (await isRenamed(from, to))) moved.push({ from, to });
		}
		isBack = await isNeeded();
	} finally {
		for (const { from, to } of moved) {
			if (isBack && !existsSync(from)) await isRenamed(to, from);
			else await rm(to, { force: true });
		}
	}
	return isBack ? "needed" : "removed";
}

/** False when the file does not exist: another process may have moved it. */
const isRenamed = (from: string, to: string) =>
	rename(from, to).then(
		() => true,
		(error: NodeJS.ErrnoException) => {
			if (error.code === "ENOENT") return false;
			throw error;
		},
	);

async function write(path: string, bytes: Uint8Array, durable: boolean) {
	const file = await open(path, "wx", 0o600);
	try {
		await file.writeFile(bytes);
		if (durable) await file.sync();
	} finally {
		await file.close();
	}
	giveToOwner(path);
}

/** POSIX makes a new name durable when its folder is synced. Windows needs no such step. */
async function syncDirectory(directory: string) {
	if (process.platform === "win32") return;
	const handle = await open(directory, "r");
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}
