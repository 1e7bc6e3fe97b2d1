/**
 * Where the bytes of pictures are. Names are made and taken apart in this file only; nothing else knows what a path is,
 * so that another store can take the place of the local disk.
 */
export type FileStore = {
	/** Each appears whole or not at all, and stays when it resolves. Throws `storage_full`. */
	put(files: Record<string, Uint8Array>): Promise<void>;
	/** Its bytes, which may be read later than now; null when there is no such file. */
	get(name: string): Promise<Blob | null>;
	/**
	 * Moves the files away, asks whether they are needed, and deletes them or puts them back. Files that are not there are no
	 * mistake. Without `isNeeded`, deletes at once.
	 */
	remove(names: string[], options?: { isNeeded?: () => Promise<boolean> }): Promise<Removal>;
	/** Everything that is there, whoever put it there. */
	list(): AsyncIterable<StoredFile>;
	/** Makes these the files of an instance, for ever. False when they are another's. */
	claim(instance: string): Promise<boolean>;
	/** Bytes that can still be stored. */
	free(): Promise<number>;
};
/** `held`: nothing can be deleted now, since a backup needs all files. */
export type Removal = "removed" | "needed" | "held";

export type StoredFile = {
	name: string;
	modifiedAt: Date;
	/** False for what `put` began and a crash kept from its end: nobody can get it. */
	isWhole: boolean;
};

/** The content hash of a picture (SHA-256) and, for one that was not public when it came, 128 random bits. */
const pattern = /^([0-9a-f]{64}(?:-[0-9a-f]{32})?)(-small)?\.webp$/;

export const fullFile = (name: string) => `${name}.webp`;
export const thumbnailFile = (name: string) => `${name}-small.webp`;
/** Both files of a picture. */
export const filesOf = (name: string) => [fullFile(name), thumbnailFile(name)];

/** The name of the picture that a file belongs to; null for a file that is none of ours. */
export const imageOf = (file: string): string | null => pattern.exec(file)?.[1] ?? null;

/** What `remove` calls a file while it asks whether that is needed. */
export const asideOf = (file: string) => `.${crypto.randomUUID()}.${file}.aside`;
const aside = /^\.[0-9a-f-]{36}\.(.+)\.aside$/;
/** The name that a file had before it was moved aside; null for all other files. */
export const originalOf = (file: string): string | null => aside.exec(file)?.[1] ?? null;

/**
 * The same content has the same name, so that what is posted twice is stored, fetched and cached once. Nobody can guess the
 * name of what is not public, not even who has the same picture.
 */
export function nameOf(picture: Bytes, isPublic: boolean): string {
	const hash = contentHashOf(picture);
	return isPublic ? hash : `${hash}-${crypto.randomUUID().replaceAll("-", "")}`;
}

/** The post of a picture is no longer public, and the name of the picture can be guessed. `keep` names it again. */
export class GuessableNameError extends Error {}

/** To be called in the transaction that writes the row: the visibility may have changed since the name was made. */
export function requireUnguessableName(image: { name: string } | null | undefined, isPublic: boolean) {
	if (image && !isPublic && !image.name.includes("-"))
		throw new GuessableNameError("The name of the picture can be guessed.");
}

type Bytes = { full: Uint8Array; thumbnail: Uint8Array };

/** What the name of a picture begins with. */
export const contentHashOf = ({ full, thumbnail }: Bytes): string =>
	new Bun.CryptoHasher("sha256").update(full).update(thumbnail).digest("hex");
