import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Config } from "../../config/config";
import { isDiskFull, OperatorError } from "../../core/errors";
import { isInMemory } from "../../db/engine";
import { engine } from "../../db/open";
import { isReplacePending, previousIn, previousPrefix, type Replacement, replaceFiles } from "../../db/replace";
import { giveTreeToOwner, makeFolder, realPath, syncFile } from "../../disk/free-space";
import { timestampAfter } from "../../disk/timestamp";
import { keyFile } from "../secret-key";

export type Settings = Pick<Config, "dataDir" | "databasePath" | "uploadDir" | "secretKey" | "media">;

/** Prefix of the folders that hold new data before the replacement. */
export const stagingPrefix = ".restore-";

/** Paths for the new data: the database, closed; the folder of pictures; the secret key, which is optional. */
export type Staged = { database: string; uploads: string; key: string };

export type Replaced<T> = {
	result: T;
	/** Rows of each replaced table; null without a readable database. */
	replaced: Record<string, number> | null;
	/** Folder with the replaced data. */
	previous: string | null;
};

/**
 * Lets `stage` write new data to temporary folders, then replaces the current data. The replacement is atomic: after a crash,
 * the next start or command resumes it. `stage` returns the instance id too. Call it in `withExclusiveAccess`.
 */
export async function stageAndReplace<T>(
	config: Settings,
	stage: (staged: Staged) => Promise<{ result: T; instance: string }>,
	waitUntilExclusive: WaitUntilExclusive = async () => {},
): Promise<Replaced<T>> {
	const path = databaseFile(config);
	const stamp = newTimestamp(config);
	const [data, uploads] = [realPath(config.dataDir), realPath(config.uploadDir)];
	for (const folder of [data, uploads]) makeFolder(folder);
	const folders = [...new Set([dirname(path), data, uploads])];
	for (const folder of folders) deleteStaged(folder); // left by a killed process
	const staged = (folder: string) => join(folder, stagingPrefix + stamp);
	for (const folder of folders) mkdirSync(staged(folder), { mode: 0o700 });
	try {
		const key = keyFile(staged(data));
		const database = join(staged(dirname(path)), basename(path));
		const { result, instance } = await stage({ database, uploads: staged(uploads), key });
		if (instance) {
			const owner = join(staged(uploads), ".instance");
			writeFileSync(owner, instance, { mode: 0o600 });
			syncFile(owner);
		}
		for (const folder of folders) giveTreeToOwner(staged(folder));
		await waitUntilExclusive();
		const replaced = countsOf(path);
		const plan = replacementPlan(config, stamp);
		plan.database.staged = database;
		plan.key.staged = key;
		plan.uploads.staged = staged(uploads);
		replaceData(path, { files: [plan.database, plan.key], folders: [plan.uploads] });
		const previous = dirname(plan.database.previous);
		return { result, replaced, previous: existsSync(previous) ? previous : null };
	} catch (error) {
		if (isDiskFull(error))
			throw new OperatorError(
				"The disk is full. Nothing was changed. Free some disk space, then run the command again.",
			);
		throw error;
	} finally {
		if (!isReplacePending(path)) for (const folder of folders) deleteStaged(folder);
	}
}

/** Returns the paths of a replacement. The caller sets the `staged` paths. */
export function replacementPlan(config: Settings, stamp: string) {
	const path = databaseFile(config);
	const [data, uploads] = [realPath(config.dataDir), realPath(config.uploadDir)];
	const name = previousPrefix + stamp;
	return {
		database: { current: path, staged: "", previous: join(dirname(path), name, basename(path)) },
		key: { current: keyFile(data), staged: "", previous: keyFile(join(data, name)) },
		uploads: {
			current: uploads,
			staged: "",
			placing: join(uploads, `.placing-${stamp}`),
			previous: join(uploads, `.${name}`),
		},
	};
}

/** Replaces the data. After a crash, the replacement is resumed, never undone. */
export function replaceData(path: string, plan: Replacement) {
	engine.mergeWal(path);
	replaceFiles(path, plan);
}

function deleteStaged(folder: string) {
	for (const name of readdirSync(folder))
		if (name.startsWith(stagingPrefix)) rmSync(join(folder, name), { recursive: true, force: true });
}

/** Resolves when no other process has the database open. */
export type WaitUntilExclusive = () => Promise<void>;

/**
 * Runs `work` while no server, other command or backup uses the database. Throws OperatorError otherwise.
 * With `ready`, a read-only server may run until `work` waits for exclusive access; `ready` is called if it still runs then.
 */
export async function withExclusiveAccess<T>(
	config: Settings,
	work: (alone: WaitUntilExclusive) => Promise<T>,
	ready?: () => void,
): Promise<T> {
	const path = databaseFile(config);
	const locks = [engine.beginReplacing(path)];
	try {
		if (!ready) locks.push(await engine.lock(path, { wait: false }));
		locks.push(engine.lockForBackup(path));
		return await work(async () => {
			if (!ready) return;
			if (engine.isInUse(path)) ready();
			locks.push(await engine.lock(path, { wait: true }));
		});
	} finally {
		for (const unlock of locks.reverse()) unlock();
	}
}

export function databaseFile({ databasePath }: Settings): string {
	if (isInMemory(databasePath))
		throw new OperatorError("The database is in memory, so files cannot replace it. Set DATABASE_PATH to a file.");
	return realPath(databasePath);
}

/** Returns a timestamp later than those of all earlier replacements. */
export function newTimestamp(config: Settings): string {
	const folders = [dirname(databaseFile(config)), realPath(config.dataDir), realPath(config.uploadDir)];
	return timestampAfter(folders.flatMap(previousIn).map((path) => basename(path).replace(/^\.?previous-/, "")));
}

export function countsOf(path: string): Record<string, number> | null {
	try {
		return existsSync(path) ? engine.contentsOf(path).counts : null;
	} catch {
		return null; // a damaged database can be replaced too
	}
}
