import type { Caller } from "../auth/store";
import { AppError } from "../errors";
import { gate } from "../gate";
import { type FileStore, filesOf, fullFile, GuessableName, nameOf, thumbnailFile } from "./files";
import { type Picture, render } from "./picture";
import { type ImageStore, type NewImage, quotaExceeded } from "./store";

/** One picture is worked on at a time: a large one takes memory for 24 million pixels, and one of the threads that read files. */
const queue = { running: 1, waiting: 128 };
/** How many may be on their way at once: each holds a file, and a place in the queue. */
const mostArriving = 128;
/**
 * The part of what is left of that which one may have, so that few who send slowly cannot take all of it: 26 when nobody else
 * sends, and always one (Choudhury and Hahne, Dynamic Queue Length Thresholds, 1998).
 */
const share = 1 / 4;

export type MediaLimits = {
	/** Bytes of one picture as it is sent. */
	maxUploadBytes: number;
	/** Bytes that the pictures of one user may take, as they are kept. */
	userQuotaBytes: number;
	/** Bytes that must stay free on the disk. */
	minFreeBytes: number;
};

/** What a backup keeps from being deleted is tried again after this long, in milliseconds. */
const retryAfter = 1_000;

type Dependencies = {
	images: ImageStore;
	files: FileStore;
	limits: MediaLimits;
	now: () => Date;
	/** Told of files that could not be deleted; they are tried again. */
	failed: (error: unknown) => void;
};

type KeepOptions = { kind: "post" | "avatar"; isPublic: boolean };
type Write = (image: NewImage | null | undefined) => Promise<unknown>;

export type MediaService = ReturnType<typeof mediaService>;

/** The rules of pictures: what comes in, where it is kept, and that nothing is left when nobody shows it any more. */
export function mediaService({ images, files, limits, now, failed }: Dependencies) {
	const work = gate(queue);
	const oneByOne = locks();
	const arriving = new Map<string, number>();
	let allArriving = 0;

	/** Deletes the files of a picture, unless a row has it. False when they have to stay for now. */
	const discard = async (name: string) => (await images.isKept(name)) || files.remove(filesOf(name));

	let later: ReturnType<typeof setTimeout> | undefined;

	const collect = async () => {
		let isDone = true;
		for (const name of await images.removed())
			await oneByOne(name, async () => {
				if (await discard(name)) await images.forget(name);
				else isDone = false;
			}).catch(failed);
		if (isDone || later) return;
		later = setTimeout(() => {
			later = undefined;
			collect().catch(failed);
		}, retryAfter);
		later.unref();
	};

	const keep = async (source: Blob, { kind, isPublic }: KeepOptions, write: Write) => {
		const picture = await work.enter(() => render(source, kind));
		try {
			await store(picture, nameOf(picture, isPublic), write);
		} catch (error) {
			if (!(error instanceof GuessableName)) throw error;
			await store(picture, nameOf(picture, false), write); // which is right whoever may see it by then
		}
	};

	const store = async (picture: Picture, name: string, write: Write) => {
		const { full, thumbnail, width, height, placeholder } = picture;
		const bytes = full.length + thumbnail.length;
		await oneByOne(name, async () => {
			try {
				await files.put({ [fullFile(name)]: full, [thumbnailFile(name)]: thumbnail });
				const quota = limits.userQuotaBytes;
				await write({ name, width, height, bytes, placeholder, createdAt: now(), quota });
			} catch (error) {
				await discard(name).catch(failed);
				throw error;
			}
		});
	};

	return {
		load: work.load,

		/**
		 * Whether somebody may send a picture now, before any of it is read; the caller of `admit` says when it is done with.
		 * Throws `storage_full`, `too_large` when their pictures take all they may, and `busy`.
		 */
		async admit({ id }: Pick<Caller, "id">): Promise<() => void> {
			const ofOne = arriving.get(id) ?? 0;
			if (ofOne >= (mostArriving - allArriving) * share)
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
		 * are gone again. Where it takes the place of another, or is null, which takes that away, the other's files go.
		 * Left out, all stays as it is. Throws `unsupported_media`, `too_large`, `busy`, `storage_full`.
		 */
		async keep(source: Blob | null | undefined, options: KeepOptions, write: Write): Promise<void> {
			if (source) await keep(source, options, write);
			else await write(source);
			if (source !== undefined) await collect();
		},

		/**
		 * Deletes the files of pictures that nothing shows any more; those that a backup needs, when it is done. Call it after
		 * what may have ended one.
		 */
		collect,

		/** Tries nothing again: the database is about to be closed. */
		end: () => clearTimeout(later),
	};
}

/** Runs jobs of the same name one after the other: a picture must not be deleted while the same one arrives. */
function locks() {
	const last = new Map<string, Promise<unknown>>();
	return async <T>(name: string, job: () => Promise<T>): Promise<T> => {
		const run = (last.get(name) ?? Promise.resolve()).then(job, job);
		last.set(name, run);
		try {
			return await run;
		} finally {
			if (last.get(name) === run) last.delete(name);
		}
	};
}
