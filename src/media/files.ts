/**
 * Stores the bytes of pictures. Only this file makes and parses file names, and no other module knows paths. So another
 * store can replace the local disk.
 */
export type FileStore = {
	/** Writes each file atomically. The files are durable when it resolves. Throws `storage_full`. */
	put(files: Record<string, Uint8Array>): Promise<void>;
	/** The bytes, which the caller may read later. Null when there is no such file. */
	get(name: string): Promise<Blob | null>;
	/**
	 * Renames the files, asks whether they are needed, and deletes or restores them. Ignores missing files. Without
	 * `isNeeded`, deletes at once.
	 */
	remove(names: string[], options?: { isNeeded?: () => Promise<boolean> }): Promise<Removal>;
	/** Lists all files of the store, including files of other programs. */
	list(): AsyncIterable<StoredFile>;
	/** Assigns the files to an instance permanently. Returns false when they belong to another instance. */
	claim(instance: string): Promise<boolean>;
	/** Free bytes. */
	free(): Promise<number>;
};
/** `held`: a backup needs all files, so that none was deleted. */
export type Removal = "removed" | "needed" | "held";

export type StoredFile = {
	name: string;
	modifiedAt: Date;
	/** False for a file that `put` did not finish before a crash. `get` does not return it. */
	isWhole: boolean;
};

/** The content hash of a picture (SHA-256). Pictures that were not public at upload also have 128 random bits. */
const pattern = /^([0-9a-f]{64}(?:-[0-9a-f]{32})?)(-small)?\.webp$/;

export const fullFile = (name: string) => `${name}.webp`;
export const thumbnailFile = (name: string) => `${name}-small.webp`;
/** Both files of a picture. */
export const filesOf = (name: string) => [fullFile(name), thumbnailFile(name)];

/** The name of the picture that a file belongs to. Null for a file of another program. */
export const imageOf = (file: string): string | null => pattern.exec(file)?.[1] ?? null;

/** The temporary name of a file while `remove` asks whether it is needed. */
export const asideOf = (file: string) => `.${crypto.randomUUID()}.${file}.aside`;
const aside = /^\.[0-9a-f-]{36}\.(.+)\.aside$/;
/** The original name of a file that `remove` renamed; null for all other files. */
export const originalOf = (file: string): string | null => aside.exec(file)?.[1] ?? null;

/**
 * Equal public pictures have equal names, so that they are stored, fetched and cached once. Random bits make the name of
 * any other picture unguessable, even for a person who has the same picture.
 */
export function nameOf(picture: Bytes, isPublic: boolean): string {
	const hash = contentHashOf(picture);
	return isPublic ? hash : `${hash}-${crypto.randomUUID().replaceAll("-", "")}`;
}

/** The post is no longer public, but the name of its picture is guessable. `keep` then chooses another name. */
export class GuessableNameError extends Error {}

/** Call it in the transaction that writes the row, since the visibility may have changed after the name was chosen. */
export function requireUnguessableName(image: { name: string } | null | undefined, isPublic: boolean) {
	if (image && !isPublic && !image.name.includes("-"))
		throw new GuessableNameError("The name of the picture can be guessed.");
}

type Bytes = { full: Uint8Array; thumbnail: Uint8Array };

/** The first part of the name of a picture. */
export const contentHashOf = ({ full, thumbnail }: Bytes): string =>
	new Bun.CryptoHasher("sha256").update(full).update(thumbnail).digest("hex");
