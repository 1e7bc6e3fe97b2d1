import { discard, isComplete } from "./collector";
import { type FileStore, imageOf, originalOf, type Removal, type StoredFile } from "./files";
import type { MediaService } from "./service";
import type { ImageStore, KeptImage } from "./store";

/** What is younger than this may still be on its way, in milliseconds. */
export const minAgeMs = 60 * 60 * 1000;
/** After so many, whoever else waits has a turn. */
const batchSize = 100;
/** More than this part of all pictures do not just lose their files: the folder is the wrong one, or not all of it is back. */
const maxLostShare = 0.1;

export type SweepResult = {
	/** Files that belonged to nothing, and unfinished ones. */
	files: number;
	/** Pictures whose files are missing, which were taken out of what showed them. */
	images: number;
	/** Pictures whose files are missing, too many for that: they stay, since the files may come back. */
	missing: number;
};

type Stores = {
	images: Pick<ImageStore, "isKept" | "after" | "remove">;
	files: FileStore;
	/** That of the media service, in the process that has one. */
	exclusively?: MediaService["exclusively"];
};
type Options = { dryRun?: boolean; now?: Date; signal?: AbortSignal };

/**
 * Makes files and rows agree, after whatever came between them: crashes, restored backups, people in the folder. Only what
 * is older than an hour; a file that is none of ours stays. `dryRun` counts and changes nothing.
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
			if (await isComplete(files, row.name)) return; // the same picture was uploaded meanwhile
			if (await images.remove(row)) result.images++;
		});
	return result;
}

/** The picture that a file belongs to; null for unfinished files. */
const pictureOf = (file: string) => imageOf(originalOf(file) ?? file);

/** Files moved aside are finished at any age. The process that moved them may finish them too. */
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

/** Pictures without all their files, and the number of all pictures. */
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

/** The sentence for pictures that a sweep did not dare to touch. */
export const describeMissing = (missing: number, directory: string) =>
	`${missing} pictures have no files in ${directory}. These are too many to give up: is it the right folder, and all of it?`;
