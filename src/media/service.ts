import type { Caller } from "../core/caller";
import { AppError } from "../core/errors";
import { gate } from "../core/limiter";
import { collector, discard, isComplete } from "./collector";
import { type FileStore, fullFile, GuessableNameError, nameOf, thumbnailFile } from "./files";
import type { Picture } from "./picture";
import { type ImageStore, type NewImage, quotaExceeded } from "./store";

/** One picture is worked on at a time: a large one takes memory for 24 million pixels, and one of the threads that read files. */
const queueLimits = { running: 1, waiting: 128 };
/** How many may be on their way at once: each holds a file, and a place in the queue. */
const maxArriving = 128;
/**
 * The part of what is left of that which one may have, so that few who send slowly cannot take all of it: 26 when nobody else
 * sends, and always one (Choudhury and Hahne, Dynamic Queue Length Thresholds, 1998).
 */
const maxShare = 1 / 4;

export type MediaLimits = {
	/** Bytes of one picture as it is sent. */
	maxUploadBytes: number;
	/** Bytes that the pictures of one user may take, as they are kept. */
	userQuotaBytes: number;
	/** Bytes that must stay free on the disk. */
	minFreeBytes: number;
};

type Dependencies = {
	images: ImageStore;
	files: FileStore;
	limits: MediaLimits;
	now: () => Date;
	/** Told of files that could not be deleted; they are tried again. */
	failed: (error: unknown) => void;
};

type KeepOptions = { kind: "post" | "avatar"; isPublic: boolean };
/** Gives the name of the picture that it replaced or took away, if any. */
type Write = (image: NewImage | null | undefined) => Promise<string | null | undefined>;

export type MediaService = ReturnType<typeof mediaService>;

/** The rules of pictures: what comes in, where it is kept, and that nothing is left when nobody shows it any more. */
export function mediaService({ images, files, limits, now, failed }: Dependencies) {
	const work = gate(queueLimits);
	const { exclusively, collect, collectSoon, release, end } = collector({ images, files, failed });
	const arriving = new Map<string, number>();
	let allArriving = 0;

	const keep = async (source: Blob, { kind, isPublic }: KeepOptions, write: Write) => {
		const picture = await work.enter(async () => {
			const { render } = await import("./picture"); // loaded with the first picture
			return render(source, kind);
		});
		try {
			return await store(picture, nameOf(picture, isPublic), write);
		} catch (error) {
			if (!(error instanceof GuessableNameError)) throw error;
			return store(picture, nameOf(picture, false), write); // right for every visibility
		}
	};

	const store = ({ full, thumbnail, ...picture }: Picture, name: string, write: Write) =>
		exclusively(name, async () => {
			const put = () => files.put({ [fullFile(name)]: full, [thumbnailFile(name)]: thumbnail });
			try {
				await put();
				const bytes = full.length + thumbnail.length;
				const replaced = await write({ ...picture, name, bytes, createdAt: now(), quota: limits.userQuotaBytes });
				// The second half of the protocol of `discard`. The write may have used no picture.
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
		 * Whether somebody may send a picture now, before any of it is read; the caller of `admit` says when it is done with.
		 * Throws `storage_full`, `too_large` when their pictures take all they may, and `busy`.
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
				// As if those that are arriving, this one among them, were all as large as they may be.
				if ((await files.free()) - allArriving * limits.maxUploadBytes < limits.minFreeBytes)
					throw new AppError("storage_full", "The disk is nearly full. Nothing can be uploaded now.");
				if ((await images.bytesOf(id)) >= limits.userQuotaBytes) throw quotaExceeded(limits.userQuotaBytes);
				return done;
			} catch (error) {
				done();
				throw error;
			}
		},

		/**
		 * Writes with a picture: its files first, so that no row ever names one that is not there, and when `write` throws they
		 * are gone again. Null takes a picture away; left out, all stays as it is. Resolves when the files of the picture that
		 * `write` replaced are gone, and waits for no others. Throws `unsupported_media`, `too_large`, `busy`, `storage_full`.
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
