import { appendFileSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { giveToOwner, isFolder, quoted } from "../../disk/free-space";
import { formatTimestamp, parseTimestamp } from "../../disk/timestamp";

/** The second backup within one second ends with -2. */
const pattern = /^minifeed-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ(?:-(\d{1,9}))?\.tar\.zst$/;

/** The file that lists the backups made here. Only these are ever deleted. */
const createdList = ".made";

export type BackupFile = { name: string; bytes: number; createdAt: Date };

export const isBackupName = (name: string) => pattern.test(name) && Number.isFinite(backupTime(name).getTime());

/** Returns the time at which the backup was started, from its name. */
export const backupTime = (name: string): Date => parseTimestamp(name.slice("minifeed-".length));

/** Returns a free name that sorts after all backups of the folder. */
export function newBackupName(folder: string, now: Date): string {
	const base = `minifeed-${formatTimestamp(now)}`;
	const newest = backupsIn(folder).find(({ name }) => name.startsWith(base));
	return `${base}${newest ? `-${numberOf(newest.name) + 1}` : ""}.tar.zst`;
}

const numberOf = (name: string): number => Number(pattern.exec(name)?.[1] ?? 1);

/** Lists the backups in a folder, the newest first, also those copied from elsewhere. */
export function backupsIn(folder: string): BackupFile[] {
	if (!isFolder(folder)) return [];
	return readdirSync(folder)
		.filter(isBackupName)
		.flatMap((name) => {
			const found = statSync(join(folder, name), { throwIfNoEntry: false }); // may be deleted meanwhile
			return found?.isFile() ? [{ name, bytes: found.size, createdAt: backupTime(name) }] : [];
		})
		.sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || numberOf(b.name) - numberOf(a.name));
}

/** Returns the command that restores the newest backup of a folder, as the remedy for corruption. */
export function recoveryHint(folder: string): string {
	const newest = backupsIn(folder)[0];
	return newest
		? `To restore the newest backup, of ${newest.createdAt.toISOString()}, run: minifeed restore ${quoted(join(folder, newest.name))}`
		: `There is no backup in ${folder}. If you have one elsewhere, run: minifeed restore FILE`;
}

/** True for a file that `deleteOldBackups` manages. */
export const isUnderRetention = (folder: string, file: string) =>
	resolve(dirname(file)) === resolve(folder) && isBackupName(basename(file));

/** Records the name of a new backup. Call it before the rename, so that a crash leaves no unlisted backup. */
export function recordCreated(folder: string, name: string) {
	appendFileSync(join(folder, createdList), `${name}\n`, { mode: 0o600 });
	giveToOwner(join(folder, createdList));
}

/**
 * Deletes all but the last `keep` backups made into this folder, in the order of the list: the clock of names may be wrong.
 * Call it after verifying the backup `name`. Returns the deleted names.
 */
export function deleteOldBackups(folder: string, name: string, keep: number): string[] {
	const created = readFileSync(join(folder, createdList), "utf8").split("\n").reverse();
	const existing = new Set(backupsIn(folder).map((kept) => kept.name));
	const old = [...new Set(created)].filter((other) => existing.has(other) && other !== name).slice(keep - 1);
	for (const name of old) rmSync(join(folder, name));
	return old;
}
