import { AppError } from "../core/errors";

/** A picture that was put into the files, on its way to the row that it needs. */
export type NewImage = {
	/** Its files are called after it; see `files.ts`. */
	name: string;
	/** Pixels. */
	width: number;
	height: number;
	/** Of both files together. */
	bytes: number;
	/** A ThumbHash as a data URL. */
	placeholder: string;
	createdAt: Date;
	/** Bytes that the pictures of its owner may take together; writing throws `too_large` where this one exceeds them. */
	quota: number;
};

export const quotaExceeded = (quota: number) =>
	new AppError("too_large", `All your pictures together may take ${quota} bytes. Delete some first.`);

type Usage = { username: string; images: number; bytes: number };

/** A row and what shows it, for whoever looks after the files. */
export type KeptImage = { key: number; name: string; createdAt: Date };

/** The rows of pictures. They come and go with the posts and the people that show them. */
export type ImageStore = {
	/** Whether everybody may see the picture of this name, or the viewer only because of who they are; null when they may not. */
	seenBy(viewerId: string | null, name: string): Promise<"everybody" | "viewer" | null>;
	/** Whether any row has the name, or anything in the trash, which may come back. Reads the newest commit of any process. */
	isKept(name: string): Promise<boolean>;
	/** Bytes of all pictures of a user; 0 when there is no such user. */
	bytesOf(userId: string): Promise<number>;
	/** Of everybody who has pictures, the most bytes first. */
	usage(): Promise<Usage[]>;
	/** Rows after `key`, in its order. */
	after(key: number, limit: number): Promise<KeptImage[]>;
	/** Takes the picture out of what shows it. False when the row is gone, or another picture's by now: keys are reused. */
	remove(image: Pick<KeptImage, "key" | "name">): Promise<boolean>;
	/** Which database this is, to tell whether the files are those of another. */
	instance(): Promise<string>;
	/** Names after `after` that rows had which are gone, in the order of names. */
	removed(page: { after: string; limit: number }): Promise<string[]>;
	/** Forgets such a name. False, and nothing is forgotten, with `onlyIfKept` when nothing has the name any more. */
	forget(name: string, options: { onlyIfKept: boolean }): Promise<boolean>;
};
