import type { Database } from "bun:sqlite";
import { compatible } from "../../posts/fold";
import { mentionsIn, tagsIn } from "../../posts/tags";
import { hasUnspaced, wordsOf } from "../../posts/words";
import { presentSql } from "./present";

/**
 * What every mark in the search index begins with: a character of private use, which no query has in it. After it, a letter
 * and a key: `a` author, `f` for the followers of an author, `t` tag, `m` mentioned. `f` alone is for the followers of
 * anybody, and `e` goes with a number: see `block`.
 */
export const mark = "\u{e000}";

/** So many keys, from a multiple of it on, share a mark `e`. Written into the migration 0006_search. */
export const block = 2 ** 14;
/** What the key of a post is taken from to make its place in the index. Written into 0007_newest_first. */
export const places = { everybody: 2 ** 34, some: 2 ** 35 };

type Text = { title: string | null; content: string };
/** Keys of its tags and of whom it mentions, and the column `marks`. */
export type Marks = { tags: number[]; mentioned: number[]; marks: string };

/** Keeps tags, mentions and marks of posts, inside of a transaction of the caller. */
export function marksOn(client: Pick<Database, "prepare">) {
	const user = client.prepare<{ key: number }, [string]>(`SELECT key FROM users WHERE username = ? AND ${presentSql}`);
	const makeTag = client.prepare<null, [string]>("INSERT INTO tags (name) VALUES (?) ON CONFLICT DO NOTHING");
	const tag = client.prepare<{ key: number }, [string]>("SELECT key FROM tags WHERE name = ?");
	const links = [
		["post_tags", "tag_key", "tags"],
		["mentions", "user_key", "mentioned"],
	] as const;
	const statements = links.map(([table, column, kind]) => ({
		kind,
		has: client.prepare<{ key: number }, [number]>(`SELECT ${column} AS key FROM ${table} WHERE post_key = ?`),
		add: client.prepare<null, [number, number]>(`INSERT INTO ${table} (post_key, ${column}) VALUES (?, ?)`),
		drop: client.prepare<null, [number, number]>(`DELETE FROM ${table} WHERE post_key = ? AND ${column} = ?`),
	}));

	const addMark = client.prepare<null, [string, number]>(
		"UPDATE posts SET marks = iif(marks = '', ' ', marks) || ? || ' ' WHERE key = ?",
	);

	return {
		/**
		 * Reads a text. A tag that nobody had yet is made, and is to be linked; a name that nobody has is no mention.
		 * `known` are the keys of whom it mentions, where that is known already.
		 */
		of({ title, content }: Text, known?: number[]): Marks {
			const text = title === null ? content : `${title}\n${content}`;
			const tags = tagsIn(text).map((name) => {
				makeTag.run(name);
				return tag.get(name)?.key ?? 0;
			});
			const mentioned = known ?? mentionsIn(text).flatMap((name) => user.get(name)?.key ?? []);
			const marks = [
				...piecesOf(text),
				...tags.map((key) => `${mark}t${key}`),
				...mentioned.map((key) => `${mark}m${key}`),
			];
			return { tags, mentioned, marks: marks.length === 0 ? "" : ` ${marks.join(" ")} ` };
		},

		/** Adds a mention to a post that has no such one. */
		mention(post: number, user: number) {
			for (const { kind, add } of statements) if (kind === "mentioned") add.run(post, user);
			addMark.run(`${mark}m${user}`, post);
		},

		/** Marks that do not mention some people. */
		without: (marked: string, mentioned: number[]): string =>
			mentioned.reduce((rest, key) => rest.replace(` ${mark}m${key} `, " "), marked),

		/** Links a post with what its text has now, and no longer with what it had. */
		link(post: number, marks: Marks) {
			for (const { kind, has, add, drop } of statements) {
				const before = has.all(post).map(({ key }) => key);
				for (const key of marks[kind]) if (!before.includes(key)) add.run(post, key);
				for (const key of before) if (!marks[kind].includes(key)) drop.run(post, key);
			}
		},
	};
}

/**
 * The words of a text that the index would not find by itself. Runs without spaces go in character by character, so that
 * any part of one is a row of words, with a mark between runs; what stands beside a run, by itself; and a word that can be
 * written in several ways (full-width letters, ligatures), as queries have it.
 */
function piecesOf(text: string): string[] {
	if (compatible(text) === text && !hasUnspaced(text)) return []; // most texts
	return wordsOf(text).flatMap(({ start, end, unspaced }, i, words) => {
		const written = text.slice(start, end);
		const word = compatible(written);
		if (unspaced) return [...word, mark];
		const [before, after] = [words[i - 1], words[i + 1]];
		const isBeside = (before?.unspaced && before.end === start) || (after?.unspaced && after.start === end);
		return isBeside || word !== written ? [word] : [];
	});
}

/** How many posts are read at once while all are marked. */
const batch = 1_000;

/** Marks posts that are there already: for a migration, in its transaction. Some 20 µs a post. */
export function markAll(client: Database) {
	const marks = marksOn(client);
	const read = client.prepare<Text & { key: number }, [number]>(
		`SELECT key, title, content FROM posts WHERE key > ? ORDER BY key LIMIT ${batch}`,
	);
	const write = client.prepare<null, [string, number]>("UPDATE posts SET marks = ? WHERE key = ?");
	for (let after = 0, posts = read.all(after); posts.length > 0; posts = read.all(after))
		for (const post of posts) {
			const found = marks.of(post);
			marks.link(post.key, found);
			if (found.marks) write.run(found.marks, post.key);
			after = post.key;
		}
}
