import { appendFileSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { giveToOwner, isFolder, quoted } from "../../disk/free-space";
import { formatTimestamp, parseTimestamp } from "../../disk/timestamp";

/** Of several of one second, the second one has a 2. */
const pattern = /^minifeed-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ(?:-(\d{1,9}))?\.tar\.zst$/;

/** Names what we made: nothing else is ever deleted, whatever it is called. */
const createdList = ".made";

export type BackupFile = { name: string; bytes: number; createdAt: Date };

export const isBackupName = (name: string) => pattern.test(name) && Number.isFinite(backupTime(name).getTime());

/** When the backup of a name was begun. */
export const backupTime = (name: string): Date => parseTimestamp(name.slice("minifeed-".length));

/** A name for a backup that begins now, which sorts behind all others of the folder. */
export function newBackupName(folder: string, now: Date): string {
	const base = `minifeed-${formatTimestamp(now)}`;
	const newest = backupsIn(folder).find(({ name }) => name.startsWith(base));
	return `${base}${newest ? `-${numberOf(newest.name) + 1}` : ""}.tar.zst`;
}

const numberOf = (name: string): number => Number(pattern.exec(name)?.[1] ?? 1);

/** The backups in a folder, the newest first; whoever put them there. */
export function backupsIn(folder: string): BackupFile[] {
	if (!isFolder(folder)) return [];
	return readdirSync(folder)
		.filter(isBackupName)
		.flatMap((name) => {
			const found = statSync(join(folder, name), { throwIfNoEntry: false }); // gone meanwhile, perhaps
			return found?.isFile() ? [{ name, bytes: found.size, createdAt: backupTime(name) }] : [];
		})
		.sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || numberOf(b.name) - numberOf(a.name));
}

/** How what is damaged is put right: the command that brings the newest backup of a folder back. */
export function recoveryHint(folder: string): string {
	const newest = backupsIn(folder)[0];
	return newest
		? `The newest backup is of ${newest.createdAt.toISOString()}: minifeed restore ${quoted(join(folder, newest.name))}`
		: `There is no backup in ${folder}; if you have one elsewhere: minifeed restore FILE`;
}

/** Whether a file is one of those that `retain` looks after. */
export const isUnderRetention = (folder: string, file: string) =>
	resolve(dirname(file)) === resolve(folder) && isBackupName(basename(file));

/** Says that a backup is ours. Before it has its name: then there is none of ours that we do not know. */
export function recordCreated(folder: string, name: string) {
	appendFileSync(join(folder, createdList), `${name}\n`, { mode: 0o600 });
	giveToOwner(join(folder, createdList));
}

/**
 * To be called with a backup that was just proved good. Deletes all but the `keep` that we made last into this folder, in the
 * order in which we did: names may lie, where the clock was set. Gives their names.
 */
export function deleteOldBackups(folder: string, name: string, keep: number): string[] {
	const created = readFileSync(join(folder, createdList), "utf8").split("\n").reverse();
	const existing = new Set(backupsIn(folder).map((kept) => kept.name));
	const old = [...new Set(created)].filter((other) => existing.has(other) && other !== name).slice(keep - 1);
	for (const name of old) rmSync(join(folder, name));
	return old;
}
