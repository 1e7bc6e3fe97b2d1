import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { OperatorError } from "../../../core/errors";
import { freeBytes, giveToOwner, makeFolder, syncDirectory, syncFile } from "../../../disk/free-space";
import { timestampAfter } from "../../../disk/timestamp";
import type { Snapshot } from "../../engine";
import { copyDatabase, copySize } from "./copy";

/** Number of snapshots to keep. More would keep deleted content longer. */
const maxSnapshots = 2;

const pattern = /^(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ)-(\d{4}_\w+)\.db$/;

/** The folder with the snapshots, beside the database. */
export const snapshotFolder = (path: string) => join(dirname(path), "snapshots");

/**
 * Copies a database into the folder that `rollback` reads. `schema` is its last migration. A snapshot with a final name is
 * complete. Throws OperatorError when the disk has too little space. Hold the database's lock.
 */
export function takeSnapshot(path: string, schema: string): string {
	const folder = snapshotFolder(path);
	makeFolder(folder);
	for (const name of readdirSync(folder)) if (name.endsWith(".part")) rmSync(join(folder, name)); // from a killed start
	const needed = copySize(path);
	if (freeBytes(folder) < needed)
		throw new OperatorError(
			`The snapshot before the migrations needs ${needed} bytes in ${folder}. ` +
				"Nothing was changed. Free disk space, or start the older version.",
		);
	const file = join(folder, `${timestampAfter(snapshotsOf(path).map(({ madeAt }) => madeAt))}-${schema}.db`);
	const part = `${file}.part`;
	try {
		copyDatabase(path, part);
		giveToOwner(part);
		syncFile(part);
		renameSync(part, file);
		syncDirectory(folder);
	} catch (error) {
		rmSync(part, { force: true });
		throw error;
	}
	for (const { file } of snapshotsOf(path).slice(maxSnapshots)) rmSync(file);
	return file;
}

/** Snapshots, the newest first. */
export function snapshotsOf(path: string): Snapshot[] {
	const folder = snapshotFolder(path);
	if (!existsSync(folder)) return [];
	return readdirSync(folder)
		.sort()
		.reverse()
		.flatMap((name) => {
			const [, madeAt, schema] = pattern.exec(name) ?? [];
			if (!madeAt || !schema) return [];
			const file = join(folder, name);
			return [{ file, madeAt, schema, bytes: statSync(file).size }];
		});
}
