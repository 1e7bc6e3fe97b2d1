import type { Database, SQLQueryBindings } from "bun:sqlite";
import { AppError } from "../../../../core/errors";
import { lazily } from "../../../../core/lazily";
import { quotaExceeded } from "../../../../media/store";
import { foldName } from "../../../../social/search/fold";
import { mentionsIn } from "../../../../social/search/hashtags";
import { nextKey } from "../../query/keys";
import { searchIndex } from "../search-index";
import { marksOn, textOf } from "../search-terms";
import type { Packed, PackedImage } from "./pack";

type Client = Pick<Database, "prepare">;
type Found = { key: number };
/** A row that cannot come back yet, and the ids of what it may come back with. */
export type Waiting = { row: Packed; ids: string[] };

/**
 * Inserts packed rows again inside a transaction of the caller; triggers count them. Throws `too_large` when the pictures of
 * an owner would exceed `quota` bytes. Returns the rows whose people or posts do not exist. Existing rows stay as they are.
 */
export function unpacker(client: Client) {
	const marks = marksOn(client);
	const index = searchIndex(client);
	const run = runner(client);
	const find = {
		users: lazily(() => client.prepare<Found, [string]>("SELECT key FROM users WHERE id = ?")),
		posts: lazily(() => client.prepare<Found, [string]>("SELECT key FROM posts WHERE id = ?")),
	};
	const keyOf = (table: keyof typeof find, id: string) => find[table]().get(id)?.key;

	/** The old key of a row or, should something have that, the next. */
	const placeOf = (table: Parameters<typeof nextKey>[0], key: number): number =>
		run<Found>(`SELECT iif(EXISTS (SELECT 1 FROM ${table} WHERE key = ?1), ${nextKey(table)}, ?1) AS key`, [key])
			?.key ?? key;

	const imageOf = (image: PackedImage | null, owner: number): number | null =>
		image &&
		(run<Found>(
			"INSERT INTO images (name, owner_key, width, height, bytes, placeholder, created_at) VALUES (?2, ?1, ?3, ?4, ?5, ?6, ?7) RETURNING key",
			[owner, ...image],
		)?.key ??
			null);

	const bytesOf = (owner: number): number =>
		run<{ bytes: number }>("SELECT coalesce(sum(bytes), 0) AS bytes FROM images WHERE owner_key = ?", [owner])?.bytes ??
		0;

	/** Writes what somebody did with a post, if both are there. */
	const onPost = (
		row: Packed,
		[postId, postAuthorId, userId]: [string, string, string],
		write: (post: number, user: number) => void,
	): Waiting[] => {
		const [post, user] = [keyOf("posts", postId), keyOf("users", userId)];
		if (post === undefined) return [{ row, ids: [postId, postAuthorId] }];
		if (user === undefined) return [{ row, ids: [userId] }];
		write(post, user);
		return [];
	};

	type Write<Row> = (row: Row, quota: number) => Waiting[];
	const write: { [Kind in Packed[0]]: Write<Extract<Packed, [Kind, ...unknown[]]>> } = {
		u([, old, id, username, email, emailKey, ...rest]) {
			const key = placeOf("users", old);
			const taken = run<{ username: string }>("SELECT username FROM users WHERE username = ? OR email_key = ?", [
				username,
				emailKey,
			]);
			if (taken)
				throw new AppError(
					"conflict",
					`Somebody else has the ${taken.username === username ? "username" : "e-mail address"} of this account by now.`,
				);
			const avatar = rest.pop() as PackedImage | null;
			rest[3] = foldName(String(rest[2])); // an older version may have folded it otherwise
			run(
				`INSERT INTO users (key, id, username, email, email_key, password_hash, role, display_name, display_name_key, bio,
					created_at, updated_at, suspended_at, pending_since)
				VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)`,
				[key, id, username, email, emailKey, ...(rest as SQLQueryBindings[])],
			);
			if (avatar) run("UPDATE users SET avatar_key = ?1 WHERE key = ?2", [imageOf(avatar, key), key]);
			return [];
		},

		p(row, quota) {
			const [, old, id, authorId, title, content, visibility, createdAt, editedAt, imageAlt, image, mentioned] = row;
			const key = placeOf("posts", old);
			const author = keyOf("users", authorId);
			if (author === undefined) return [{ row, ids: [authorId] }];
			if (image && bytesOf(author) + image[3] > quota) throw quotaExceeded(quota);
			const people = mentioned.map((id) => ({ id, key: keyOf("users", id) }));
			const marked = marks.of(
				{ title, content },
				people.flatMap(({ key }) => key ?? []),
			);
			run(
				`INSERT INTO posts (key, id, author_key, title, content, visibility, created_at, edited_at, image_alt, image_key, marks)
				VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)`,
				[
					key,
					id,
					author,
					title,
					content,
					visibility,
					createdAt,
					editedAt,
					imageAlt,
					imageOf(image, author),
					marked.marks,
				],
			);
			marks.link(key, marked);
			index.addStored(key);
			const gone = people.filter(({ key }) => key === undefined);
			return gone.map((person) => ({ row: ["m", id, authorId, person.id], ids: [person.id] }));
		},

		c(row) {
			const [, key, id, postId, postAuthorId, authorId, content, createdAt] = row;
			return onPost(row, [postId, postAuthorId, authorId], (post, author) =>
				run(
					"INSERT INTO comments (key, id, post_key, author_key, content, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
					[placeOf("comments", key), id, post, author, content, createdAt],
				),
			);
		},

		// Likes, follows and mentions can be made anew while the rest of what is large comes back.
		l(row) {
			const [, postId, postAuthorId, userId, createdAt] = row;
			return onPost(row, [postId, postAuthorId, userId], (post, user) =>
				run("INSERT OR IGNORE INTO likes (post_key, user_key, created_at) VALUES (?1, ?2, ?3)", [
					post,
					user,
					createdAt,
				]),
			);
		},

		f(row) {
			const [, followerId, followingId, createdAt] = row;
			const [follower, following] = [keyOf("users", followerId), keyOf("users", followingId)];
			if (follower === undefined) return [{ row, ids: [followerId] }];
			if (following === undefined) return [{ row, ids: [followingId] }];
			run("INSERT OR IGNORE INTO follows (follower_key, following_key, created_at) VALUES (?1, ?2, ?3)", [
				follower,
				following,
				createdAt,
			]);
			return [];
		},

		/** The post may have been rewritten. */
		m(row) {
			const [, postId, postAuthorId, userId] = row;
			return onPost(row, [postId, postAuthorId, userId], (post, user) => {
				const { username, title, content, has } = run<Mentioning>(
					`SELECT username, title, content, EXISTS (SELECT 1 FROM mentions WHERE post_key = posts.key AND user_key = users.key)
						AS has FROM posts, users WHERE posts.key = ? AND users.key = ?`,
					[post, user],
				) as Mentioning;
				const names = mentionsIn(textOf({ title, content }));
				if (!has && names.includes(username)) index.around(post, () => marks.mention(post, user));
			});
		},
	};

	return (rows: Packed[], quota: number): Waiting[] =>
		rows.flatMap((row) => (write[row[0]] as Write<Packed>)(row, quota));
}

type Mentioning = { username: string; title: string | null; content: string; has: 0 | 1 };

/** Runs statements by what they say, each prepared once. */
function runner(client: Client) {
	const prepared = new Map<string, ReturnType<Client["prepare"]>>();
	return <Row>(sql: string, values: SQLQueryBindings[]): Row | null => {
		const statement = prepared.get(sql) ?? client.prepare(sql);
		prepared.set(sql, statement);
		return statement.get(...values) as Row | null;
	};
}
