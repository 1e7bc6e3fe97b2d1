import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../../config/config";
import { OperatorError } from "../../core/errors";
import { isInMemory } from "../../db/engine";
import { engine } from "../../db/open";
import { realPath } from "../../disk/free-space";

/** The folder of an unfinished backup. It is on the disk of the target, so that the last step is a rename. */
export const stageIn = (folder: string, instance: string) => join(folder, `.backup-${instance || "new"}`);

/** Deletes the files of a killed backup in the configured folder, unless a backup runs. */
export function clearBackups({ databasePath, backup }: Pick<Config, "databasePath" | "backup">) {
	if (isInMemory(databasePath) || !existsSync(backup.directory) || !existsSync(databasePath)) return;
	const path = realPath(databasePath);
	let unlock: () => void;
	try {
		unlock = engine.lockForBackup(path);
	} catch (error) {
		if (error instanceof OperatorError) return;
		throw error;
	}
	rmSync(stageIn(backup.directory, engine.instanceOf(path)), { recursive: true, force: true });
	unlock();
}
