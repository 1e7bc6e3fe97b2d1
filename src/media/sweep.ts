import { discard, isComplete } from "./collector";
import { type FileStore, imageOf, originalOf, type Removal } from "./files";
import type { MediaService } from "./service";
import type { ImageStore, KeptImage } from "./store";

/** What is younger than this may still be on its way, in milliseconds. */
export const grace = 60 * 60 * 1000;
/** After so many, whoever else waits has a turn. */
const atOnce = 100;
/** More than this part of all pictures do not just lose their files: the folder is the wrong one, or not all of it is back. */
const mostLost = 0.1;

export type Swept = {
	/** Files that belonged to nothing, and unfinished ones. */
	files: number;
	/** Pictures whose files are missing, which were taken out of what showed them. */
	images: number;
	/** Pictures whose files are missing, too many for that: they stay, since the files may come back. */
	missing: number;
};

type Sweeping = {
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
	{ images, files, exclusively = (_, job) => job() }: Sweeping,
	{ dryRun = false, now = new Date(), signal }: Options = {},
): Promise<Swept> {
	const before = new Date(now.getTime() - grace);
	const swept: Swept = { files: 0, images: 0, missing: 0 };
	const turn = turns(signal);

	type Orphan = { name: string; image: string | null; isAside: boolean };
	const removeOrphan = ({ name, image, isAside }: Orphan): Promise<Removal> => {
		if (image === null) return files.remove([name]);
		return exclusively(image, () =>
			isAside
				? files.remove([name], { isNeeded: () => images.isKept(image) })
				: discard({ images, files }, image, [name]),
		);
	};

	for await (const { name, modifiedAt, isWhole } of files.list()) {
		await turn();
		const original = originalOf(name);
		const image = imageOf(original ?? name);
		// Files moved aside are finished at any age. The process that moved them may finish them too.
		if ((image === null && isWhole) || (original === null && modifiedAt >= before)) continue;
		if (dryRun) swept.files += image !== null && (await images.isKept(image)) ? 0 : 1;
		else if ((await removeOrphan({ name, image, isAside: original !== null })) === "removed") swept.files++;
	}

	const lost: KeptImage[] = [];
	let all = 0;
	for (let key = 0; ; ) {
		const rows = await images.after(key, atOnce);
		const last = rows.at(-1);
		if (!last) break;
		key = last.key;
		for (const row of rows) {
			await turn();
			all++;
			if (row.createdAt < before && !(await isComplete(files, row.name))) lost.push(row);
		}
	}
	if (lost.length > all * mostLost) return { ...swept, missing: lost.length };
	if (dryRun) return { ...swept, images: lost.length };
	for (const row of lost)
		await exclusively(row.name, async () => {
			if (await isComplete(files, row.name)) return; // the same picture was uploaded meanwhile
			if (await images.remove(row)) swept.images++;
		});
	return swept;
}

function turns(signal: AbortSignal | undefined) {
	let count = 0;
	return async () => {
		signal?.throwIfAborted();
		if (++count % atOnce === 0) await Bun.sleep(1);
	};
}

/** The sentence for pictures that a sweep did not dare to touch. */
export const tooMany = (missing: number, directory: string) =>
	`${missing} pictures have no files in ${directory}. These are too many to give up: is it the right folder, and all of it?`;
