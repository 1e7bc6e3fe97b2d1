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
	/** Rows of what is replaced; null where there is nothing, or nothing that can be read. */
	replaced: Record<string, number> | null;
	/** Where that is kept. */
	previous: string | null;
	/** Whether the key that signs tokens is another one now. */
	key: "restored" | "kept" | "configured";
	/** Whether a server runs, with which nothing can be restored. */
	isInUse: boolean;
};

type Options = {
	dryRun: boolean;
	progress?: (read: number) => void;
	/** With it, a server may run until the exchange, and people read; told when it has to stop for that. */
	ready?: () => void;
};

/**
 * Puts a backup in the place of what is there. It is unpacked beside it, proved, and exchanged for it in steps that whoever
 * comes next finishes, so that there is always the old or the new. What was there is kept. `dryRun` proves, and changes
 * nothing. Throws OperatorError, also while anybody has the database open.
 */
export async function restoreBackup(
	config: Settings,
	file: string,
	{ dryRun, progress, ready }: Options,
): Promise<RestoreResult> {
	if (!statSync(file, { throwIfNoEntry: false })?.isFile()) throw new OperatorError(`There is no file ${file}.`);
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
		`There is nothing to go back to: ${engine.snapshotFolder(path)} has no copy of the database from before an upgrade.`,
	);
}

/** Null when the database cannot be read. */
function lastMigration(path: string): string | null {
	try {
		return engine.migrationsOf(path).findLast(({ appliedAt }) => appliedAt !== null)?.name ?? null;
	} catch {
		return null;
	}
}

/** Puts back what the last restore or rollback replaced, and keeps what that put there. Gives where that is. */
export async function revert(config: Settings): Promise<{ restored: string; previous: string }> {
	const path = databaseFile(config);
	return withExclusiveAccess(config, async () => {
		const restored = previousIn(dirname(path)).find((folder) => existsSync(join(folder, basename(path))));
		if (!restored) throw new OperatorError("There is no earlier state to go back to.");
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

/** Deletes every state that restores and rollbacks replaced. Gives where they were. */
export function discardPrevious(config: Settings): string[] {
	const path = databaseFile(config);
	engine.resumeReplace(path); // what a restore that was cut short has still to move there
	const found = [...new Set([dirname(path), realPath(config.dataDir), realPath(config.uploadDir)])].flatMap(previousIn);
	for (const folder of found) rmSync(folder, { recursive: true, force: true });
	return found;
}

const keyOf = ({ secretKey }: Settings, { members }: Manifest) => {
	if (secretKey !== undefined) return "configured";
	return members.some(({ name }) => name === "secret.key") ? "restored" : "kept";
};
