import type { Caller } from "../core/caller";
import { AppError } from "../core/errors";
import { limiter } from "../core/limiter";
import { collector, discard, isComplete } from "./collector";
import { type FileStore, fullFile, GuessableNameError, nameOf, thumbnailFile } from "./files";
import type { Picture } from "./picture";
import { type ImageStore, type NewImage, quotaExceeded } from "./store";

/**
 * One picture is rendered at a time: it may use memory for 24 million pixels and occupies a thread of the pool that reads
 * files.
 */
const queueLimits = { running: 1, waiting: 128 };
/** Uploads at once. Each holds a file, and later a place in the queue. */
const maxArriving = 128;
/**
 * The share of the free upload places that one account may use, so that a few slow senders cannot take them all. One
 * account alone gets 26 places. Each account gets at least one while any is free (Choudhury and Hahne, Dynamic Queue
 * Length Thresholds, 1998).
 */
const maxShare = 1 / 4;

export type MediaLimits = {
	/** Bytes of one uploaded file. */
	maxUploadBytes: number;
	/** Bytes that the stored pictures of one user may use. */
	userQuotaBytes: number;
	/** Bytes that must stay free on the disk. */
	minFreeBytes: number;
};

type Dependencies = {
	images: ImageStore;
	files: FileStore;
	limits: MediaLimits;
	now: () => Date;
	/** Receives the error when a file cannot be deleted. The collector tries the file again. */
	failed: (error: unknown) => void;
};

type KeepOptions = { kind: "post" | "avatar"; isPublic: boolean };
/** Returns the name of the picture that the write replaced or removed, if any. */
type Write = (image: NewImage | null | undefined) => Promise<string | null | undefined>;

export type MediaService = ReturnType<typeof mediaService>;

/** Admits uploads, renders and stores pictures, and deletes the files of pictures that nothing shows any more. */
export function mediaService({ images, files, limits, now, failed }: Dependencies) {
	const work = limiter(queueLimits);
	const { exclusively, collect, collectSoon, release, end } = collector({ images, files, failed });
	const arriving = new Map<string, number>();
	let allArriving = 0;

	const keep = async (source: Blob, { kind, isPublic }: KeepOptions, write: Write) => {
		const picture = await work.run(async () => {
			const { render } = await import("./picture"); // loaded with the first upload
			return render(source, kind);
		});
		try {
			return await store(picture, nameOf(picture, isPublic), write);
		} catch (error) {
			if (!(error instanceof GuessableNameError)) throw error;
			return store(picture, nameOf(picture, false), write); // an unguessable name suits every visibility
		}
	};

	const store = ({ full, thumbnail, ...picture }: Picture, name: string, write: Write) =>
		exclusively(name, async () => {
			const put = () => files.put({ [fullFile(name)]: full, [thumbnailFile(name)]: thumbnail });
			try {
				await put();
				const bytes = full.length + thumbnail.length;
				const replaced = await write({ ...picture, name, bytes, createdAt: now(), quota: limits.userQuotaBytes });
				// Writes the files again if `discard` of another process deleted them. `write` may also have used no picture.
				if ((await discard({ images, files }, name)) === "needed" && !(await isComplete(files, name))) await put();
				return replaced;
			} catch (error) {
				await discard({ images, files }, name).catch(failed);
				throw error;
			}
		});

	return {
		load: work.load,
		maxUploadBytes: limits.maxUploadBytes,

		/**
		 * Reserves a place for an upload before its body is read. The caller must call the returned function when the upload
		 * ends. Throws `storage_full`, `too_large` when the quota of the account is used up, and `busy`.
		 */
		async admit({ id }: Pick<Caller, "id">): Promise<() => void> {
			const ofOne = arriving.get(id) ?? 0;
			if (ofOne >= (maxArriving - allArriving) * maxShare)
				throw new AppError("busy", "Too many pictures are arriving at once. Try again shortly.");
			arriving.set(id, ofOne + 1);
			allArriving++;
			const done = () => {
				allArriving--;
				const left = (arriving.get(id) ?? 1) - 1;
				if (left > 0) arriving.set(id, left);
				else arriving.delete(id);
			};
			try {
				// Assumes that all running uploads, including this one, have the maximum size.
				if ((await files.free()) - allArriving * limits.maxUploadBytes < limits.minFreeBytes)
					throw new AppError("storage_full", "The disk is nearly full, so the server accepts no uploads now.");
				if ((await images.bytesOf(id)) >= limits.userQuotaBytes) throw quotaExceeded(limits.userQuotaBytes);
				return done;
			} catch (error) {
				done();
				throw error;
			}
		},

		/**
		 * Stores the files of a picture and then calls `write`, so that a row never names missing files. Deletes the files
		 * when `write` throws. A null `source` removes the picture; undefined leaves it unchanged. Resolves when the files of
		 * the replaced picture are deleted.
		 * Throws `unsupported_media`, `too_large`, `busy`, `storage_full`.
		 */
		async keep(source: Blob | null | undefined, options: KeepOptions, write: Write): Promise<void> {
			const replaced = source ? await keep(source, options, write) : await write(source);
			if (replaced) await release(replaced);
		},

		exclusively,
		collect,
		collectSoon,
		release,
		end,
	};
}
