import type { Database } from "bun:sqlite";
import { lazily } from "../../../../core/lazily";
import type { Kind } from "../../../../trash/store";

type Image = [name: string, width: number, height: number, bytes: number, placeholder: string, createdAt: number];

/**
 * Rows as they are kept, each under a letter of its own. Other rows go by ids, since a key may be somebody else's by then;
 * the keys in front are where they stood.
 */
// biome-ignore format: a line for each table
export type Packed =
	| ["u", key: number, id: string, username: string, email: string, emailKey: string, passwordHash: string,
		role: string, displayName: string, displayNameKey: string, bio: string,
		createdAt: number, updatedAt: number, suspendedAt: number | null, pendingSince: number | null, avatar: Image | null]
	| ["p", key: number, id: string, authorId: string, title: string | null, content: string, visibility: string,
		createdAt: number, editedAt: number | null, imageAlt: string | null, image: Image | null, mentioned: string[]]
	| ["c", key: number, id: string, postId: string, postAuthorId: string, authorId: string, content: string,
		createdAt: number]
	| ["l", postId: string, postAuthorId: string, userId: string, createdAt: number]
	| ["f", followerId: string, followingId: string, createdAt: number]
	| ["m", postId: string, postAuthorId: string, userId: string];
export type { Image as PackedImage };

/** Limits of a part, which is held in memory. */
export const mostRows = 500;
export const mostCharacters = 256 * 1024;

/** Prefix of the id and the names of an account that is being deleted, so that no lookup finds it. */
export const goneMark = "!";
const idOf = (table: string, key: string) =>
	`(SELECT ltrim(id, '${goneMark}') FROM ${table} WHERE ${table}.key = ${key})`;
const image = (key: string) =>
	`json((SELECT json_array(name, width, height, bytes, placeholder, created_at) FROM images WHERE images.key = ${key}))`;
const user = `json_array('u', key, id, username, email, email_key, password_hash, role, display_name, display_name_key, bio,
	created_at, updated_at, suspended_at, pending_since, ${image("avatar_key")})`;
const post = `json_array('p', key, id, ${idOf("users", "author_key")}, title, content, visibility, created_at, edited_at,
	image_alt, ${image("image_key")}, json((
		SELECT json_group_array(ltrim(users.id, '${goneMark}')) FROM mentions JOIN users ON users.key = user_key WHERE post_key = posts.key
	)))`;
/** Of a join with posts: the post, and whose it is, since it may be in the trash with their account. */
const postOf = `posts.id, ${idOf("users", "posts.author_key")}`;
const comment = `json_array('c', comments.key, comments.id, ${postOf}, ${idOf("users", "comments.author_key")},
	comments.content, comments.created_at)`;
const like = `json_array('l', ${postOf}, ${idOf("users", "user_key")}, likes.created_at)`;
const follow = `json_array('f', ${idOf("users", "follower_key")}, ${idOf("users", "following_key")}, created_at)`;
const mention = `json_array('m', ${postOf}, ${idOf("users", "user_key")})`;

/**
 * Queries for the rows that are deleted with a post or an account, as JSON lines with their keys. `?1` is the key of the post
 * or the account, `?2` the number of rows.
 */
export const packedRows = {
	user: `SELECT key, 0 AS other, ${user} AS line FROM users WHERE key = ?1 LIMIT ?2`,
	post: `SELECT key, 0 AS other, ${post} AS line FROM posts WHERE key = ?1 LIMIT ?2`,
	commentsOfPost: `SELECT comments.key AS key, 0 AS other, ${comment} AS line FROM posts CROSS JOIN comments ON post_key = posts.key
		WHERE posts.key = ?1 ORDER BY comments.key LIMIT ?2`,
	likesOfPost: `SELECT post_key AS key, user_key AS other, ${like} AS line FROM posts CROSS JOIN likes ON post_key = posts.key
		WHERE posts.key = ?1 LIMIT ?2`,
	following: `SELECT follower_key AS key, following_key AS other, ${follow} AS line FROM follows WHERE follower_key = ?1 LIMIT ?2`,
	followers: `SELECT follower_key AS key, following_key AS other, ${follow} AS line FROM follows WHERE following_key = ?1 LIMIT ?2`,
	comments: `SELECT comments.key AS key, 0 AS other, ${comment} AS line FROM comments CROSS JOIN posts ON posts.key = post_key
		WHERE comments.author_key = ?1 LIMIT ?2`,
	likes: `SELECT post_key AS key, user_key AS other, ${like} AS line FROM likes CROSS JOIN posts ON posts.key = post_key
		WHERE user_key = ?1 LIMIT ?2`,
	mentions: `SELECT post_key AS key, user_key AS other, ${mention} AS line FROM mentions CROSS JOIN posts ON posts.key = post_key
		WHERE user_key = ?1 LIMIT ?2`,
} as const;
export type PackedRow = { key: number; other: number; line: string };

/** For a post or a comment that is deleted in one transaction, in the order of a restore: a row comes after those it needs. */
const queries: Record<Exclude<Kind, "account">, string[]> = {
	post: [packedRows.post, packedRows.commentsOfPost, packedRows.likesOfPost],
	comment: [
		`SELECT ${comment} AS line FROM comments CROSS JOIN posts ON posts.key = post_key WHERE comments.key = ?1 LIMIT ?2`,
	],
};

/** Yields all rows of a post or a comment, as parts of JSON lines. Read as they are asked for. */
export function packer(client: Pick<Database, "prepare">) {
	const prepare = (kind: keyof typeof queries) =>
		queries[kind].map((sql) => client.prepare<{ line: string }, [number, number]>(sql));
	const prepared = { post: lazily(() => prepare("post")), comment: lazily(() => prepare("comment")) };

	return function* pack(kind: keyof typeof queries, key: number): Generator<string> {
		let lines: string[] = [];
		let characters = 0;
		for (const statement of prepared[kind]())
			for (const { line } of statement.iterate(key, Number.MAX_SAFE_INTEGER)) {
				lines.push(line);
				characters += line.length;
				if (lines.length < mostRows && characters < mostCharacters) continue;
				yield lines.join("\n");
				lines = [];
				characters = 0;
			}
		if (lines.length > 0) yield lines.join("\n");
	};
}

export const toPart = (rows: Packed[]): string => rows.map((row) => JSON.stringify(row)).join("\n");
export const fromPart = (part: string): Packed[] => part.split("\n").map((line) => JSON.parse(line));
