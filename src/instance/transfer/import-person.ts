import { type Static, Type } from "@sinclair/typebox";
import type { AuditLog } from "../../accounts/audit/service";
import { bio } from "../../accounts/users/fields";
import type { Account } from "../../accounts/users/store";
import { AppError, OperatorError } from "../../core/errors";
import { operator } from "../../core/permissions";
import { asName, isBlank } from "../../core/text";
import type { Stores } from "../../db/stores";
import { Instant } from "../../http/text";
import type { MediaService } from "../../media/service";
import type { Post } from "../../social/posts/store";
import { fault, Id, largestFile, longestLine, orNull, parse, text, visibility } from "./format";
import { lineSplitter } from "./lines";
import { BadZip, contentOf, entriesOf, type ZipEntry } from "./unzip";

// What one person took along from another instance, as GET /users/me/export gave it to them.

/** Bytes of a list, unpacked: a hundred thousand posts of some length. */
const largestList = 256 * 1024 ** 2;
const largestAccount = 4 * 1024 ** 2;

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
	comments: Type.Object({
		id: Id,
		post_id: Id,
		content: text(2000, 1),
		created_at: Time,
	}),
	likes: Type.Object({ post_id: Id, created_at: Time }),
};
type List = keyof typeof lists;
type Item<L extends List> = Static<(typeof lists)[L]>;
const order: readonly List[] = ["posts", "following", "comments", "likes"];

/** How many of each kind were taken in, and how many were there already or have nobody and nothing here to go with. */
type Tally = { added: number; there: number; left: number };
export type TakenIn = Record<List, Tally> & {
	profile: { display_name: boolean; bio: boolean; avatar: boolean };
	/** Pictures that cannot be read, or that the other instance had no more. */
	pictures_missing: number;
};

/** Told how many of all lines have gone by. */
export type Watch = (done: number, total: number) => void;

type Dependencies = {
	stores: Pick<Stores, "users" | "posts" | "comments" | "likes" | "follows" | "images" | "moves">;
	media: Pick<MediaService, "admit" | "keep">;
	/** Bytes that the pictures of one person may take. */
	quota: number;
	auditLog: AuditLog;
	now: () => Date;
};

/**
 * Takes in what somebody took along elsewhere. All of it is read and checked before the first of it is written. Done twice,
 * it adds nothing more: what is there already stays as it is. `dryRun` says what would be added. Throws OperatorError, and
 * AppError where the disk is full.
 */
export async function takeIn(
	account: Account,
	zip: Blob,
	{ dryRun, watch = () => {}, ...dependencies }: Dependencies & { dryRun: boolean; watch?: Watch },
): Promise<TakenIn> {
	try {
		const archive = await openArchive(zip);
		const { told, lines, bytes } = await add(account, archive, { ...dependencies, dryRun: true, step() {} });
		const { stores, quota, auditLog } = dependencies;
		if ((await stores.images.bytesOf(account.id)) + bytes > quota)
			throw new BadZip(
				`with its pictures, those of ${account.username} would take more than ${quota} bytes (USER_QUOTA_BYTES)`,
			);
		if (dryRun) return told;
		const done = await add(account, archive, { ...dependencies, dryRun, step: (line) => watch(line, lines) });
		await auditLog.record("archive_imported", operator, account.id);
		return done.told;
	} catch (error) {
		if (error instanceof BadZip) throw new OperatorError(`The archive cannot be taken in: ${error.message}.`);
		throw error;
	}
}

type Archive = Awaited<ReturnType<typeof openArchive>>;

async function openArchive(zip: Blob) {
	const all = await entriesOf(zip);
	// Entries that share what is packed would make few bytes many.
	if (all.reduce((sum, { packed }) => sum + packed, 0) > zip.size) throw new BadZip("it has more in it than it says");
	// Who unpacked it and packed it again may have put all of it into a folder.
	const account = all.find(({ name }) => /^([^/]+\/)?account\.json$/.test(name));
	if (!account) throw new BadZip("it is none that GET /users/me/export made, which has an account.json");
	const folder = account.name.slice(0, -"account.json".length);
	const entries = new Map<string, ZipEntry>();
	for (const entry of all) {
		if (!entry.name.startsWith(folder)) continue;
		const name = entry.name.slice(folder.length);
		if (entries.has(name)) throw new BadZip("it has something twice");
		entries.set(name, entry);
	}
	const open = (name: string, largest: number) => {
		const entry = entries.get(name);
		if (!entry) return null;
		if (entry.bytes > largest) throw new BadZip(`a file in it is larger than ${largest} bytes`);
		return contentOf(zip, entry);
	};
	const whole = async (name: string, largest: number) => {
		const pieces = open(name, largest);
		return pieces && Buffer.concat(await Array.fromAsync(pieces));
	};

	return {
		async profile(): Promise<Static<typeof Profile>> {
			const bytes = await whole("account.json", largestAccount);
			const parsed = parse(new TextDecoder().decode(bytes ?? undefined));
			const why = fault(Profile, parsed);
			if (why) throw new BadZip(`account.json: ${why}`);
			return parsed as Static<typeof Profile>;
		},

		/** The entries of a list, the oldest first. */
		async *list<L extends List>(kind: L): AsyncGenerator<Item<L>> {
			const name = `${kind}.json`;
			const refuse = (line: number, why: string) => new BadZip(`${name} line ${line}: ${why}`);
			const pieces = open(name, largestList);
			if (!pieces) throw new BadZip(`it has no ${name}`);
			const { split, end } = lineSplitter({ longest: longestLine, refuse });
			let isOver = false;
			for await (const piece of pieces)
				for (const { line, text } of split(piece)) {
					if (isOver) throw refuse(line, "it goes on behind its end");
					if (line === 1 && text === "[") continue;
					isOver = text === (line === 1 ? "[]" : "]");
					if (isOver) continue;
					const parsed = line === 1 ? undefined : parse(text.replace(/,$/, ""));
					const why = parsed === undefined ? "it is no entry of a list with one a line" : fault(lists[kind], parsed);
					if (why) throw refuse(line, why);
					yield parsed as Item<L>;
				}
			if (end() === 0 || !isOver) throw new BadZip(`${name} is cut short`);
		},

		/** A picture that it names; null when it is not there. */
		async picture(file: string | null): Promise<Blob | null> {
			const bytes = file === null ? null : await whole(file, largestFile);
			return bytes?.length ? new Blob([bytes]) : null;
		},
	};
}

type Adding = Dependencies & { dryRun: boolean; step: (lines: number) => void };
/** What is to be given to a row that shows a picture. */
type Image = Parameters<Parameters<MediaService["keep"]>[2]>[0];

async function add(account: Account, archive: Archive, adding: Adding) {
	const none = (): Tally => ({ added: 0, there: 0, left: 0 });
	const pictures = picturesOf(account, archive, adding);
	const adders = addersOf(account, pictures, adding);
	const profile = await addProfile(account, archive, pictures, adding);
	const tallies = { posts: none(), following: none(), comments: none(), likes: none() };
	let lines = 0;
	const addList = async <L extends List>(kind: L) => {
		for await (const item of archive.list(kind)) {
			tallies[kind][await adders[kind](item)]++;
			adding.step(++lines);
		}
	};
	for (const kind of order) await addList(kind);
	const told: TakenIn = { profile, ...tallies, pictures_missing: pictures.missing() };
	return { told, lines, bytes: pictures.bytes() };
}

/** Pictures of the archive, each of which is of one thing. */
function picturesOf(account: Account, archive: Archive, { media, dryRun }: Adding) {
	const opened = new Set<string>();
	let [missing, bytes] = [0, 0];
	return {
		missing: () => missing,
		bytes: () => bytes,

		async open(described: { file: string | null } | null): Promise<Blob | null> {
			if (!described) return null;
			const { file } = described;
			if (file !== null && opened.has(file)) throw new BadZip("it shows a picture twice");
			if (file !== null) opened.add(file);
			const picture = await archive.picture(file);
			if (!picture) missing++;
			bytes += picture?.size ?? 0;
			return picture;
		},

		/** Writes with a picture, or without it where it cannot be read and `isEnough` without. False when nothing was written. */
		async keep(
			picture: Blob | null,
			{ isEnough, ...options }: { kind: "post" | "avatar"; isPublic: boolean; isEnough: boolean },
			write: (image: Image) => Promise<null>,
		): Promise<boolean> {
			if (dryRun) return true;
			const leave = picture && (await media.admit(account));
			try {
				await media.keep(picture ?? undefined, options, write);
			} catch (error) {
				if (!(error instanceof AppError) || error.code !== "unsupported_media") throw error;
				missing++;
				if (isEnough) await write(undefined);
				return isEnough;
			} finally {
				leave?.();
			}
			return true;
		},
	};
}
type Pictures = ReturnType<typeof picturesOf>;

/** What adds an entry of each list, and says what became of it. */
function addersOf({ id: userId }: Account, pictures: Pictures, { stores, dryRun, now }: Adding) {
	const { users, posts, comments, likes, follows, moves } = stores;
	const wouldBe = new Set<string>(); // of a dry run
	const inPast = (time: string, from = new Date(0)) =>
		new Date(Math.max(from.getTime(), Math.min(Date.parse(time), now().getTime())));
	const isMine = (made: { author: { id: string } } | null) => made?.author.id === userId;
	/** The person's own, under what it is called here, or in the same instance still is called. */
	const own = async (id: string): Promise<Post | null> => {
		const [here, there] = [await posts.byId(idHere(userId, id), userId), await posts.byId(id, userId)];
		return isMine(here) ? here : isMine(there) ? there : null;
	};
	/** What an entry is about, whoever's it is. */
	const about = async (id: string) => (await own(id)) ?? (await posts.byId(id, userId));

	const adders: { [L in List]: (item: Item<L>) => Promise<keyof Tally> } = {
		async posts({ id, title, content, image, visibility, created_at }) {
			if (wouldBe.has(id) || (await own(id))) return "there";
			const picture = await pictures.open(image);
			const isEnough = !isBlank(content);
			if (!picture && !isEnough) return "left";
			if (dryRun) wouldBe.add(id);
			const post = {
				id: idHere(userId, id),
				authorId: userId,
				title: asName(title ?? "") || null,
				content,
				visibility,
			};
			const isPublic = visibility === "public";
			const isWritten = await pictures.keep(picture, { kind: "post", isPublic, isEnough }, async (kept) => {
				// Lists are in the order in which posts come, and a search by day relies on that being the order of their times.
				const createdAt = inPast(created_at, (await moves.newestPost()) ?? undefined);
				await posts.create({ ...post, image: kept, imageAlt: kept ? (image?.alt ?? "") : null, createdAt });
				return null;
			});
			return isWritten ? "added" : "left";
		},

		async following({ id, username, created_at }) {
			// An id is nobody else's; a name may have been somebody else's on the other instance.
			const named = (await users.accountById(id))?.username ?? username;
			const person = await users.profileByUsername(named, userId);
			if (!person || person.id === userId) return "left";
			if (person.viewer?.following) return "there";
			const follow = { followerId: userId, username: person.username, createdAt: inPast(created_at) };
			if (!dryRun) await follows.add(follow);
			return "added";
		},

		async comments({ id, post_id, content, created_at }) {
			if (isMine(await comments.byId(idHere(userId, id), userId)) || isMine(await comments.byId(id, userId)))
				return "there";
			if (isBlank(content)) return "left";
			const post = await about(post_id);
			if (!post) return wouldBe.has(post_id) ? "added" : "left";
			const comment = { id: idHere(userId, id), postId: post.id, authorId: userId, content };
			if (dryRun) return "added";
			const created = await comments.create({ ...comment, createdAt: inPast(created_at, post.createdAt) });
			return created ? "added" : "left"; // the post may have gone since it was read
		},

		async likes({ post_id, created_at }) {
			const post = await about(post_id);
			if (!post) return wouldBe.has(post_id) ? "added" : "left";
			if (post.liked) return "there";
			if (dryRun) return "added";
			const count = await likes.add({ postId: post.id, userId, createdAt: inPast(created_at) });
			return count === null ? "left" : "added";
		},
	};
	return adders;
}

/** Only what the person has not said here yet: what they have counts. */
async function addProfile(
	{ id, username, ...account }: Account,
	archive: Archive,
	pictures: Pictures,
	{ stores, dryRun, now }: Adding,
): Promise<TakenIn["profile"]> {
	const { display_name, bio, avatar } = await archive.profile();
	const picture = account.avatar === null ? await pictures.open(avatar) : null;
	const name = asName(display_name);
	const changesOf = (account: Pick<Account, "displayName" | "bio">) => ({
		...(account.displayName === username && name !== "" && name !== username && { displayName: name }),
		...(account.bio === "" && !isBlank(bio) && { bio }),
	});
	const changes = changesOf(account);
	const isEnough = Object.keys(changes).length > 0;
	let hasAvatar = dryRun && picture !== null;
	if (picture || isEnough)
		await pictures.keep(picture, { kind: "avatar", isPublic: true, isEnough }, async (kept) => {
			await stores.users.changeProfile(id, (current) => {
				// Rendering takes a while, and the person may fill in their profile meanwhile.
				hasAvatar = Boolean(kept) && current.avatar === null;
				return { ...changesOf(current), ...(hasAvatar && { avatar: kept }), updatedAt: now() };
			});
			return null;
		});
	return { display_name: "displayName" in changes, bio: "bio" in changes, avatar: hasAvatar };
}

/**
 * What something that somebody took along is called here. Always the same for the same person, so that nothing is taken in
 * twice, and not what it was called there: an id that anybody may choose could be one that somebody else's will have.
 */
function idHere(userId: string, id: string): string {
	const hash = new Bun.CryptoHasher("sha256").update(`${userId} ${id}`).digest();
	hash[0] = ((hash[0] ?? 0) & 0x0f) | 0x70;
	hash[2] = ((hash[2] ?? 0) & 0x3f) | 0x80;
	const hex = hash.toString("hex");
	return `${id.slice(0, 13)}-${hex.slice(0, 4)}-${hex.slice(4, 8)}-${hex.slice(8, 20)}`;
}
