import type { AuditLog } from "../../accounts/audit/service";
import type { Account } from "../../accounts/users/store";
import { AppError, OperatorError } from "../../core/errors";
import { operator } from "../../core/permissions";
import { asName, isBlank } from "../../core/text";
import type { Stores } from "../../db/stores";
import type { MediaService } from "../../media/service";
import type { Post } from "../../social/posts/store";
import { type Item, type List, openTakeout, type Takeout } from "./takeout-archive";
import { ZipError } from "./unzip";

const order: readonly List[] = ["posts", "following", "comments", "likes"];

/** Numbers of items that were added, existed already, or were left out because their post or user is not here. */
type Tally = { added: number; there: number; left: number };
export type TakeoutResult = Record<List, Tally> & {
	profile: { display_name: boolean; bio: boolean; avatar: boolean };
	/** Pictures that cannot be read, or were missing on the other instance. */
	pictures_missing: number;
};

/** Progress in lines. */
export type OnProgress = (done: number, total: number) => void;

type Dependencies = {
	stores: Pick<Stores, "users" | "posts" | "comments" | "likes" | "follows" | "images" | "transfer">;
	media: Pick<MediaService, "admit" | "keep">;
	/** Limit of the picture bytes of one user. */
	quota: number;
	auditLog: AuditLog;
	now: () => Date;
};

/**
 * Adds the takeout of another instance to an account. Checks the whole ZIP before the first write. Idempotent: existing items
 * stay unchanged. `dryRun` counts without writing. Throws OperatorError, and AppError when the disk is full.
 */
export async function importTakeout(
	account: Account,
	zip: Blob,
	{ dryRun, onProgress = () => {}, ...dependencies }: Dependencies & { dryRun: boolean; onProgress?: OnProgress },
): Promise<TakeoutResult> {
	try {
		const archive = await openTakeout(zip);
		const { result, lines, bytes } = await add(account, archive, { ...dependencies, dryRun: true, step() {} });
		const { stores, quota, auditLog } = dependencies;
		if ((await stores.images.bytesOf(account.id)) + bytes > quota)
			throw new ZipError(
				`with its pictures, ${account.username} would exceed the limit of ${quota} bytes (USER_QUOTA_BYTES)`,
			);
		if (dryRun) return result;
		const done = await add(account, archive, { ...dependencies, dryRun, step: (line) => onProgress(line, lines) });
		await auditLog.record("archive_imported", operator, account.id);
		return done.result;
	} catch (error) {
		if (error instanceof ZipError) throw new OperatorError(`The archive cannot be imported: ${error.message}.`);
		throw error;
	}
}

type Adding = Dependencies & { dryRun: boolean; step: (lines: number) => void };
/** The picture of a new row. */
type Image = Parameters<Parameters<MediaService["keep"]>[2]>[0];

async function add(account: Account, archive: Takeout, adding: Adding) {
	const emptyTally = (): Tally => ({ added: 0, there: 0, left: 0 });
	const pictures = picturesOf(account, archive, adding);
	const addItem = itemAdders(account, pictures, adding);
	const profile = await addProfile(account, archive, pictures, adding);
	const tallies = { posts: emptyTally(), following: emptyTally(), comments: emptyTally(), likes: emptyTally() };
	let lines = 0;
	const addList = async <L extends List>(kind: L) => {
		for await (const item of archive.list(kind)) {
			tallies[kind][await addItem[kind](item)]++;
			adding.step(++lines);
		}
	};
	for (const kind of order) await addList(kind);
	const result: TakeoutResult = { profile, ...tallies, pictures_missing: pictures.missing() };
	return { result, lines, bytes: pictures.bytes() };
}

/** Reads the pictures of the archive. Each may appear in one row only. */
function picturesOf(account: Account, archive: Takeout, { media, dryRun }: Adding) {
	const opened = new Set<string>();
	let [missing, bytes] = [0, 0];
	return {
		missing: () => missing,
		bytes: () => bytes,

		async open(described: { file: string | null } | null): Promise<Blob | null> {
			if (!described) return null;
			const { file } = described;
			if (file !== null && opened.has(file)) throw new ZipError("it uses a picture twice");
			if (file !== null) opened.add(file);
			const picture = await archive.picture(file);
			if (!picture) missing++;
			bytes += picture?.size ?? 0;
			return picture;
		},

		/** Writes a row with a picture. Without a readable one, writes only if `isEnough`. Resolves to false for no write. */
		async keep(
			picture: Blob | null,
			{ isEnough, ...options }: { kind: "post" | "avatar"; isPublic: boolean; isEnough: boolean },
			write: (image: Image) => Promise<null>,
		): Promise<boolean> {
			if (dryRun) return true;
			const releaseSlot = picture && (await media.admit(account));
			try {
				await media.keep(picture ?? undefined, options, write);
			} catch (error) {
				if (!(error instanceof AppError) || error.code !== "unsupported_media") throw error;
				missing++;
				if (isEnough) await write(undefined);
				return isEnough;
			} finally {
				releaseSlot?.();
			}
			return true;
		},
	};
}
type Pictures = ReturnType<typeof picturesOf>;

/** Returns functions that add an item of each list. */
function itemAdders({ id: userId }: Account, pictures: Pictures, { stores, dryRun, now }: Adding) {
	const { users, posts, comments, likes, follows, transfer } = stores;
	const dryRunPosts = new Set<string>(); // ids that a dry run has counted
	const inPast = (time: string, from = new Date(0)) =>
		new Date(Math.max(from.getTime(), Math.min(Date.parse(time), now().getTime())));
	const isOwn = (made: { author: { id: string } } | null) => made?.author.id === userId;
	/** Finds a post of the user by its derived id, or by its old id on the same instance. */
	const ownPost = async (id: string): Promise<Post | null> => {
		const [here, there] = [await posts.byId(derivedId(userId, id), userId), await posts.byId(id, userId)];
		return isOwn(here) ? here : isOwn(there) ? there : null;
	};
	/** Finds the post of a comment or like. */
	const targetPost = async (id: string) => (await ownPost(id)) ?? (await posts.byId(id, userId));

	const adders: { [L in List]: (item: Item<L>) => Promise<keyof Tally> } = {
		async posts({ id, title, content, image, visibility, created_at }) {
			if (dryRunPosts.has(id) || (await ownPost(id))) return "there";
			const picture = await pictures.open(image);
			const isEnough = !isBlank(content);
			if (!picture && !isEnough) return "left";
			if (dryRun) dryRunPosts.add(id);
			const post = {
				id: derivedId(userId, id),
				authorId: userId,
				title: asName(title ?? "") || null,
				content,
				visibility,
			};
			const isPublic = visibility === "public";
			const isWritten = await pictures.keep(picture, { kind: "post", isPublic, isEnough }, async (kept) => {
				// Not before the newest post: keys follow the order of insertion, and search by day needs times in that order.
				const createdAt = inPast(created_at, (await transfer.newestPost()) ?? undefined);
				await posts.create({ ...post, image: kept, imageAlt: kept ? (image?.alt ?? "") : null, createdAt });
				return null;
			});
			return isWritten ? "added" : "left";
		},

		async following({ id, username, created_at }) {
			// The id comes first: the username may belong to another user on this instance.
			const named = (await users.accountById(id))?.username ?? username;
			const person = await users.profileByUsername(named, userId);
			if (!person || person.id === userId) return "left";
			if (person.viewer?.following) return "there";
			const follow = { followerId: userId, username: person.username, createdAt: inPast(created_at) };
			if (!dryRun) await follows.add(follow);
			return "added";
		},

		async comments({ id, post_id, content, created_at }) {
			if (isOwn(await comments.byId(derivedId(userId, id), userId)) || isOwn(await comments.byId(id, userId)))
				return "there";
			if (isBlank(content)) return "left";
			const post = await targetPost(post_id);
			if (!post) return dryRunPosts.has(post_id) ? "added" : "left";
			const comment = { id: derivedId(userId, id), postId: post.id, authorId: userId, content };
			if (dryRun) return "added";
			const created = await comments.create({ ...comment, createdAt: inPast(created_at, post.createdAt) });
			return created ? "added" : "left"; // the post may be deleted meanwhile
		},

		async likes({ post_id, created_at }) {
			const post = await targetPost(post_id);
			if (!post) return dryRunPosts.has(post_id) ? "added" : "left";
			if (post.liked) return "there";
			if (dryRun) return "added";
			const count = await likes.add({ postId: post.id, userId, createdAt: inPast(created_at) });
			return count === null ? "left" : "added";
		},
	};
	return adders;
}

/** Fills only the empty fields of the profile. */
async function addProfile(
	{ id, username, ...account }: Account,
	archive: Takeout,
	pictures: Pictures,
	{ stores, dryRun, now }: Adding,
): Promise<TakeoutResult["profile"]> {
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
				// Rendering takes time, and the user may fill in the profile meanwhile.
				hasAvatar = Boolean(kept) && current.avatar === null;
				return { ...changesOf(current), ...(hasAvatar && { avatar: kept }), updatedAt: now() };
			});
			return null;
		});
	return { display_name: "displayName" in changes, bio: "bio" in changes, avatar: hasAvatar };
}

/**
 * Derives the id of an imported item from the user and the old id, so that an import is idempotent.
 * The old id itself is not safe: a forged takeout could claim the id of another item.
 */
function derivedId(userId: string, id: string): string {
	const hash = new Bun.CryptoHasher("sha256").update(`${userId} ${id}`).digest();
	hash[0] = ((hash[0] ?? 0) & 0x0f) | 0x70;
	hash[2] = ((hash[2] ?? 0) & 0x3f) | 0x80;
	const hex = hash.toString("hex");
	return `${id.slice(0, 13)}-${hex.slice(0, 4)}-${hex.slice(4, 8)}-${hex.slice(8, 20)}`;
}
