import {
	chmodSync,
	closeSync,
	existsSync,
	fsyncSync,
	lstatSync,
	mkdtempSync,
	openSync,
	readdirSync,
	rmSync,
	statfsSync,
	statSync,
	writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Config } from "../../config/config";
import { engine } from "../../db/open";
import { previousIn } from "../../db/replace";
import { freeBytes, isFolder, quoted, size } from "../../disk/free-space";
import { keyFile } from "../secret-key";
import { type CheckResult, error, notice, ok, warning } from "./finding";

type Settings = Pick<Config, "dataDir" | "databasePath" | "uploadDir" | "backup" | "media">;

/** How often a sync is tried; and from when on it is slow, in milliseconds: an SSD takes 1 to 5, an SD card 10 to 50. */
const syncSamples = 12;
const slowSyncMs = { notice: 20, warning: 100 };
/** How far the clock of a disk may be from ours, in milliseconds. */
const maxClockDriftMs = 2_000;
/** `f_type` of file systems that others serve (statfs(2) and the kernel's magic.h): SQLite's locks and syncs may not hold there. */
const networkFileSystems = new Map([
	[0x6969, "NFS"],
	[0x517b, "SMB"],
	[0xff534d42, "CIFS"],
	[0xfe534d42, "SMB"],
	[0x01021997, "9P"],
	[0x00c36400, "Ceph"],
	[0x5346414f, "AFS"],
	[0x65735546, "FUSE"],
]);
/** Those that are in memory. */
const memoryFileSystems = new Map([
	[0x01021994, "tmpfs"],
	[0x858458f6, "ramfs"],
]);

/** What a write to the disk takes until it is there, and what time the disk has. */
export function latency({ dataDir }: Settings): CheckResult[] {
	const folder = mkdtempSync(join(dataDir, ".doctor-"));
	try {
		const path = join(folder, "sync");
		const file = openSync(path, "w", 0o600);
		const durationsMs = Array.from({ length: syncSamples }, (_, i) => {
			writeSync(file, Buffer.alloc(4096, i));
			const started = performance.now();
			fsyncSync(file);
			return performance.now() - started;
		}).sort((a, b) => a - b);
		closeSync(file);
		const medianMs = durationsMs[syncSamples >> 1] ?? 0;
		const driftMs = Math.abs(statSync(path).mtimeMs - Date.now());
		const message = `A sync to the disk takes ${medianMs.toFixed(1)} ms, and ${durationsMs.at(-1)?.toFixed(1)} ms at most.`;
		const finding =
			medianMs > slowSyncMs.warning
				? warning(message, "Writers wait that long. Use another disk, or one that is less busy.")
				: medianMs > slowSyncMs.notice
					? notice(message, "Writers wait that long, and readers do not. An SSD takes a tenth.")
					: ok(message);
		if (driftMs <= maxClockDriftMs) return [finding];
		const seconds = Math.round(driftMs / 1000);
		return [finding, warning(`The clock of the disk is ${seconds} s away from ours.`, "Set both clocks, by NTP.")];
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

export function fileSystem({ databasePath, uploadDir }: Settings): CheckResult[] {
	if (process.platform !== "linux") return [];
	const nameOf = (path: string, among: Map<number, string>) =>
		existsSync(path) ? among.get(Number(statfsSync(path).type) >>> 0) : undefined;
	const database = nameOf(dirname(databasePath), networkFileSystems);
	const pictures = nameOf(uploadDir, networkFileSystems);
	const memory = nameOf(dirname(databasePath), memoryFileSystems) ?? nameOf(uploadDir, memoryFileSystems);
	const found: CheckResult[] = [];
	if (database)
		found.push(
			error(
				`The database is on ${database}, where locks and syncs may not hold: it can be damaged.`,
				"Move DATA_DIR to a disk of this machine. Pictures may stay: UPLOAD_DIR.",
			),
		);
	if (pictures && pictures !== database) found.push(notice(`Pictures are on ${pictures}.`));
	if (memory)
		found.push(notice(`The data is in memory (${memory}): a restart of this machine ends it.`, "Move it to a disk."));
	return found.length > 0 ? found : [ok("The database is on a disk of this machine.")];
}

export function space({ databasePath, uploadDir, media: { minFreeBytes } }: Settings): CheckResult[] {
	const bytes = statSync(databasePath, { throwIfNoEntry: false })?.size ?? 0;
	const folders = [...new Set([dirname(databasePath), uploadDir])].filter(existsSync);
	const diskOf = (folder: string) => statSync(folder).dev;
	const isFirst = (folder: string) => folders.find((other) => diskOf(other) === diskOf(folder)) === folder;
	return folders.filter(isFirst).map((folder) => {
		const free = freeBytes(folder);
		if (free < minFreeBytes)
			return error(
				`${size(free)} are free at ${folder}, less than MIN_FREE_BYTES (${size(minFreeBytes)}): nothing can be added.`,
				"Make room. What restores and upgrades left: minifeed restore --discard-previous.",
			);
		if (free - minFreeBytes < 2 * bytes)
			return warning(
				`${size(free)} are free at ${folder}, and the database has ${size(bytes)}.`,
				"A backup, and an upgrade, need as much again: make room.",
			);
		return ok(`${size(free)} are free at ${folder}.`);
	});
}

/** What others may read of it, or what is another's. */
export function modes({ dataDir, databasePath, uploadDir, backup }: Settings): CheckResult[] {
	if (process.platform === "win32") return [];
	const userId = process.getuid?.() ?? 0;
	// Root may run a command beside the server of somebody else, who then cannot read what that made.
	const owner = userId === 0 ? statSync(existsSync(databasePath) ? databasePath : dataDir).uid : userId;
	const backups = isFolder(backup.directory)
		? readdirSync(backup.directory).map((name) => join(backup.directory, name))
		: [];
	const paths = [dataDir, uploadDir, backup.directory, keyFile(dataDir), ...engine.filesOf(databasePath), ...backups];
	return [...new Set(paths)].filter(existsSync).flatMap((path) => {
		const found = lstatSync(path);
		if (found.isSymbolicLink()) return [];
		const mode = found.isDirectory() ? 0o700 : 0o600;
		if (found.uid !== owner) {
			const expected = userId === 0 ? `the database to user ${owner}` : `this is user ${userId}`;
			return [error(`${path} belongs to user ${found.uid}, and ${expected}.`, `Run: chown ${owner} ${quoted(path)}`)];
		}
		if ((found.mode & 0o077) === 0) return [];
		const now = (found.mode & 0o777).toString(8);
		return [
			warning(`${path} can be read by others (mode ${now}).`, `Run: chmod ${mode.toString(8)} ${quoted(path)}`, () =>
				chmodSync(path, mode),
			),
		];
	});
}

/** What restores, upgrades and those that were killed left. */
export function leftovers({ dataDir, databasePath, backup }: Settings): CheckResult[] {
	const home = dirname(databasePath);
	const previous = previousIn(home);
	const found: CheckResult[] = [];
	if (previous.length > 0)
		found.push(
			notice(
				`What earlier restores replaced is in ${previous.join(", ")} (${size(sum(previous.map(sizeOf)))}).`,
				"Once all is well: minifeed restore --discard-previous.",
			),
		);
	const snapshots = join(home, "snapshots");
	if (existsSync(snapshots) && readdirSync(snapshots).length > 0)
		found.push(
			notice(
				`Copies of the database from before upgrades take ${size(sizeOf(snapshots))} in ${snapshots}.`,
				"They are for minifeed rollback. Once the upgrade is well, delete them.",
			),
		);
	const isStale = (path: string) => Date.now() - statSync(path).mtimeMs > 24 * 60 * 60 * 1000;
	const folders = [...new Set([home, dataDir, backup.directory])].filter(isFolder);
	for (const path of folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name))))
		if (/^\.(?:restore|backup|export|doctor)-.|^\.[0-9a-f-]{36}\.part$/s.test(basename(path)) && isStale(path))
			found.push(
				warning(`${path} was left by something that was killed.`, `Delete it: minifeed doctor --fix.`, () =>
					rmSync(path, { recursive: true, force: true }),
				),
			);
	return found;
}

const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);

function sizeOf(path: string): number {
	const found = lstatSync(path);
	return found.isDirectory() ? sum(readdirSync(path).map((name) => sizeOf(join(path, name)))) : found.size;
}
