import { lazily } from "../../../../core/lazily";
import type { Client } from "../row-inserter";

/** Posts per read when removing tags. */
export const postsAtOnce = 500;

export type Statements = ReturnType<typeof removalStatements>;

/** Statements of a deletion for rows that do not go into the trash. */
export function removalStatements(client: Client) {
	const one = <Value>(sql: string) => {
		const statement = lazily(() => client.prepare<unknown, [number]>(sql));
		return (key: number) => statement().values(key)[0]?.[0] as Value | undefined;
	};
	const newestPost = (isPrivate: 0 | 1) =>
		one<number>(`SELECT key FROM posts WHERE author_key = ? AND is_private = ${isPrivate} ORDER BY key DESC LIMIT 1`);
	const dropToken = lazily(() =>
		client.prepare<null, [number, number]>(
			"DELETE FROM refresh_tokens WHERE hash IN (SELECT hash FROM refresh_tokens WHERE session_key = ? LIMIT ?)",
		),
	);
	const tagged = lazily(() =>
		client.prepare<unknown, [number, number]>(
			`SELECT key FROM posts WHERE author_key = ? AND visibility = 'public' AND key < ? ORDER BY key DESC LIMIT ${postsAtOnce}`,
		),
	);
	const removeTags = lazily(() => client.prepare<null, [number]>("DELETE FROM post_tags WHERE post_key = ?"));
	const token = one("SELECT hash FROM refresh_tokens WHERE session_key = ? LIMIT 1");
	return {
		pictureOf: one<string>("SELECT name FROM images WHERE key = (SELECT image_key FROM posts WHERE key = ?)"),
		avatarOf: one<string>("SELECT name FROM images WHERE key = (SELECT avatar_key FROM users WHERE key = ?)"),
		nextPublicPost: newestPost(0),
		nextPrivatePost: newestPost(1),
		/** The newest public posts below a key: at most `postsAtOnce`. */
		publicPosts: (author: number, below: number) => tagged().values(author, below).flat() as number[],
		removeTags: (post: number) => void removeTags().run(post),
		sessions: dropped(client, "sessions", "user_key"),
		tokens: {
			removeSome: (session: number, limit: number) => void dropToken().run(session, limit),
			isThere: (session: number) => token(session) !== undefined,
		},
		links: [dropped(client, "links", "creator_key"), dropped(client, "links", "user_key")],
		images: dropped(client, "images", "owner_key"),
	};
}

/** Rows of an account that do not go into the trash. */
function dropped(client: Client, table: string, column: string) {
	const read = lazily(() =>
		client.prepare<{ key: number }, [number, number]>(`SELECT key FROM ${table} WHERE ${column} = ? LIMIT ?`),
	);
	const remove = lazily(() => client.prepare<null, [number]>(`DELETE FROM ${table} WHERE key = ?`));
	return {
		read: (of: number, limit: number) =>
			read()
				.all(of, limit)
				.map(({ key }) => key),
		remove: (key: number) => void remove().run(key),
	};
}
