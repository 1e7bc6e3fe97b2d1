import { AppError } from "../core/errors";

/** A picture whose files are stored and whose row is not written yet. */
export type NewImage = {
	/** The base of its file names; see `files.ts`. */
	name: string;
	/** Pixels. */
	width: number;
	height: number;
	/** The sum of both files. */
	bytes: number;
	/** A ThumbHash as a data URL. */
	placeholder: string;
	createdAt: Date;
	/** Bytes that all pictures of the owner may use. The write throws `too_large` when this picture exceeds it. */
	quota: number;
};

export const quotaExceeded = (quota: number) =>
	new AppError("too_large", `Your pictures may use at most ${quota} bytes together. Delete some first.`);

type Usage = { username: string; images: number; bytes: number };

/** A row of a picture, for the code that checks the files. */
export type KeptImage = { key: number; name: string; createdAt: Date };

/** The rows of pictures. A row exists as long as a post or an account shows the picture. */
export type ImageStore = {
	/**
	 * "everybody" for a public picture, "viewer" when only some may see it and this viewer is one, null when the viewer may
	 * not.
	 */
	seenBy(viewerId: string | null, name: string): Promise<"everybody" | "viewer" | null>;
	/** True when a row or an entry of the trash has the name. Sees the newest commit of every process. */
	isKept(name: string): Promise<boolean>;
	/** Bytes of all pictures of a user; 0 for an unknown user. */
	bytesOf(userId: string): Promise<number>;
	/** All accounts with pictures, the most bytes first. */
	usage(): Promise<Usage[]>;
	/** Rows after `key`, in the order of keys. */
	after(key: number, limit: number): Promise<KeptImage[]>;
	/**
	 * Removes the picture from the post or account that shows it. False when the row was deleted, or its key now belongs to
	 * another picture.
	 */
	remove(image: Pick<KeptImage, "key" | "name">): Promise<boolean>;
	/** The id of the database, which tells whether the files belong to it. */
	instance(): Promise<string>;
	/** Names of deleted rows, after `after` and in the order of names. */
	removed(page: { after: string; limit: number }): Promise<string[]>;
	/**
	 * Forgets a name that `removed` lists. With `onlyIfKept`, returns false and forgets nothing when no row has the name.
	 */
	forget(name: string, options: { onlyIfKept: boolean }): Promise<boolean>;
};
