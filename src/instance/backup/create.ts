import { existsSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Config } from "../../config/config";
import { OperatorError } from "../../core/errors";
import { version } from "../../core/version";
import { isInMemory } from "../../db/engine";
import { engine } from "../../db/open";
import {
	assertFreeSpace,
	describeWriteFailure,
	giveToOwner,
	makeFolder,
	realPath,
	syncDirectory,
} from "../../disk/free-space";
import { filesOf } from "../../media/files";
import { stageIn } from "../replace/stage";
import { keyFile } from "../secret-key";
import { writeArchive } from "./archive";
import { type Manifest, type Member, members, printManifest } from "./manifest";
import { deleteOldBackups, isUnderRetention, newBackupName, recordCreated } from "./retention";
import { verifyBackup } from "./verify";

export type Settings = Pick<Config, "dataDir" | "databasePath" | "uploadDir" | "secretKey" | "backup" | "media">;

/** Progress of a phase in bytes. */
export type OnProgress = (what: "copying" | "writing" | "verifying", done: number, total: number) => void;

export type Backup = {
	file: string;
	bytes: number;
	createdAt: Date;
	/** Rows of each table. */
	counts: Record<string, number>;
	/** Number of picture files. */
	files: number;
	/** Number of pictures whose files are missing in UPLOAD_DIR. */
	missing: number;
	/** Names of old backups that BACKUP_KEEP deleted. */
	deleted: string[];
};

/**
 * Backs up the database, pictures and secret key to one file, also beside a running server. Verifies the archive before the
 * file gets its name. Throws OperatorError.
 */
export async function createBackup(
	config: Settings,
	file: string | undefined,
	onProgress: OnProgress = () => {},
): Promise<Backup> {
	const now = new Date();
	const { backup, media } = config;
	const path = requireCopyable(config.databasePath);
	makeFolder(backup.directory);
	const unlock = engine.lockForBackup(path);
	let stage: string | undefined;
	try {
		const target = file ?? join(backup.directory, newBackupName(backup.directory, now));
		const folder = dirname(target);
		if (existsSync(target))
			throw new OperatorError(`${target} exists already. Choose another name. Nothing was changed.`);
		if (!existsSync(folder)) throw new OperatorError(`The folder ${folder} does not exist. Create it first.`);
		const instance = engine.instanceOf(path);
		stage = stageIn(folder, instance);
		rmSync(stage, { recursive: true, force: true }); // left by a killed backup
		mkdirSync(stage, { mode: 0o700 });
		const [copy, archive] = [join(stage, members.database), join(stage, "archive")];

		const size = engine.copySize(path);
		const advice = "Delete older backups, or back up to another disk.";
		assertFreeSpace(folder, size, media.minFreeBytes, advice);
		onProgress("copying", 0, size);
		engine.copy(path, copy);
		const total = statSync(copy).size + sizeOfFiles(copy, config.uploadDir);
		// An upper bound: the database compresses well, but pictures do not.
		assertFreeSpace(folder, total, media.minFreeBytes, advice);

		const { counts, schema } = engine.contentsOf(copy);
		const { files, missing } = await writeBackup(
			archive,
			{ config, copy, manifestHead: { format: 1, version, created_at: now.toISOString(), schema, instance, counts } },
			accumulate((done) => onProgress("writing", done, total)),
		);
		rmSync(copy); // the check unpacks the database of the archive to the same path
		const { size: bytes } = statSync(archive);
		await verifyBackup(archive, {
			into: { database: copy },
			minFree: 0,
			progress: accumulate((done) => onProgress("verifying", done, bytes)),
		});
		if (existsSync(target))
			throw new OperatorError(`Another program created ${target} meanwhile. The backup was discarded.`);
		const isManaged = isUnderRetention(backup.directory, target);
		if (isManaged) recordCreated(backup.directory, basename(target));
		giveToOwner(archive, folder);
		renameSync(archive, target);
		syncDirectory(folder);
		const deleted = isManaged ? deleteOldBackups(backup.directory, basename(target), backup.keep) : [];
		return {
			file: target,
			bytes,
			createdAt: now,
			counts,
			files,
			missing,
			deleted,
		};
	} catch (error) {
		throw describeWriteFailure(error, { what: "backup", folder: file ? dirname(file) : backup.directory });
	} finally {
		if (stage) rmSync(stage, { recursive: true, force: true });
		unlock();
	}
}

type Parts = { config: Settings; copy: string; manifestHead: Omit<Manifest, "members" | "missing"> };

/** Writes the database copy, the secret key and the pictures, then the manifest. Returns the numbers of pictures. */
async function writeBackup(archive: string, { config, copy, manifestHead }: Parts, progress: (bytes: number) => void) {
	const list: Member[] = [];
	const missing: string[] = [];
	await writeArchive(
		archive,
		async (add) => {
			const addFile = async (name: string, from: string) => {
				const member = await add(name, { file: from });
				if (member) list.push(member);
				return member !== null;
			};
			await addFile(members.database, copy);
			// With SECRET_KEY, the operator keeps the key outside of DATA_DIR.
			if (config.secretKey === undefined) await addFile(members.secret, keyFile(config.dataDir));
			for (const picture of engine.picturesIn(copy)) {
				const found = [];
				for (const name of filesOf(picture))
					found.push(await addFile(members.uploads + name, join(config.uploadDir, name)));
				if (found.includes(false)) missing.push(picture);
			}
			await add(members.manifest, { text: printManifest({ ...manifestHead, missing, members: list }) });
		},
		progress,
	);
	return { files: list.length - countOtherMembers(list), missing: missing.length };
}

/** Returns the real path of the database. Throws OperatorError when this version cannot copy it. */
export function requireCopyable(databasePath: string): string {
	if (isInMemory(databasePath))
		throw new OperatorError("The database is in memory, so commands cannot read it. Set DATABASE_PATH to a file.");
	engine.resumeReplace(databasePath);
	const path = realPath(databasePath);
	if (engine.migrationsOf(path).some(({ known }) => !known))
		throw new OperatorError(`A newer version wrote the database ${databasePath}. Back it up with that version.`);
	if (!existsSync(path))
		throw new OperatorError(
			`There is no database at ${databasePath}. Start the server once, or set DATA_DIR to the folder with your data.`,
		);
	return path;
}

/** Turns increments into a running total. */
function accumulate(tell: (done: number) => void) {
	let done = 0;
	return (bytes: number) => {
		done += bytes;
		tell(done);
	};
}

const countOtherMembers = (list: Member[]) => list.filter(({ name }) => !name.startsWith(members.uploads)).length;

function sizeOfFiles(copy: string, uploads: string): number {
	let bytes = 0;
	for (const picture of engine.picturesIn(copy))
		for (const name of filesOf(picture)) bytes += statSync(join(uploads, name), { throwIfNoEntry: false })?.size ?? 0;
	return bytes;
}
