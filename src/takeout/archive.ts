import { presentAccount } from "../accounts/users/model";
import type { Account } from "../accounts/users/store";
import { type FileStore, fullFile } from "../media/files";
import { readme } from "./readme";
import type { OwnPicture, Pages, TakeoutStore } from "./store";
import type { Entry } from "./zip";

type Sources = {
	takeouts: TakeoutStore;
	files: FileStore;
	/** Receives the errors of unreadable pictures. The archive leaves them out. */
	failed: (error: unknown) => void;
};

const avatarFile = "pictures/avatar.webp";
const fileOfPost = (id: string) => `pictures/${id}.webp`;

/** Makes each file of a takeout while the caller reads it. */
export async function* archive(
	account: Account,
	at: Date,
	{ takeouts, files, failed }: Sources,
): AsyncGenerator<Entry> {
	const { id, username } = account;
	const text = (name: string, content: Entry["content"]): Entry => ({ name, modifiedAt: at, content });
	yield text("README.txt", new TextEncoder().encode(readme(username, at, takeouts.lists())));

	// The pictures come first, so that the lists name only files that exist.
	const saved = new Set<string>();
	let avatar: OwnPicture | null = null;
	for await (const page of takeouts.pictures(id))
		for (const picture of page) {
			const name = picture.postId === null ? avatarFile : fileOfPost(picture.postId);
			if (saved.has(name)) continue; // the person replaced this picture meanwhile
			if (picture.postId === null) avatar = picture;
			const bytes = await read(picture, files).catch(failed);
			if (!bytes?.length) continue;
			saved.add(name);
			yield { name, modifiedAt: picture.createdAt, content: bytes.length > sliceSize ? slices(bytes) : bytes };
		}
	const found = (name: string) => (saved.has(name) ? name : null);
	const withFile = <Row extends OwnRow>(row: Row): object =>
		row.image ? { ...row, image: { file: found(fileOfPost(row.id ?? "")), ...row.image } } : row;

	const own = {
		...presentAccount(account),
		avatar: avatar && { file: found(avatarFile), width: avatar.width, height: avatar.height },
	};
	yield text("account.json", withList(own, "sessions", list(takeouts.rows("sessions", id))));
	for (const { name } of takeouts.lists()) yield text(`${name}.json`, list(takeouts.rows(name, id), withFile));
}

/** Only rows of posts with a picture have `image`. */
type OwnRow = { id?: string; image?: object };

/** Reads the whole file, at most some megabytes: a deletion in the middle of a stream would break the archive. */
const read = async ({ name }: OwnPicture, files: FileStore): Promise<Uint8Array<ArrayBuffer> | null> =>
	(await (await files.get(fullFile(name)))?.bytes()) ?? null;

const sliceSize = 64 * 1024;

/** Other requests run between slices, because the checksum of a large picture takes some milliseconds. */
async function* slices(bytes: Uint8Array) {
	for (let at = 0; at < bytes.length; at += sliceSize) yield bytes.subarray(at, at + sliceSize);
}

/**
 * Makes one JSON array with a value a line. Any program reads an array with one call. With lines, people can browse the file,
 * and programs can read one that does not fit into memory.
 */
async function* list(pages: Pages<object>, present = (row: object) => row) {
	let before = "[\n";
	for await (const page of pages) {
		yield before + page.map((item) => JSON.stringify(present(item))).join(",\n");
		before = ",\n";
	}
	yield before === "[\n" ? "[]\n" : "\n]\n";
}

/** Makes an object with a list as its last property. */
async function* withList(object: object, name: string, values: AsyncIterable<string>) {
	yield `${JSON.stringify(object, null, "\t").slice(0, -2)},\n\t${JSON.stringify(name)}: `;
	yield* values;
	yield "}\n";
}
