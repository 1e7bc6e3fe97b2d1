import { existsSync, readFileSync } from "node:fs";
import { open, opendir, readFile, rename, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { DamageError, diskError, OperatorError } from "../core/errors";
import { createFile, giveToOwner, makeFolder, quoted } from "../disk/free-space";
import { requireUsable } from "../disk/permissions";
import { asideOf, type FileStore, imageOf, originalOf, type Removal } from "./files";
import type { ImageStore } from "./store";

/** What `put` has not finished yet. */
const partFile = /^\.[0-9a-f-]{36}\.part$/;

/** Names the instance that the folder belongs to. */
const instanceFile = ".instance";

type Options = {
	directory: string;
	/** Whether a file that was put survives a power cut, and not only a crash of the program. */
	durable: boolean;
	/** Whether nothing may be deleted for now. */
	isHeld?: () => boolean;
};

/**
 * Opens the folder of an instance. Throws OperatorError when it cannot be written to, and when it belongs to another one;
 * DamageError when nothing is in it of pictures that there are, as where a disk is not mounted.
 */
export async function openFiles(options: Options, images: Pick<ImageStore, "instance" | "after">): Promise<FileStore> {
	const { directory } = options;
	const files = diskFiles(options);
	const instancePath = join(directory, instanceFile);
	if (!existsSync(instancePath) && (await images.after(0, 1)).length > 0 && !(await hasPictures(files)))
		throw new DamageError(
			`The upload folder ${directory} has none of the pictures that the database has. Mount it, or put them back. To go on without them: touch ${quoted(instancePath)}`,
		);
	if (await files.claim(await images.instance())) return files;
	throw foreignFolder(directory);
}

/**
 * Throws OperatorError when a folder says that it belongs to another instance than the one of the database, and DamageError
 * when that is null, since there is no database. Touches nothing.
 */
export function requireFolderOf(directory: string, instanceOf: () => string | null) {
	const instancePath = join(directory, instanceFile);
	const found = existsSync(instancePath) ? readFileSync(instancePath, "utf8").trim() : "";
	if (found === "") return;
	const instance = instanceOf();
	if (found === instance || instance === "") return; // which an older version left without a name
	if (instance === null)
		throw new DamageError(`The database is missing that the upload folder ${directory} belongs to. ${folderHint}`);
	throw foreignFolder(directory);
}

const folderHint =
	"Set UPLOAD_DIR or DATABASE_PATH to what belongs together; to begin with no pictures, move away all that is in the folder, .instance too.";
const foreignFolder = (directory: string) =>
	new OperatorError(
		`The upload folder ${directory} belongs to another database, and its pictures would be taken for rubbish. ${folderHint}`,
	);

async function hasPictures(files: FileStore): Promise<boolean> {
	for await (const { name } of files.list()) if (imageOf(name) !== null) return true;
	return false;
}

/** Files in one folder of this machine, made when there is none. Throws OperatorError when it cannot be written to. */
export function diskFiles({ directory, durable, isHeld = () => false }: Options): FileStore {
	try {
		requireUsable({ path: directory, kind: "folder", option: "UPLOAD_DIR" });
		makeFolder(directory);
	} catch (error) {
		if (error instanceof OperatorError) throw error;
		const { code } = error as NodeJS.ErrnoException;
		throw new OperatorError(`The upload folder ${directory} cannot be made (${code}). See to it, or set UPLOAD_DIR.`);
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
			if (isHeld()) return "held";
			if (!isNeeded) {
				for (const name of names) await rm(pathOf(name), { force: true });
				return "removed";
			}
			return removeUnless(isNeeded, names, pathOf);
		},

		async *list() {
			for await (const { name } of await opendir(directory)) {
				// Gone meanwhile, perhaps: the server goes on.
				const found = await stat(pathOf(name)).catch(() => null);
				if (found?.isFile()) yield { name, modifiedAt: found.mtime, isWhole: !partFile.test(name) };
			}
		},

		async claim(instance) {
			const path = pathOf(instanceFile);
			// Earlier versions did not wait until it was on the disk: what a power cut left empty belongs to nobody.
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

/** Moves files aside, then asks: puts them back if they are needed, deletes them otherwise. */
async function removeUnless(
	isNeeded: () => Promise<boolean>,
	names: readonly string[],
	pathOf: (name: string) => string,
): Promise<Removal> {
	const moved: { from: string; to: string }[] = [];
	let isBack = true;
	try {
		for (const name of names) {
			const original = originalOf(name); // moved aside before a crash
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

/** False when there is no such file: another process may have been faster. */
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

/** A new name is durable when its folder is. Windows knows no such thing, and needs none. */
async function syncDirectory(directory: string) {
	if (process.platform === "win32") return;
	const handle = await open(directory, "r");
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}
