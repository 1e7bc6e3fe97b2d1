import { type FileStore, filesOf, imageOf } from "./files";
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

type Options = { dryRun?: boolean; now?: Date; signal?: AbortSignal };

/**
 * Makes files and rows agree, after whatever came between them: crashes, restored backups, people in the folder. Only what
 * is older than an hour; a file that is none of ours stays. `dryRun` counts and changes nothing.
 */
export async function sweep(
	{ images, files }: { images: ImageStore; files: FileStore },
	{ dryRun = false, now = new Date(), signal }: Options = {},
): Promise<Swept> {
	const before = new Date(now.getTime() - grace);
	const swept: Swept = { files: 0, images: 0, missing: 0 };
	const turn = turns(signal);

	for await (const { name, modifiedAt, isWhole } of files.list()) {
		await turn();
		const image = imageOf(name);
		const isOrphan = image === null ? !isWhole : !(await images.isKept(image));
		if (!isOrphan || modifiedAt >= before) continue;
		if (dryRun || (await files.remove([name]))) swept.files++;
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
			if (row.createdAt < before && !(await isComplete(row, files))) lost.push(row);
		}
	}
	if (lost.length > all * mostLost) return { ...swept, missing: lost.length };
	if (!dryRun) for (const { key } of lost) await images.remove(key);
	return { ...swept, images: lost.length };
}

async function isComplete({ name }: KeptImage, files: FileStore): Promise<boolean> {
	for (const file of filesOf(name)) if ((await files.get(file)) === null) return false;
	return true;
}

function turns(signal: AbortSignal | undefined) {
	let count = 0;
	return async () => {
		signal?.throwIfAborted();
		if (++count % atOnce === 0) await Bun.sleep(1);
	};
}
