import { type Static, Type } from "@sinclair/typebox";
import { bio } from "../../accounts/users/fields";
import { Instant } from "../../http/text";
import { Id, maxLineBytes, maxPictureBytes, orNull, parse, schemaProblem, text, visibility } from "./format";
import { lineSplitter } from "./lines";
import { entriesOf, readEntry, type ZipEntry, ZipError } from "./unzip";

// Reads the takeout of one user, as GET /users/me/export of another instance wrote it.

/** Unpacked. Enough for 100,000 long posts. */
const maxListBytes = 256 * 1024 ** 2;
const maxAccountBytes = 4 * 1024 ** 2;

const Time = Instant({ description: "a time such as 2026-01-02T03:04:05.678Z" });
const File = Type.Object({ file: orNull(text(200)) }, { description: "a picture" });
const Profile = Type.Object({ display_name: text(50), bio, avatar: orNull(File) });
const lists = {
	posts: Type.Object({
		id: Id,
		title: orNull(text(200)),
		content: text(5000),
		image: orNull(Type.Object({ ...File.properties, alt: text(1500) }, { description: "a picture" })),
		visibility,
		created_at: Time,
	}),
	following: Type.Object({ id: Id, username: text(30, 1), created_at: Time }),
	comments: Type.Object({ id: Id, post_id: Id, content: text(2000, 1), created_at: Time }),
	likes: Type.Object({ post_id: Id, created_at: Time }),
};
export type List = keyof typeof lists;
export type Item<L extends List> = Static<(typeof lists)[L]>;

export type Takeout = Awaited<ReturnType<typeof openTakeout>>;

export async function openTakeout(zip: Blob) {
	const entries = await filesInArchive(zip);
	const open = (name: string, largest: number) => {
		const entry = entries.get(name);
		if (!entry) return null;
		if (entry.bytes > largest) throw new ZipError(`a file in it is larger than ${largest} bytes`);
		return readEntry(entry);
	};
	const readAll = async (name: string, largest: number) => {
		const chunks = open(name, largest);
		return chunks && Buffer.concat(await Array.fromAsync(chunks));
	};

	return {
		async profile(): Promise<Static<typeof Profile>> {
			const bytes = await readAll("account.json", maxAccountBytes);
			const parsed = parse(new TextDecoder().decode(bytes ?? undefined));
			const why = schemaProblem(Profile, parsed);
			if (why) throw new ZipError(`account.json: ${why}`);
			return parsed as Static<typeof Profile>;
		},

		/** Yields the items of a list, the oldest first. */
		list<L extends List>(kind: L): AsyncGenerator<Item<L>> {
			const chunks = open(`${kind}.json`, maxListBytes);
			if (!chunks) throw new ZipError(`it has no ${kind}.json`);
			return itemsOf(kind, chunks);
		},

		/** Resolves to null when the archive lacks the picture. */
		async picture(file: string | null): Promise<Blob | null> {
			const bytes = file === null ? null : await readAll(file, maxPictureBytes);
			return bytes?.length ? new Blob([bytes]) : null;
		},
	};
}

/** Lists the files by name, without a top folder that the user may have added. */
async function filesInArchive(zip: Blob): Promise<Map<string, ZipEntry>> {
	const all = await entriesOf(zip);
	// Against ZIP bombs: overlapping entries would unpack the same bytes many times.
	if (all.reduce((sum, { packed }) => sum + packed, 0) > zip.size) throw new ZipError("its files overlap");
	const account = all.find(({ name }) => /^([^/]+\/)?account\.json$/.test(name));
	if (!account) throw new ZipError("it has no account.json, so GET /users/me/export did not write it");
	const folder = account.name.slice(0, -"account.json".length);
	const members = new Map<string, ZipEntry>();
	for (const entry of all) {
		if (!entry.name.startsWith(folder)) continue;
		const name = entry.name.slice(folder.length);
		if (members.has(name)) throw new ZipError("it has a file twice");
		members.set(name, entry);
	}
	return members;
}

async function* itemsOf<L extends List>(kind: L, pieces: AsyncIterable<Buffer>): AsyncGenerator<Item<L>> {
	const refuse = (line: number, why: string) => new ZipError(`${kind}.json line ${line}: ${why}`);
	let hasEnded = false;
	for await (const { line, text } of linesOf(pieces, refuse)) {
		if (hasEnded) throw refuse(line, "it goes on after its end");
		if (line === 1 && text === "[") continue;
		hasEnded = text === (line === 1 ? "[]" : "]");
		if (!hasEnded) yield itemOf(kind, line === 1 ? "" : text, (why) => refuse(line, why));
	}
	if (!hasEnded) throw new ZipError(`${kind}.json is incomplete`);
}

async function* linesOf(pieces: AsyncIterable<Buffer>, refuse: (line: number, why: string) => Error) {
	const { split, end } = lineSplitter({ maxLineBytes, refuse });
	for await (const piece of pieces) yield* split(piece);
	end();
}

function itemOf<L extends List>(kind: L, text: string, refuse: (why: string) => Error): Item<L> {
	const parsed = parse(text.replace(/,$/, ""));
	const why = parsed === undefined ? "it is not a JSON item" : schemaProblem(lists[kind], parsed);
	if (why) throw refuse(why);
	return parsed as Item<L>;
}
