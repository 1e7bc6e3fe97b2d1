import { existsSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { OperatorError } from "../core/errors";
import { makeFolder, syncDirectory, syncFile } from "../disk/free-space";
import { imageOf } from "../media/files";

/** A file that takes another's place. All three are in one file system. */
type FileReplacement = { current: string; staged: string; previous: string };
/** The same for what is in a folder, which may be a mount point and so cannot be renamed itself. */
type FolderReplacement = { current: string; staged: string; placing: string; previous: string };

/** What all of it is made of, and so all that a crash can come between. */
type Rename = (from: string, to: string) => void;

export type Replacement = { files: FileReplacement[]; folders: FolderReplacement[] };

/** What SQLite and we keep beside a database: with another one in its place, it would be taken for that one's. */
const companionSuffixes = ["-wal", "-shm", "-journal", ".initialized"];

/** Beside the database: it says what takes what's place, from when all of it is there until all of it is done. */
const journalOf = (database: string) => `${database}.swap`;

/** Whether an exchange was begun and not finished. */
export const isReplacePending = (database: string): boolean => existsSync(journalOf(database));

/**
 * Exchanges files and the contents of folders. Once this has begun, it is finished by whoever comes next, whatever cuts it
 * short: `finishSwap` reads from what is where how far it came, and renames the rest. Hold the database's lock.
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
	// Relative: whoever finishes it may see the same folder under another name.
	writeFileSync(part, JSON.stringify({ files: files.map(toRelative), folders: folders.map(toRelative) }), {
		mode: 0o600,
	});
	syncFile(part);
	renameSync(part, journal);
	syncDirectory(home);
	resumeReplaceFiles(database, rename);
}

/** Finishes what `swap` began; nothing to do where it began nothing. Hold the database's lock. */
export function resumeReplaceFiles(database: string, rename: Rename = renameSync) {
	const journal = journalOf(database);
	if (!existsSync(journal)) return;
	const home = dirname(database);
	try {
		const { files, folders } = JSON.parse(readFileSync(journal, "utf8")) as Replacement;
		const at = (path: string) => resolve(home, path);
		// Not before: of an exchange that never began there is nothing that looks like an old state.
		const old = [...files.map(({ previous }) => dirname(previous)), ...folders.map(({ previous }) => previous)].map(at);
		for (const folder of old) makeFolder(folder);
		for (const { current, staged, previous } of files) replaceFile(at(current), at(staged), at(previous), rename);
		for (const { current, staged, placing, previous } of folders) {
			if (existsSync(at(staged))) {
				moveAll(at(current), at(previous), rename);
				move(at(staged), at(placing), rename); // from here on, what is in the folder is the new
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
			`The exchange of ${database} that ${journal} speaks of could not be finished (${code}). ` +
				"See that the disk has space and that all files are yours, then start anything again: it goes on where it stopped.",
		);
	}
}

function replaceFile(current: string, staged: string, previous: string, rename: Rename) {
	if (existsSync(staged)) {
		if (!existsSync(previous)) move(current, previous, rename);
		for (const suffix of companionSuffixes) move(current + suffix, previous + suffix, rename);
		move(staged, current, rename);
	}
	// Last: what is beside the database until then may be the old one's.
	for (const suffix of companionSuffixes) move(staged + suffix, current + suffix, rename);
}

function removeEmpty(folder: string) {
	if (existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder);
}

/** Pictures, and whose they are; what else people put into the folder stays there. */
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

/** What `previousIn` finds begins like this. */
export const previousPrefix = "previous-";

/** The old states that exchanges left in a folder, the newest first. */
export function previousIn(folder: string): string[] {
	if (!existsSync(folder)) return [];
	return readdirSync(folder)
		.filter((name) => /^\.?previous-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ/.test(name))
		.sort()
		.reverse()
		.map((name) => join(folder, basename(name)));
}
