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

/** What waits in a folder like this takes the place of what is there, once it is whole. */
export const stagingPrefix = ".restore-";

/** Where what comes is to be put: a database that nobody has open, pictures, and if there is one, the key that signs tokens. */
export type Staged = { database: string; uploads: string; key: string };

export type Replaced<T> = {
	result: T;
	/** Rows of what is replaced; null where there is nothing, or nothing that can be read. */
	replaced: Record<string, number> | null;
	/** Where that is kept. */
	previous: string | null;
};

/**
 * Puts what `fill` makes in the place of what is there, in steps that whoever comes next finishes, so that there is always
 * the old or the new. `fill` also says which instance it is. Call it in `exclusively`.
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
	for (const folder of folders) deleteStaged(folder); // of one that was killed
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
			throw new OperatorError("The disk is full. Nothing was changed; make room, then do it again.");
		throw error;
	} finally {
		if (!isReplacePending(path)) for (const folder of folders) deleteStaged(folder);
	}
}

/** What takes whose place; `staged` is still to be said. */
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

/** The point after which there is no way back but forward. */
export function replaceData(path: string, plan: Replacement) {
	engine.mergeWal(path);
	replaceFiles(path, plan);
}

function deleteStaged(folder: string) {
	for (const name of readdirSync(folder))
		if (name.startsWith(stagingPrefix)) rmSync(join(folder, name), { recursive: true, force: true });
}

/** Resolves when nobody else has the database. */
export type WaitUntilExclusive = () => Promise<void>;

/**
 * No server, no command and no backup at the same time. With `ready`, a server may run until `work` asks to be alone, and
 * people read: that it has to stop then is what `ready` is told.
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
		throw new OperatorError("The database is in the memory of the server, which no file replaces.");
	return realPath(databasePath);
}

/** A time that comes after those of all earlier exchanges. */
export function newTimestamp(config: Settings): string {
	const folders = [dirname(databaseFile(config)), realPath(config.dataDir), realPath(config.uploadDir)];
	return timestampAfter(folders.flatMap(previousIn).map((path) => basename(path).replace(/^\.?previous-/, "")));
}

export function countsOf(path: string): Record<string, number> | null {
	try {
		return existsSync(path) ? engine.contentsOf(path).counts : null;
	} catch {
		return null; // what is damaged is replaced all the same
	}
}
