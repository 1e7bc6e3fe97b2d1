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

/** What goes on: bytes of the pictures and the database that are written, and then read again; `total` of each. */
export type OnProgress = (what: "copying" | "writing" | "proving", done: number, total: number) => void;

export type Backup = {
	file: string;
	bytes: number;
	createdAt: Date;
	/** Rows of each table. */
	counts: Record<string, number>;
	/** Files of pictures. */
	files: number;
	/** Pictures that the folder did not have. */
	missing: number;
	/** Older backups that were deleted for it. */
	deleted: string[];
};

/**
 * Makes a backup of everything, beside a server that goes on: the database as it is now, its pictures and the key, in one
 * file, which is there when all of it was read again and found right. Throws OperatorError.
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
		if (existsSync(target)) throw new OperatorError(`${target} is there already. Nothing was changed.`);
		if (!existsSync(folder)) throw new OperatorError(`There is no folder ${folder}.`);
		const instance = engine.instanceOf(path);
		stage = stageIn(folder, instance);
		rmSync(stage, { recursive: true, force: true }); // of a backup that was killed
		mkdirSync(stage, { mode: 0o700 });
		const [copy, archive] = [join(stage, members.database), join(stage, "archive")];

		const size = engine.copySize(path);
		const advice = "Delete older backups, or make it on another disk.";
		assertFreeSpace(folder, size, media.minFreeBytes, advice);
		onProgress("copying", 0, size);
		engine.copy(path, copy);
		const total = statSync(copy).size + sizeOfFiles(copy, config.uploadDir);
		// Text gets smaller, pictures do not; what the text will take is not known before.
		assertFreeSpace(folder, total, media.minFreeBytes, advice);

		const { counts, schema } = engine.contentsOf(copy);
		const { files, missing } = await writeBackup(
			archive,
			{ config, copy, manifestHead: { format: 1, version, created_at: now.toISOString(), schema, instance, counts } },
			accumulate((done) => onProgress("writing", done, total)),
		);
		rmSync(copy); // the check unpacks the archive's database to the same path
		const { size: bytes } = statSync(archive);
		await verifyBackup(archive, {
			into: { database: copy },
			minFree: 0,
			progress: accumulate((done) => onProgress("proving", done, bytes)),
		});
		if (existsSync(target)) throw new OperatorError(`${target} has come meanwhile, and was left as it is.`);
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

/** Writes the archive: the copy of the database, the key, the pictures, and the manifest at the end. Counts the pictures. */
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
			// An operator who sets SECRET_KEY keeps it in another place.
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

/** The database, where it is one that this version can copy. Throws OperatorError. */
export function requireCopyable(databasePath: string): string {
	if (isInMemory(databasePath))
		throw new OperatorError("The database is in the memory of the server, where no command reaches it.");
	engine.resumeReplace(databasePath);
	const path = realPath(databasePath);
	if (engine.migrationsOf(path).some(({ known }) => !known))
		throw new OperatorError(
			`The database ${databasePath} was written by a newer version. Back it up with that version.`,
		);
	if (!existsSync(path))
		throw new OperatorError(
			`There is no database at ${databasePath}. Start the server once, or set DATA_DIR to where it is.`,
		);
	return path;
}

/** Adds up what goes by. */
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
