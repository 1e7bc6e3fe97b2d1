import { lazily } from "../../../../core/lazily";
import type { Kind } from "../../../../trash/store";
import type { Client } from "../row-inserter";

/** The description of an entry without its rows. The column `head` holds it, encrypted. */
export type EntrySummary = {
	id: string;
	ownerId: string;
	/** Set for a comment: the id of its post. */
	postId?: string;
	excerpt: string | null;
	isPublic: boolean;
	/** Set for an account. */
	username?: string;
	emailKey?: string;
	passwordHash?: string;
};

const selects: Record<Kind, string> = {
	post: `SELECT posts.id, users.id AS ownerId, coalesce(title, content) AS text, visibility
		FROM posts JOIN users ON users.key = author_key WHERE posts.key = ?`,
	comment: `SELECT comments.id, users.id AS ownerId, posts.id AS postId, comments.content AS text, visibility
		FROM comments JOIN posts ON posts.key = post_key JOIN users ON users.key = comments.author_key
		WHERE comments.key = ?`,
	account: `SELECT id, id AS ownerId, username, email_key AS emailKey, password_hash AS passwordHash, NULL AS text,
		NULL AS visibility FROM users WHERE key = ?`,
};

/** SQL for the bytes of the pictures of an entry. */
const bytes: Record<Kind, string> = {
	post: "SELECT bytes FROM images WHERE key = (SELECT image_key FROM posts WHERE key = ?)",
	comment: "SELECT 0 AS bytes WHERE ? IS NOT NULL",
	account: "SELECT coalesce(sum(bytes), 0) AS bytes FROM images WHERE owner_key = ?",
};

/** Longest excerpt in lists, in characters. */
const maxExcerptCharacters = 140;

const excerptOf = (text: string) => {
	const characters = Array.from(text.trim().slice(0, 4 * maxExcerptCharacters));
	return characters.length <= maxExcerptCharacters
		? text.trim()
		: `${characters.slice(0, maxExcerptCharacters - 1).join("")}…`;
};

type Found = Omit<EntrySummary, "excerpt" | "isPublic"> & { text: string | null; visibility: string | null };

/** Reads summaries of posts, comments and accounts by their keys. */
export function summaryReader(client: Client) {
	const ofKind = (kind: Kind) => ({
		head: lazily(() => client.prepare<Found, [number]>(selects[kind])),
		bytes: lazily(() => client.prepare<{ bytes: number }, [number]>(bytes[kind])),
	});
	const statements = { post: ofKind("post"), comment: ofKind("comment"), account: ofKind("account") };
	return {
		summaryOf(kind: Kind, key: number): EntrySummary | null {
			const found = statements[kind].head().get(key);
			if (!found) return null;
			const { text, visibility, ...ids } = found;
			return { ...ids, excerpt: text === null ? null : excerptOf(text), isPublic: visibility === "public" };
		},
		bytesOf: (kind: Kind, key: number): number => statements[kind].bytes().get(key)?.bytes ?? 0,
	};
}
