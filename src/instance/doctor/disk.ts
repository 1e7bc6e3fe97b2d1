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

const syncSamples = 12;
/** An SSD takes 1 to 5 ms, an SD card 10 to 50. */
const slowSyncMs = { notice: 20, warning: 100 };
const maxClockDriftMs = 2_000;
/** `f_type` of network file systems (statfs(2), magic.h of Linux), where the locks and fsyncs of SQLite may not work. */
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
/** `f_type` of file systems in memory. */
const memoryFileSystems = new Map([
	[0x01021994, "tmpfs"],
	[0x858458f6, "ramfs"],
]);

/** Measures the time of an fsync, and compares the clock of the disk with that of this machine. */
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
		const message = `An fsync takes ${medianMs.toFixed(1)} ms, at most ${durationsMs.at(-1)?.toFixed(1)} ms.`;
		const finding =
			medianMs > slowSyncMs.warning
				? warning(message, "Each write waits that long. Use a faster or less busy disk.")
				: medianMs > slowSyncMs.notice
					? notice(message, "Each write waits that long. An SSD is ten times as fast.")
					: ok(message);
		if (driftMs <= maxClockDriftMs) return [finding];
		const seconds = Math.round(driftMs / 1000);
		return [
			finding,
			warning(`The clock of the disk differs from that of this machine by ${seconds} s.`, "Set both clocks with NTP."),
		];
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
				`The database is on ${database}, where locks and fsync may not work. It can get damaged.`,
				"Move DATA_DIR to a disk of this machine. UPLOAD_DIR may stay where it is.",
			),
		);
	if (pictures && pictures !== database) found.push(notice(`The pictures are on ${pictures}, a network file system.`));
	if (memory)
		found.push(
			notice(
				`The data is on a file system in memory (${memory}). A restart of this machine deletes it.`,
				"Move the data to a disk.",
			),
		);
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
				`Only ${size(free)} are free in ${folder}, less than MIN_FREE_BYTES (${size(minFreeBytes)}). The server refuses new content.`,
				"Free some disk space. To delete data that restores replaced, run minifeed restore --discard-previous.",
			);
		if (free - minFreeBytes < 2 * bytes)
			return warning(
				`Only ${size(free)} are free in ${folder}, and the database has ${size(bytes)}.`,
				"Free some disk space: a backup or an upgrade needs a copy of the database.",
			);
		return ok(`${size(free)} are free in ${folder}.`);
	});
}

/** Finds files of another owner, and files that other users can read. */
export function modes({ dataDir, databasePath, uploadDir, backup }: Settings): CheckResult[] {
	if (process.platform === "win32") return [];
	const userId = process.getuid?.() ?? 0;
	// When root runs a command, the server of another user cannot read the new files.
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
			const expected = userId === 0 ? `the database belongs to user ${owner}` : `you are user ${userId}`;
			return [error(`${path} belongs to user ${found.uid}, but ${expected}.`, `Run: chown ${owner} ${quoted(path)}`)];
		}
		if ((found.mode & 0o077) === 0) return [];
		const now = (found.mode & 0o777).toString(8);
		return [
			warning(`Other users can read ${path} (mode ${now}).`, `Run: chmod ${mode.toString(8)} ${quoted(path)}`, () =>
				chmodSync(path, mode),
			),
		];
	});
}

/** Finds replaced data, old snapshots, and temporary files of killed processes. */
export function leftovers({ dataDir, databasePath, backup }: Settings): CheckResult[] {
	const home = dirname(databasePath);
	const previous = previousIn(home);
	const found: CheckResult[] = [];
	if (previous.length > 0)
		found.push(
			notice(
				`Data that restores replaced is in ${previous.join(", ")} (${size(sum(previous.map(sizeOf)))}).`,
				"To delete it, run minifeed restore --discard-previous.",
			),
		);
	const snapshots = join(home, "snapshots");
	if (existsSync(snapshots) && readdirSync(snapshots).length > 0)
		found.push(
			notice(
				`Snapshots from before upgrades take ${size(sizeOf(snapshots))} in ${snapshots}.`,
				"minifeed rollback needs them. If the upgrade works, delete them.",
			),
		);
	const isStale = (path: string) => Date.now() - statSync(path).mtimeMs > 24 * 60 * 60 * 1000;
	const folders = [...new Set([home, dataDir, backup.directory])].filter(isFolder);
	for (const path of folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name))))
		if (/^\.(?:restore|backup|export|doctor)-.|^\.[0-9a-f-]{36}\.part$/s.test(basename(path)) && isStale(path))
			found.push(
				warning(`A killed process left ${path}.`, "To delete it, run minifeed doctor --fix.", () =>
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
