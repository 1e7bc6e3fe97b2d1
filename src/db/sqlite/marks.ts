import type { Database } from "bun:sqlite";
import { lazily, oncePer } from "../../lazily";
import { compatible } from "../../posts/fold";
import { mentionsIn, tagsIn } from "../../posts/tags";
import { hasUnspaced, wordsOf } from "../../posts/words";

/**
 * What every mark in the search index begins with: a character of private use, which no query has in it. After it, a letter
 * and a key: `a` author, `t` tag, `m` mentioned. `p` alone is for any public post.
 */
export const mark = "\u{e000}";

type Text = { title: string | null; content: string };
/** Keys of its tags and of whom it mentions, and the column `marks`. */
export type Marks = { tags: number[]; mentioned: number[]; marks: string };

/** Keeps tags, mentions and marks of posts, inside of a transaction of the caller. */
export const marksOn = oncePer((client: Pick<Database, "prepare">) => {
	// Not `present`: a migration that is older than one of its columns comes here.
	const user = lazily(() =>
		client.prepare<{ key: number }, [string]>("SELECT key FROM users WHERE username = ? AND pending_since IS NULL"),
	);
	const makeTag = lazily(() =>
		client.prepare<null, [string]>("INSERT INTO tags (name) VALUES (?) ON CONFLICT DO NOTHING"),
	);
	const tag = lazily(() => client.prepare<{ key: number }, [string]>("SELECT key FROM tags WHERE name = ?"));
	const links = [
		["post_tags", "tag_key", "tags"],
		["mentions", "user_key", "mentioned"],
	] as const;
	const statements = links.map(([table, column, kind]) => ({
		kind,
		has: lazily(() =>
			client.prepare<{ key: number }, [number]>(`SELECT ${column} AS key FROM ${table} WHERE post_key = ?`),
		),
		add: lazily(() =>
			client.prepare<null, [number, number]>(`INSERT INTO ${table} (post_key, ${column}) VALUES (?, ?)`),
		),
		drop: lazily(() =>
			client.prepare<null, [number, number]>(`DELETE FROM ${table} WHERE post_key = ? AND ${column} = ?`),
		),
	}));

	const addMark = lazily(() =>
		client.prepare<null, [string, number]>(
			"UPDATE posts SET marks = iif(marks = '', ' ', marks) || ? || ' ' WHERE key = ?",
		),
	);
	const dropMark = lazily(() =>
		client.prepare<null, [string, number]>(
			"UPDATE posts SET marks = replace(marks, ' ' || ? || ' ', ' ') WHERE key = ?",
		),
	);

	return {
		/**
		 * Reads a text. A tag that nobody had yet is made, and is to be linked; a name that nobody has is no mention.
		 * `known` are the keys of whom it mentions, where that is known already.
		 */
		of({ title, content }: Text, known?: number[]): Marks {
			const text = title === null ? content : `${title}\n${content}`;
			const tags = tagsIn(text).map((name) => {
				makeTag().run(name);
				return tag().get(name)?.key ?? 0;
			});
			const mentioned = known ?? mentionsIn(text).flatMap((name) => user().get(name)?.key ?? []);
			const marks = [
				...piecesOf(text),
				...tags.map((key) => `${mark}t${key}`),
				...mentioned.map((key) => `${mark}m${key}`),
			];
			return { tags, mentioned, marks: marks.length === 0 ? "" : ` ${marks.join(" ")} ` };
		},

		/** Adds a mention to a post that has no such one. */
		mention(post: number, user: number) {
			for (const { kind, add } of statements) if (kind === "mentioned") add().run(post, user);
			addMark().run(`${mark}m${user}`, post);
		},

		/** Takes a mention out of a post: its name may be another person's later. */
		unmention(post: number, user: number) {
			for (const { kind, drop } of statements) if (kind === "mentioned") drop().run(post, user);
			dropMark().run(`${mark}m${user}`, post);
		},

		/** Marks that do not mention some people. */
		without: (marked: string, mentioned: number[]): string =>
			mentioned.reduce((rest, key) => rest.replace(` ${mark}m${key} `, " "), marked),

		/** Links a post with what its text has now, and no longer with what it had. */
		link(post: number, marks: Marks) {
			for (const { kind, has, add, drop } of statements) {
				const before = has()
					.all(post)
					.map(({ key }) => key);
				for (const key of marks[kind]) if (!before.includes(key)) add().run(post, key);
				for (const key of before) if (!marks[kind].includes(key)) drop().run(post, key);
			}
		},
	};
});

/**
 * So many different characters of a post can be searched for by themselves. No text that people write has as many, and to
 * delete each from the index takes 14 µs.
 */
const mostCharacters = 2_000;

/**
 * The words of a text that the index would not find by itself. Runs without spaces go in character by character, so that
 * any part of one is a row of words, with a mark between runs; what stands beside a run, by itself; and a word that can be
 * written in several ways (full-width letters, ligatures), as queries have it.
 */
function piecesOf(text: string): string[] {
	if (compatible(text) === text && !hasUnspaced(text)) return []; // most texts
	const known = new Set<string>();
	const isKnown = (character: string) => known.has(character) || (known.size < mostCharacters && known.add(character));
	return wordsOf(text).flatMap(({ start, end, unspaced }, i, words) => {
		const written = text.slice(start, end);
		const word = compatible(written);
		if (unspaced) return [...Array.from(word, (character) => (isKnown(character) ? character : mark)), mark];
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
