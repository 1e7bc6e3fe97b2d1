import type { Database, SQLQueryBindings } from "bun:sqlite";
import { AppError } from "../../../errors";
import { mentionsIn } from "../../../posts/tags";
import { marksOn } from "../marks";
import type { Packed, PackedImage } from "./pack";

type Client = Pick<Database, "prepare">;
type Found = { key: number };

/**
 * Writes rows again that were packed, through the triggers that count and index them, inside of a transaction of the caller.
 * What belongs to somebody or something that is gone is left out, and what is there stays as it is.
 */
export function unpacker(client: Client) {
	const marks = marksOn(client);
	const run = runner(client);
	const find = finder(client);

	const imageOf = (image: PackedImage | null, owner: number): number | null =>
		image &&
		(run.get(
			"INSERT INTO images (name, owner_key, width, height, bytes, placeholder, created_at) VALUES (?2, ?1, ?3, ?4, ?5, ?6, ?7) RETURNING key",
			[owner, ...image],
		)?.key ??
			null);

	/** The old key, unless something else has it. */
	const place = (table: "users" | "posts" | "comments", key: number): number | null =>
		run.get(`SELECT key FROM ${table} WHERE key = ?`, [key]) ? null : key;

	const write: { [Kind in Packed[0]]: (row: Extract<Packed, [Kind, ...unknown[]]>) => void } = {
		u([, key, id, username, email, emailKey, ...rest]) {
			const taken = run.get<{ username: string }>("SELECT username FROM users WHERE username = ? OR email_key = ?", [
				username,
				emailKey,
			]);
			if (taken)
				throw new AppError(
					"conflict",
					`Somebody else has the ${taken.username === username ? "username" : "e-mail address"} of this account by now.`,
				);
			const avatar = rest.pop() as PackedImage | null;
			const made = run.get(
				`INSERT INTO users (key, id, username, email, email_key, password_hash, role, display_name, display_name_key, bio,
					created_at, updated_at, suspended_at, pending_since)
				VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) RETURNING key`,
				[place("users", key), id, username, email, emailKey, ...(rest as SQLQueryBindings[])],
			);
			if (made && avatar)
				run.get("UPDATE users SET avatar_key = ?1 WHERE key = ?2", [imageOf(avatar, made.key), made.key]);
		},

		p([, key, id, authorId, title, content, visibility, createdAt, editedAt, imageAlt, image, mentioned]) {
			const author = find("users", authorId);
			if (author === undefined) return;
			const people = mentioned.flatMap((id) => find("users", id) ?? []);
			const marked = marks.of({ title, content }, people);
			const made = run.get(
				`INSERT INTO posts (key, id, author_key, title, content, visibility, created_at, edited_at, image_alt, image_key, marks)
				VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) RETURNING key`,
				[
					place("posts", key),
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
			if (made) marks.link(made.key, marked);
		},

		c([, key, id, postId, authorId, content, createdAt]) {
			const [post, author] = [find("posts", postId), find("users", authorId)];
			if (post === undefined || author === undefined) return;
			run.get(
				"INSERT OR IGNORE INTO comments (key, id, post_key, author_key, content, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
				[place("comments", key), id, post, author, content, createdAt],
			);
		},

		l([, postId, userId, createdAt]) {
			const [post, user] = [find("posts", postId), find("users", userId)];
			if (post === undefined || user === undefined) return;
			run.get("INSERT OR IGNORE INTO likes (post_key, user_key, created_at) VALUES (?1, ?2, ?3)", [
				post,
				user,
				createdAt,
			]);
		},

		f([, followerId, followingId, createdAt]) {
			const [follower, following] = [find("users", followerId), find("users", followingId)];
			if (follower === undefined || following === undefined) return;
			run.get("INSERT OR IGNORE INTO follows (follower_key, following_key, created_at) VALUES (?1, ?2, ?3)", [
				follower,
				following,
				createdAt,
			]);
		},

		/** A post of somebody else, which may have been rewritten. */
		m([, postId, userId]) {
			const [post, user] = [find("posts", postId), find("users", userId)];
			if (post === undefined || user === undefined) return;
			const { title, content } = run.get<{ title: string | null; content: string }>(
				"SELECT title, content FROM posts WHERE key = ?",
				[post],
			) ?? { title: null, content: "" };
			const { username } = run.get<{ username: string }>("SELECT username FROM users WHERE key = ?", [user]) ?? {};
			const names = mentionsIn(title === null ? content : `${title}\n${content}`);
			const has = run.get("SELECT post_key AS key FROM mentions WHERE post_key = ? AND user_key = ?", [post, user]);
			if (!has && username !== undefined && names.includes(username)) marks.mention(post, user);
		},
	};

	return (rows: Packed[]) => {
		for (const row of rows) (write[row[0]] as (row: Packed) => void)(row);
	};
}

/** Statements by what they say, each prepared once. */
function runner(client: Client) {
	const prepared = new Map<string, ReturnType<Client["prepare"]>>();
	return {
		get<Row = Found>(sql: string, values: SQLQueryBindings[]): Row | null {
			let statement = prepared.get(sql);
			if (!statement) {
				statement = client.prepare(sql);
				prepared.set(sql, statement);
			}
			return statement.get(...values) as Row | null;
		},
	};
}

/** The keys that ids stand for now. Not remembered: what a part brings, the next row of it may refer to. */
function finder(client: Client) {
	const statements = {
		users: client.prepare<Found, [string]>("SELECT key FROM users WHERE id = ?"),
		posts: client.prepare<Found, [string]>("SELECT key FROM posts WHERE id = ?"),
	};
	return (table: keyof typeof statements, id: string): number | undefined => statements[table].get(id)?.key;
}
