import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import {
	closeDown,
	contentsOf,
	isInUse,
	lockDatabase,
	lockForBackup,
	migrationsOf,
	proveDatabase,
	type Snapshot,
	settle,
	snapshotFolder,
	snapshotsOf,
	stampOf,
} from "../db/open";
import { realPath, syncFile } from "../disk";
import { OperatorError } from "../errors";
import { isSwapping, previousIn, previousPrefix, type Swap, swap } from "../swap";
import type { Settings } from "./create";
import type { Manifest } from "./manifest";
import { proveBackup } from "./prove";

export type Restored = {
	manifest: Manifest;
	/** Rows of what is replaced; null where there is nothing, or nothing that can be read. */
	replaced: Record<string, number> | null;
	/** Where that is kept. */
	previous: string | null;
	/** Whether the key that signs tokens is another one now. */
	key: "restored" | "kept" | "configured";
	/** Whether a server runs, with which nothing can be restored. */
	isInUse: boolean;
};

type Options = { dryRun: boolean; progress?: (read: number) => void };

/** What a restore unpacks, until it takes the place of what was there. */
const staging = ".restore-";

/**
 * Puts a backup in the place of what is there. It is unpacked beside it, proved, and exchanged for it in steps that whoever
 * comes next finishes, so that there is always the old or the new. What was there is kept. `dryRun` proves, and changes
 * nothing. Throws OperatorError, also while anybody has the database open.
 */
export async function restoreBackup(config: Settings, file: string, { dryRun, progress }: Options): Promise<Restored> {
	if (!statSync(file, { throwIfNoEntry: false })?.isFile()) throw new OperatorError(`There is no file ${file}.`);
	return dryRun
		? checkBackup(config, file, progress)
		: exclusively(config, () => unpackAndSwap(config, file, progress));
}

async function checkBackup(config: Settings, file: string, progress?: Options["progress"]): Promise<Restored> {
	const path = onDisk(config);
	const folder = join(existsSync(dirname(path)) ? dirname(path) : tmpdir(), `${staging}check-${crypto.randomUUID()}`);
	mkdirSync(folder, { mode: 0o700 });
	try {
		const into = { database: join(folder, "database") };
		const manifest = await proveBackup(file, { into, minFree: config.media.minFreeBytes, progress });
		return { manifest, replaced: countsOf(path), previous: null, key: keyOf(config, manifest), isInUse: isInUse(path) };
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

async function unpackAndSwap(config: Settings, file: string, progress?: Options["progress"]): Promise<Restored> {
	const path = onDisk(config);
	const stamp = newStamp(config);
	const [data, uploads] = [realPath(config.dataDir), realPath(config.uploadDir)];
	for (const folder of [data, uploads]) mkdirSync(folder, { recursive: true, mode: 0o700 });
	const folders = [...new Set([dirname(path), data, uploads])];
	for (const folder of folders) clear(folder); // of a restore that was killed
	const staged = (folder: string) => join(folder, staging + stamp);
	for (const folder of folders) mkdirSync(staged(folder), { mode: 0o700 });
	try {
		const key = join(staged(data), "secret.key");
		const database = join(staged(dirname(path)), basename(path));
		const manifest = await proveBackup(file, {
			into: { database, uploads: staged(uploads), secret: config.secretKey === undefined ? key : undefined },
			minFree: config.media.minFreeBytes,
			progress,
		});
		if (manifest.instance) {
			const owner = join(staged(uploads), ".instance");
			writeFileSync(owner, manifest.instance, { mode: 0o600 });
			syncFile(owner);
		}
		const replaced = countsOf(path);
		const plan = planOf(config, stamp);
		plan.database.staged = database;
		plan.key.staged = key;
		plan.uploads.staged = staged(uploads);
		exchange(path, { files: [plan.database, plan.key], folders: [plan.uploads] });
		const previous = dirname(plan.database.previous);
		return {
			manifest,
			replaced,
			previous: existsSync(previous) ? previous : null,
			key: keyOf(config, manifest),
			isInUse: false,
		};
	} catch (error) {
		if (["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? ""))
			throw new OperatorError("The disk is full. Nothing was changed; make room, then restore again.");
		throw error;
	} finally {
		if (!isSwapping(path)) for (const folder of folders) clear(folder);
	}
}

export type RolledBack = {
	snapshot: Snapshot;
	/** Rows of what is put back, and of what is replaced. */
	counts: Record<string, number>;
	replaced: Record<string, number> | null;
	previous: string | null;
	isInUse: boolean;
};

/**
 * Puts the database back that was copied before it was last brought up to date, for an older version. What people did since
 * is in what was there, which is kept. Throws OperatorError, also while anybody has the database open.
 */
export async function rollBack(config: Settings, { dryRun }: { dryRun: boolean }): Promise<RolledBack> {
	const path = onDisk(config);
	const work = async () => {
		const snapshot = lastBefore(path);
		proveDatabase(snapshot.file, `The snapshot ${snapshot.file}`);
		const { counts } = contentsOf(snapshot.file);
		const replaced = countsOf(path);
		if (dryRun) return { snapshot, counts, replaced, previous: null, isInUse: isInUse(path) };
		const plan = planOf(config, newStamp(config));
		plan.database.staged = snapshot.file;
		exchange(path, { files: [plan.database], folders: [] });
		return { snapshot, counts, replaced, previous: dirname(plan.database.previous), isInUse: false };
	};
	return dryRun ? work() : exclusively(config, work);
}

function lastBefore(path: string): Snapshot {
	const at = lastMigration(path);
	const found = snapshotsOf(path).find(({ schema }) => at === null || schema < at);
	if (found) return found;
	throw new OperatorError(
		`There is nothing to go back to: ${snapshotFolder(path)} has no copy of the database from before an upgrade.`,
	);
}

/** Null when the database cannot be read. */
function lastMigration(path: string): string | null {
	try {
		return migrationsOf(path).findLast(({ appliedAt }) => appliedAt !== null)?.name ?? null;
	} catch {
		return null;
	}
}

/** Puts back what the last restore or rollback replaced, and keeps what that put there. Gives where that is. */
export async function undo(config: Settings): Promise<{ restored: string; previous: string }> {
	const path = onDisk(config);
	return exclusively(config, async () => {
		const restored = previousIn(dirname(path))[0];
		if (!restored) throw new OperatorError("There is no earlier state to go back to.");
		const plan = planOf(config, newStamp(config));
		plan.database.staged = join(restored, basename(path));
		plan.key.staged = join(realPath(config.dataDir), basename(restored), "secret.key");
		plan.uploads.staged = join(realPath(config.uploadDir), `.${basename(restored)}`);
		const files = [plan.database, plan.key].filter(({ staged }) => existsSync(staged));
		const folders = [plan.uploads].filter(({ staged }) => existsSync(staged));
		closeDown(plan.database.staged);
		exchange(path, { files, folders });
		for (const folder of [restored, dirname(plan.key.staged)]) removeEmpty(folder);
		return { restored, previous: dirname(plan.database.previous) };
	});
}

/** Deletes every state that restores and rollbacks replaced. Gives where they were. */
export function discardPrevious(config: Settings): string[] {
	const path = onDisk(config);
	settle(path); // what a restore that was cut short has still to move there
	const found = [...new Set([dirname(path), realPath(config.dataDir), realPath(config.uploadDir)])].flatMap(previousIn);
	for (const folder of found) rmSync(folder, { recursive: true, force: true });
	return found;
}

/** What takes whose place; `staged` is still to be said. */
function planOf(config: Settings, stamp: string) {
	const path = onDisk(config);
	const [data, uploads] = [realPath(config.dataDir), realPath(config.uploadDir)];
	const name = previousPrefix + stamp;
	return {
		database: { current: path, staged: "", previous: join(dirname(path), name, basename(path)) },
		key: { current: join(data, "secret.key"), staged: "", previous: join(data, name, "secret.key") },
		uploads: {
			current: uploads,
			staged: "",
			placing: join(uploads, `.placing-${stamp}`),
			previous: join(uploads, `.${name}`),
		},
	};
}

/** The point after which there is no way back but forward. */
function exchange(path: string, { files, folders }: Swap) {
	closeDown(path);
	swap(path, { files, folders });
	for (const { previous } of files) removeEmpty(dirname(previous));
	for (const { previous } of folders) removeEmpty(previous);
}

function removeEmpty(folder: string) {
	if (existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder);
}

function clear(folder: string) {
	for (const name of readdirSync(folder))
		if (name.startsWith(staging)) rmSync(join(folder, name), { recursive: true, force: true });
}

/** No server, no command and no backup at the same time. */
async function exclusively<T>(config: Settings, work: () => Promise<T>): Promise<T> {
	const path = onDisk(config);
	const unlock = lockDatabase(path);
	try {
		const unlockBackup = lockForBackup(path);
		try {
			return await work();
		} finally {
			unlockBackup();
		}
	} finally {
		unlock();
	}
}

function onDisk({ databasePath }: Settings): string {
	if (databasePath === ":memory:")
		throw new OperatorError("The database is in the memory of the server, which no file replaces.");
	return realPath(databasePath);
}

/** A time that no earlier exchange had. */
function newStamp(config: Settings): string {
	const stamp = stampOf(new Date());
	const taken = (name: string) => existsSync(dirname(planOf(config, name).database.previous));
	for (let n = 1; ; n++) {
		const name = n === 1 ? stamp : `${stamp}-${n}`;
		if (!taken(name)) return name;
	}
}

const keyOf = ({ secretKey }: Settings, { members }: Manifest) => {
	if (secretKey !== undefined) return "configured";
	return members.some(({ name }) => name === "secret.key") ? "restored" : "kept";
};

function countsOf(path: string): Record<string, number> | null {
	try {
		return existsSync(path) ? contentsOf(path).counts : null;
	} catch {
		return null; // what is damaged is replaced all the same
	}
}
