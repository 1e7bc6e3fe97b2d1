import { existsSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { OperatorError } from "../core/errors";
import { makeFolder, syncDirectory, syncFile } from "../disk/free-space";
import { imageOf } from "../media/files";

/** `staged` replaces `current`, which moves to `previous`. All three paths are in one file system. */
type FileReplacement = { current: string; staged: string; previous: string };
/**
 * Replaces the content of a folder. The folder itself may be a mount point, which cannot be renamed. Interrupted
 * replacements of older versions have these field names in their journals.
 */
type FolderReplacement = { current: string; staged: string; placing: string; previous: string };

/** Every step of a replacement is a rename. Tests pass one that fails, to simulate a crash. */
type Rename = (from: string, to: string) => void;

export type Replacement = { files: FileReplacement[]; folders: FolderReplacement[] };

/** Files beside a database that belong to it and move with it. */
const companionSuffixes = ["-wal", "-shm", "-journal", ".initialized"];

/** The journal beside the database lists the paths. It exists from the staging of all files to the end of the replacement. */
const journalOf = (database: string) => `${database}.swap`;

/** True when a replacement was interrupted. */
export const isReplacePending = (database: string): boolean => existsSync(journalOf(database));

/**
 * Replaces files and the content of folders. After an interruption the next start or command calls `resumeReplaceFiles`,
 * which sees from the existing files how far it came. Hold the database's lock.
 */
export function replaceFiles(database: string, { files, folders }: Replacement, rename: Rename = renameSync) {
	const home = dirname(database);
	const toRelative = <T extends Record<string, string>>(paths: T) =>
		Object.fromEntries(Object.entries(paths).map(([key, path]) => [key, relative(home, path) || "."])) as T;
	for (const { staged } of files) syncDirectory(dirname(staged));
	for (const { staged } of folders) {
		syncDirectory(staged);
		syncDirectory(dirname(staged));
	}
	const [journal, part] = [journalOf(database), `${journalOf(database)}.part`];
	// Relative paths, because the process that resumes may have the folder mounted elsewhere.
	writeFileSync(part, JSON.stringify({ files: files.map(toRelative), folders: folders.map(toRelative) }), {
		mode: 0o600,
	});
	syncFile(part);
	renameSync(part, journal);
	syncDirectory(home);
	resumeReplaceFiles(database, rename);
}

/** Finishes an interrupted `replaceFiles`, if there is one. Hold the database's lock. Throws OperatorError. */
export function resumeReplaceFiles(database: string, rename: Rename = renameSync) {
	const journal = journalOf(database);
	if (!existsSync(journal)) return;
	const home = dirname(database);
	try {
		const { files, folders } = JSON.parse(readFileSync(journal, "utf8")) as Replacement;
		const at = (path: string) => resolve(home, path);
		// Not earlier: these folders must not exist before a replacement has begun.
		const old = [...files.map(({ previous }) => dirname(previous)), ...folders.map(({ previous }) => previous)].map(at);
		for (const folder of old) makeFolder(folder);
		for (const { current, staged, previous } of files) replaceFile(at(current), at(staged), at(previous), rename);
		for (const { current, staged, placing, previous } of folders) {
			if (existsSync(at(staged))) {
				moveAll(at(current), at(previous), rename);
				move(at(staged), at(placing), rename); // from here on, the folder has the new content
			}
			if (!existsSync(at(placing))) continue;
			moveAll(at(placing), at(current), rename);
			rmSync(at(placing), { recursive: true });
		}
		for (const folder of [...old, ...files.map(({ staged }) => at(dirname(staged)))]) removeEmpty(folder);
		rmSync(journal);
		syncDirectory(home);
	} catch (error) {
		const code = (error as NodeJS.ErrnoException).code ?? "it cannot be read";
		throw new OperatorError(
			`The replacement of ${database} could not be finished (${code}). ${journal} lists its files. ` +
				"Free disk space and check who owns the files. The next start or command continues the replacement.",
		);
	}
}

function replaceFile(current: string, staged: string, previous: string, rename: Rename) {
	if (existsSync(staged)) {
		if (!existsSync(previous)) move(current, previous, rename);
		for (const suffix of companionSuffixes) move(current + suffix, previous + suffix, rename);
		move(staged, current, rename);
	}
	// Last: until here the files beside the database may belong to the previous one.
	for (const suffix of companionSuffixes) move(staged + suffix, current + suffix, rename);
}

function removeEmpty(folder: string) {
	if (existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder);
}

/** Moves pictures and the file with the instance id. Other files of the operator stay. */
function moveAll(from: string, to: string, rename: Rename) {
	for (const name of readdirSync(from))
		if (imageOf(name) !== null || name === ".instance") rename(join(from, name), join(to, name));
	syncDirectory(to);
	syncDirectory(from);
}

function move(from: string, to: string, rename: Rename) {
	if (!existsSync(from)) return;
	rename(from, to);
	syncDirectory(dirname(to));
	syncDirectory(dirname(from));
}

/** Prefix of the folders that `previousIn` lists. */
export const previousPrefix = "previous-";

/** The previous states that replacements left in a folder, the newest first. */
export function previousIn(folder: string): string[] {
	if (!existsSync(folder)) return [];
	return readdirSync(folder)
		.filter((name) => /^\.?previous-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ/.test(name))
		.sort()
		.reverse()
		.map((name) => join(folder, basename(name)));
}
