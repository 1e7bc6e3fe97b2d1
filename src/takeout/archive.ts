import type { Account } from "../accounts/users/store";
import { type FileStore, fullFile } from "../media/files";
import {
	presentEvent,
	presentFollow,
	presentOwnAccount,
	presentOwnComment,
	presentOwnLike,
	presentOwnPost,
	presentSession,
	presentToken,
} from "./model";
import { readme } from "./readme";
import type { ExportStore, OwnPicture, Pages } from "./store";
import type { Entry } from "./zip";

type Sources = {
	exports: ExportStore;
	files: FileStore;
	/** Told of pictures that could not be read; the others are still worth having. */
	failed: (error: unknown) => void;
};

const avatarFile = "pictures/avatar.webp";
const fileOfPost = (id: string) => `pictures/${id}.webp`;

/** The files of somebody's export, each made as it is read. */
export async function* archive(account: Account, at: Date, { exports, files, failed }: Sources): AsyncGenerator<Entry> {
	const { id, username } = account;
	const text = (name: string, content: Entry["content"]): Entry => ({ name, modifiedAt: at, content });
	yield text("README.txt", new TextEncoder().encode(readme(username, at)));

	// The pictures first: then what tells of them knows which are there.
	const saved = new Set<string>();
	let avatar: OwnPicture | null = null;
	for await (const page of exports.pictures(id))
		for (const picture of page) {
			const name = picture.postId === null ? avatarFile : fileOfPost(picture.postId);
			if (saved.has(name)) continue; // another took its place meanwhile
			if (picture.postId === null) avatar = picture;
			const bytes = await read(picture, files).catch(failed);
			if (!bytes?.length) continue;
			saved.add(name);
			yield { name, modifiedAt: picture.createdAt, content: bytes.length > sliceSize ? slices(bytes) : bytes };
		}
	const found = (name: string) => (saved.has(name) ? name : null);

	const own = presentOwnAccount(account, avatar && { ...avatar, file: found(avatarFile) });
	yield text("account.json", withList(own, "sessions", list(exports.sessions(id), presentSession)));
	yield text("tokens.json", list(exports.tokens(id), presentToken));
	yield text("record.json", list(exports.events(id), presentEvent));
	yield text(
		"posts.json",
		list(
			exports.posts(id),
			presentOwnPost((postId) => found(fileOfPost(postId))),
		),
	);
	yield text("comments.json", list(exports.comments(id), presentOwnComment));
	yield text("likes.json", list(exports.likes(id), presentOwnLike));
	yield text("following.json", list(exports.following(id), presentFollow));
	yield text("followers.json", list(exports.followers(id), presentFollow));
}

/** Whole, since a file that vanishes while it is read would break the archive; none is more than a few megabytes. */
const read = async ({ name }: OwnPicture, files: FileStore): Promise<Uint8Array<ArrayBuffer> | null> =>
	(await (await files.get(fullFile(name)))?.bytes()) ?? null;

const sliceSize = 64 * 1024;

/** So that the checksum of a large picture keeps nobody waiting. */
async function* slices(bytes: Uint8Array) {
	for (let at = 0; at < bytes.length; at += sliceSize) yield bytes.subarray(at, at + sliceSize);
}

/**
 * One JSON array with a value a line. An array because everything opens it, and any program reads it with one call; a line
 * for each so that people can look through it, and programs can read one that does not fit into their memory.
 */
async function* list<T>(pages: Pages<T>, present: (item: T) => object) {
	let before = "[\n";
	for await (const page of pages) {
		yield before + page.map((item) => JSON.stringify(present(item))).join(",\n");
		before = ",\n";
	}
	yield before === "[\n" ? "[]\n" : "\n]\n";
}

/** An object with a list as its last property. */
async function* withList(object: object, name: string, values: AsyncIterable<string>) {
	yield `${JSON.stringify(object, null, "\t").slice(0, -2)},\n\t${JSON.stringify(name)}: `;
	yield* values;
	yield "}\n";
}
