import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { connect, disconnect } from "../../src/db/sqlite/file/connect";
import { migrations } from "../../src/db/sqlite/migrations";
import { type Kind, makeDatabase, type Reader, readers, type Size, sizes } from "./database";
import { root } from "./servers";

/** Ignored by git. */
export const cache = join(root, ".bench");

/**
 * The database of a size, made at its first use and kept. Its name tells what made it, so that another schema or other
 * content makes it anew; what it replaces goes.
 */
export async function cachedDatabase(name: string): Promise<string> {
	const size = sizes[name] as Size;
	const madeBy =
		migrations.map(({ sql }) => sql).join("\n") + (await Bun.file(join(import.meta.dir, "database.ts")).text());
	const prefix = `${name}-`;
	const file = `${prefix}${new Bun.CryptoHasher("sha256").update(madeBy).digest("hex").slice(0, 12)}.db`;
	const path = join(cache, file);
	if (existsSync(path)) return path;
	mkdirSync(cache, { recursive: true });
	for (const old of readdirSync(cache)) if (old.startsWith(prefix)) rmSync(join(cache, old), { recursive: true });
	const started = performance.now();
	makeDatabase(`${path}.partial`, size);
	renameSync(`${path}.partial`, path);
	console.log(`Made ${join(".bench", file)} in ${((performance.now() - started) / 1000).toFixed(0)} s.`);
	return path;
}

/**
 * Makes a copy of a database ready to be served: nobody is signed out, nobody's last use is noted again, and nobody misses the
 * files of its pictures, of which there are only rows.
 */
export function makeReady(path: string) {
	const uploads = join(dirname(path), "uploads");
	mkdirSync(uploads, { recursive: true });
	writeFileSync(join(uploads, ".instance"), "");
	const db = connect(path, { check: false });
	const now = Date.now();
	db.$client.run("UPDATE sessions SET expires_at = ?, used_at = ?", [now + 24 * 60 * 60_000, now]);
	disconnect(db);
}

export type Content = ReturnType<typeof contentOf>;

/** Who can sign in, and what there is to ask for. */
export function contentOf(path: string) {
	const db = connect(path, { check: false });
	const client = db.$client;
	const values = <T>(sql: string, ...parameters: number[]) =>
		client
			.query<Record<string, T>, number[]>(sql)
			.all(...parameters)
			.flatMap((row) => Object.values(row));
	const count = (table: string) => values<number>(`SELECT count(*) FROM ${table}`)[0] ?? 0;
	const counts = {
		posts: count("posts"),
		users: count("users"),
		follows: count("follows"),
		likes: count("likes"),
		comments: count("comments"),
	};
	const { posts, users } = counts;
	const signedIn = client.query<Reader, [number, number]>(
		`SELECT users.id AS userId, sessions.id AS sessionId FROM users JOIN sessions ON user_key = users.key
		WHERE users.key > ? ORDER BY users.key LIMIT ?`,
	);
	// The readers are the last of all people, one kind after the other.
	let from = users - Object.values(readers).reduce((sum, count) => sum + count);
	const readersOf = {} as Record<Kind, Reader[]>;
	for (const [kind, count] of Object.entries(readers) as [Kind, number][]) {
		readersOf[kind] = signedIn.all(from, count);
		from += count;
	}
	const content = {
		counts,
		readers: readersOf,
		/** From all times. */
		publicPosts: values<string>(
			"SELECT id FROM posts WHERE visibility = 'public' AND key % max(1, ? / 500) = 0",
			posts,
		),
		/** Whose comments and likes fill more than a page, in all but the smallest. */
		busyPosts: values<string>(
			"SELECT id FROM posts WHERE visibility = 'public' ORDER BY comment_count DESC, key LIMIT 64",
		),
		/**
		 * Some who write much and many who write less, all of them more than a page: where that were shorter in the smaller
		 * databases, growth would be that of the answers.
		 */
		authors: values<string>(
			`SELECT username FROM users WHERE posts_count > 40
				AND key % max(1, (SELECT count(*) FROM users WHERE posts_count > 40) / 500) = 0 ORDER BY posts_count DESC`,
		),
	};
	disconnect(db);
	return content;
}

/** Bytes for each post: of the file; and of the posts themselves with their indexes, where SQLite can tell. */
export function bytesPerPost(path: string, posts: number): { file: number; posts: number | null } {
	const db = connect(path, { check: false });
	const client = db.$client;
	const sum = (sql: string) => client.query<{ bytes: number }, []>(sql).get()?.bytes ?? 0;
	const file = sum("SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()");
	let own: number | null = null;
	try {
		own = sum(
			"SELECT sum(pgsize) AS bytes FROM dbstat WHERE name GLOB 'posts*' OR name GLOB 'sqlite_autoindex_posts_*'",
		);
	} catch {} // built without dbstat
	disconnect(db);
	return { file: file / posts, posts: own && own / posts };
}
