import { existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { OperatorError } from "../../core/errors";
import type { Snapshot } from "../../db/engine";
import { engine } from "../../db/open";
import { previousIn } from "../../db/replace";
import { realPath } from "../../disk/free-space";
import {
	countsOf,
	databaseFile,
	newTimestamp,
	replaceData,
	replacementPlan,
	stageAndReplace,
	stagingPrefix,
	type WaitUntilExclusive,
	withExclusiveAccess,
} from "../replace/replace";
import { keyFile } from "../secret-key";
import type { Settings } from "./create";
import type { Manifest } from "./manifest";
import { verifyBackup } from "./verify";

export type RestoreResult = {
	manifest: Manifest;
	/** Rows of each replaced table; null without a readable database. */
	replaced: Record<string, number> | null;
	/** Folder with the replaced data. */
	previous: string | null;
	/** Source of the secret key after the restore. */
	key: "restored" | "kept" | "configured";
	/** True while a server runs, which has to stop before a restore. */
	isInUse: boolean;
};

type Options = {
	dryRun: boolean;
	progress?: (read: number) => void;
	/** Allows a server to run during the preparation. Called when it has to stop. */
	ready?: () => void;
};

/**
 * Restores a backup: unpacks and verifies it beside the current data, then replaces that data and keeps it. The replacement
 * is atomic: after a crash, the next start or command resumes it. `dryRun` only verifies.
 * Throws OperatorError, also while another process has the database open.
 */
export async function restoreBackup(
	config: Settings,
	file: string,
	{ dryRun, progress, ready }: Options,
): Promise<RestoreResult> {
	if (!statSync(file, { throwIfNoEntry: false })?.isFile())
		throw new OperatorError(`There is no file ${file}. Check the path.`);
	return dryRun
		? checkBackup(config, file, progress)
		: withExclusiveAccess(
				config,
				(waitUntilExclusive) => unpackAndReplace(config, file, { progress, waitUntilExclusive }),
				ready,
			);
}

async function checkBackup(config: Settings, file: string, progress?: Options["progress"]): Promise<RestoreResult> {
	const path = databaseFile(config);
	const folder = join(
		existsSync(dirname(path)) ? dirname(path) : tmpdir(),
		`${stagingPrefix}check-${crypto.randomUUID()}`,
	);
	mkdirSync(folder, { mode: 0o700 });
	try {
		const into = { database: join(folder, "database") };
		const manifest = await verifyBackup(file, { into, minFree: config.media.minFreeBytes, progress });
		return {
			manifest,
			replaced: countsOf(path),
			previous: null,
			key: keyOf(config, manifest),
			isInUse: engine.isInUse(path),
		};
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

async function unpackAndReplace(
	config: Settings,
	file: string,
	{ progress, waitUntilExclusive }: Pick<Options, "progress"> & { waitUntilExclusive: WaitUntilExclusive },
): Promise<RestoreResult> {
	const { result, ...rest } = await stageAndReplace(
		config,
		async ({ database, uploads, key }) => {
			const into = { database, uploads, secret: config.secretKey === undefined ? key : undefined };
			const result = await verifyBackup(file, { into, minFree: config.media.minFreeBytes, progress });
			return { result, instance: result.instance };
		},
		waitUntilExclusive,
	);
	return { manifest: result, ...rest, key: keyOf(config, result), isInUse: false };
}

export type RollbackResult = {
	snapshot: Snapshot;
	/** Rows of each table of the snapshot. */
	counts: Record<string, number>;
	replaced: Record<string, number> | null;
	previous: string | null;
	isInUse: boolean;
};

/**
 * Restores the snapshot from before the last upgrade, for the older version, and keeps the replaced database.
 * Throws OperatorError, also while another process has the database open.
 */
export async function rollBackUpgrade(config: Settings, { dryRun }: { dryRun: boolean }): Promise<RollbackResult> {
	const path = databaseFile(config);
	const work = async () => {
		const snapshot = snapshotBeforeUpgrade(path);
		engine.verify(snapshot.file, `The snapshot ${snapshot.file}`);
		const { counts } = engine.contentsOf(snapshot.file);
		const replaced = countsOf(path);
		if (dryRun) return { snapshot, counts, replaced, previous: null, isInUse: engine.isInUse(path) };
		const plan = replacementPlan(config, newTimestamp(config));
		plan.database.staged = snapshot.file;
		replaceData(path, { files: [plan.database], folders: [] });
		return { snapshot, counts, replaced, previous: dirname(plan.database.previous), isInUse: false };
	};
	return dryRun ? work() : withExclusiveAccess(config, work);
}

function snapshotBeforeUpgrade(path: string): Snapshot {
	const at = lastMigration(path);
	const found = engine.snapshotsOf(path).find(({ schema }) => at === null || schema < at);
	if (found) return found;
	throw new OperatorError(
		`There is no snapshot to roll back to in ${engine.snapshotFolder(path)}. Only an upgrade makes one.`,
	);
}

/** Returns null for an unreadable database. */
function lastMigration(path: string): string | null {
	try {
		return engine.migrationsOf(path).findLast(({ appliedAt }) => appliedAt !== null)?.name ?? null;
	} catch {
		return null;
	}
}

/** Restores the data that the last restore or rollback replaced, and keeps the current data. Returns both folders. */
export async function revert(config: Settings): Promise<{ restored: string; previous: string }> {
	const path = databaseFile(config);
	return withExclusiveAccess(config, async () => {
		const restored = previousIn(dirname(path)).find((folder) => existsSync(join(folder, basename(path))));
		if (!restored) throw new OperatorError("There is no earlier state to revert to.");
		const plan = replacementPlan(config, newTimestamp(config));
		plan.database.staged = join(restored, basename(path));
		plan.key.staged = keyFile(join(realPath(config.dataDir), basename(restored)));
		plan.uploads.staged = join(realPath(config.uploadDir), `.${basename(restored)}`);
		const files = [plan.database, plan.key].filter(({ staged }) => existsSync(staged));
		const folders = [plan.uploads].filter(({ staged }) => existsSync(staged));
		engine.mergeWal(plan.database.staged);
		replaceData(path, { files, folders });
		return { restored, previous: dirname(plan.database.previous) };
	});
}

/** Deletes all data that restores and rollbacks replaced. Returns the deleted folders. */
export function discardPrevious(config: Settings): string[] {
	const path = databaseFile(config);
	engine.resumeReplace(path); // an interrupted restore may still have to move files there
	const found = [...new Set([dirname(path), realPath(config.dataDir), realPath(config.uploadDir)])].flatMap(previousIn);
	for (const folder of found) rmSync(folder, { recursive: true, force: true });
	return found;
}

const keyOf = ({ secretKey }: Settings, { members }: Manifest) => {
	if (secretKey !== undefined) return "configured";
	return members.some(({ name }) => name === "secret.key") ? "restored" : "kept";
};
