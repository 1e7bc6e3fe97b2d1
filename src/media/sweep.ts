import { discard, isComplete } from "./collector";
import { type FileStore, imageOf, originalOf, type Removal, type StoredFile } from "./files";
import type { MediaService } from "./service";
import type { ImageStore, KeptImage } from "./store";

/** The upload of a younger file may not be finished. */
export const minAgeMs = 60 * 60 * 1000;
/** Other work runs after so many files or rows. */
const batchSize = 100;
/** If a larger share of all pictures has no files, the folder is wrong or incomplete. Then the sweep deletes no rows. */
const maxLostShare = 0.1;

export type SweepResult = {
	/** Orphaned and unfinished files. */
	files: number;
	/** Pictures with missing files, which the sweep removed from posts and accounts. */
	images: number;
	/** Pictures with missing files, when they are too many. The sweep keeps them, since the files may come back. */
	missing: number;
};

type Stores = {
	images: Pick<ImageStore, "isKept" | "after" | "remove">;
	files: FileStore;
	/** From the media service, if this process has one. */
	exclusively?: MediaService["exclusively"];
};
type Options = { dryRun?: boolean; now?: Date; signal?: AbortSignal };

/**
 * Deletes orphaned files and removes pictures without files, as after crashes, restored backups and manual changes.
 * Ignores files and rows of the last hour, and all files of other programs. `dryRun` counts and changes nothing.
 */
export async function sweep(
	{ images, files, exclusively = (_, job) => job() }: Stores,
	{ dryRun = false, now = new Date(), signal }: Options = {},
): Promise<SweepResult> {
	const before = new Date(now.getTime() - minAgeMs);
	const result: SweepResult = { files: 0, images: 0, missing: 0 };
	const takeTurn = turnTaker(signal);

	for await (const file of files.list()) {
		await takeTurn();
		if (!mayBeOrphan(file, before)) continue;
		if (dryRun) result.files += (await isKept(images, file.name)) ? 0 : 1;
		else if ((await removeOrphan({ images, files, exclusively }, file.name)) === "removed") result.files++;
	}

	const { lost, all } = await lostPictures({ images, files }, before, takeTurn);
	if (lost.length > all * maxLostShare) return { ...result, missing: lost.length };
	if (dryRun) return { ...result, images: lost.length };
	for (const row of lost)
		await exclusively(row.name, async () => {
			if (await isComplete(files, row.name)) return; // an upload of the same picture restored the files
			if (await images.remove(row)) result.images++;
		});
	return result;
}

/** The picture that a file belongs to; null for unfinished files. */
const pictureOf = (file: string) => imageOf(originalOf(file) ?? file);

/** Includes renamed files of any age. The process that renamed them may still handle them, which does no harm. */
function mayBeOrphan({ name, modifiedAt, isWhole }: StoredFile, before: Date): boolean {
	if (pictureOf(name) === null && isWhole) return false;
	return originalOf(name) !== null || modifiedAt < before;
}

async function isKept(images: Stores["images"], file: string): Promise<boolean> {
	const image = pictureOf(file);
	return image !== null && (await images.isKept(image));
}

async function removeOrphan({ images, files, exclusively }: Required<Stores>, file: string): Promise<Removal> {
	const image = pictureOf(file);
	if (image === null) return files.remove([file]);
	return exclusively(image, () =>
		originalOf(file) === null
			? discard({ images, files }, image, [file])
			: files.remove([file], { isNeeded: () => images.isKept(image) }),
	);
}

/** Returns the pictures with missing files, and the number of all pictures. */
async function lostPictures({ images, files }: Stores, before: Date, takeTurn: () => Promise<void>) {
	const lost: KeptImage[] = [];
	let all = 0;
	for (let key = 0; ; ) {
		const rows = await images.after(key, batchSize);
		const last = rows.at(-1);
		if (!last) return { lost, all };
		key = last.key;
		for (const row of rows) {
			await takeTurn();
			all++;
			if (row.createdAt < before && !(await isComplete(files, row.name))) lost.push(row);
		}
	}
}

function turnTaker(signal: AbortSignal | undefined) {
	let count = 0;
	return async () => {
		signal?.throwIfAborted();
		if (++count % batchSize === 0) await Bun.sleep(1);
	};
}

export const describeMissing = (missing: number, directory: string) =>
	`${missing} pictures have no files in ${directory}, too many to remove them. Check UPLOAD_DIR, or put the files back.`;
