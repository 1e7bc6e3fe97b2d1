import type { Database } from "bun:sqlite";
import { lazily, oncePer } from "../../../core/lazily";
import { foldName } from "../../../social/search/fold";
import { mentionsIn, tagsIn } from "../../../social/search/hashtags";
import { presentSql } from "../query/present";

/**
 * A search term describes a post besides its words. It begins with this private-use character, which no query contains. A
 * letter and a key follow: `a` author, `t` tag, `m` mentioned account. `p` alone is for every public post. The column `marks`
 * of `posts` holds the terms of tags and mentions.
 */
export const termPrefix = "\u{e000}";

type Client = Pick<Database, "prepare">;
type Text = { title: string | null; content: string };
/** Keys of the tags and mentioned accounts of a text, and its value for the column `marks`. */
export type PostTerms = { tags: number[]; mentioned: number[]; marks: string };

/** Maintains tags, mentions and search terms of posts, in a transaction of the caller. */
export const searchTerms = oncePer((client: Client) => {
	const tags = tagTable(client);
	const links = {
		tags: linkTable(client, "post_tags", "tag_key"),
		mentioned: linkTable(client, "mentions", "user_key"),
	};
	const markColumn = marksColumnOf(client);
	const user = lazily(() =>
		client.prepare<{ key: number; createdAt: number }, [string]>(
			`SELECT key, created_at AS createdAt FROM users WHERE username = ? AND ${presentSql}`,
		),
	);

	const marks = {
		/**
		 * Reads the terms of a text. Inserts new tags; the caller links them. A name without an account is no mention. `known`: keys
		 * of the mentioned accounts, if the caller has them.
		 */
		of(post: Text, known?: number[]): PostTerms {
			const text = textOf(post);
			const keys = [...new Set(tags.spell(text))].map(tags.keyOf);
			const mentioned = known ?? mentionsIn(text).flatMap((name) => user().get(name)?.key ?? []);
			const marks = [...keys.map((key) => `${termPrefix}t${key}`), ...mentioned.map((key) => `${termPrefix}m${key}`)];
			return { tags: keys, mentioned, marks: marks.length === 0 ? "" : ` ${marks.join(" ")} ` };
		},

		/**
		 * Reads a stored text again, by rules that may have changed. Only accounts that are linked already or are older than the
		 * text count as mentioned. `writtenAt` is in milliseconds since 1970.
		 */
		again(post: number, text: Text, writtenAt: number): PostTerms {
			const linked = links.mentioned.of(post);
			const known = mentionsIn(textOf(text)).flatMap((name) => {
				const found = user().get(name);
				const isMeant = found && (found.createdAt <= writtenAt || linked.includes(found.key));
				return isMeant ? found.key : [];
			});
			return marks.of(text, known);
		},

		/** Sets the spelling of tags when a stored post becomes their first public one. */
		spell: (post: Text) => void tags.spell(textOf(post)),

		/** Adds a mention that the post does not have yet. */
		mention(post: number, user: number) {
			links.mentioned.add(post, user);
			markColumn.add(post, `${termPrefix}m${user}`);
		},

		/** Removes a mention, because another account may take the name later. */
		unmention(post: number, user: number) {
			links.mentioned.remove(post, user);
			markColumn.remove(post, `${termPrefix}m${user}`);
		},

		/** Removes mentions of some accounts from a value of the column `marks`. */
		without: (marked: string, mentioned: number[]): string =>
			mentioned.reduce((rest, key) => rest.replace(` ${termPrefix}m${key} `, " "), marked),

		/** Replaces the tags and mentions of a post. */
		link(post: number, marks: PostTerms) {
			links.tags.replace(post, marks.tags);
			links.mentioned.replace(post, marks.mentioned);
		},
	};
	return marks;
});

function tagTable(client: Client) {
	const insert = lazily(() =>
		client.prepare<null, [string]>("INSERT INTO tags (name) VALUES (?) ON CONFLICT DO NOTHING"),
	);
	const byName = lazily(() => client.prepare<{ key: number }, [string]>("SELECT key FROM tags WHERE name = ?"));
	const setSpelling = lazily(() =>
		client.prepare<null, [spelling: string, name: string]>(
			"UPDATE tags SET spelling = ?1 WHERE name = ?2 AND post_count = 0 AND spelling <> ?1",
		),
	);
	return {
		keyOf: (name: string): number => byName().get(name)?.key ?? 0,

		/** Inserts the tags of a text. Tags without a public post get the spelling of the text. Returns their names. */
		spell: (text: string): string[] =>
			tagsIn(text).map((spelling) => {
				const name = foldName(spelling);
				insert().run(name);
				setSpelling().run(spelling === name ? "" : spelling, name);
				return name;
			}),
	};
}

/** Rows that link posts with tags or accounts. */
function linkTable(client: Client, table: "post_tags" | "mentions", column: "tag_key" | "user_key") {
	const ofPost = lazily(() =>
		client.prepare<{ key: number }, [number]>(`SELECT ${column} AS key FROM ${table} WHERE post_key = ?`),
	);
	const insert = lazily(() =>
		client.prepare<null, [number, number]>(`INSERT INTO ${table} (post_key, ${column}) VALUES (?, ?)`),
	);
	const drop = lazily(() =>
		client.prepare<null, [number, number]>(`DELETE FROM ${table} WHERE post_key = ? AND ${column} = ?`),
	);
	const links = {
		of: (post: number): number[] =>
			ofPost()
				.all(post)
				.map(({ key }) => key),
		add: (post: number, key: number) => void insert().run(post, key),
		remove: (post: number, key: number) => void drop().run(post, key),
		replace(post: number, keys: number[]) {
			const before = links.of(post);
			for (const key of keys) if (!before.includes(key)) links.add(post, key);
			for (const key of before) if (!keys.includes(key)) links.remove(post, key);
		},
	};
	return links;
}

function marksColumnOf(client: Client) {
	const append = lazily(() =>
		client.prepare<null, [string, number]>(
			"UPDATE posts SET marks = iif(marks = '', ' ', marks) || ? || ' ' WHERE key = ?",
		),
	);
	const cut = lazily(() =>
		client.prepare<null, [string, number]>(
			"UPDATE posts SET marks = replace(marks, ' ' || ? || ' ', ' ') WHERE key = ?",
		),
	);
	return {
		add: (post: number, name: string) => void append().run(name, post),
		remove: (post: number, name: string) => void cut().run(name, post),
	};
}
export type SearchTerms = ReturnType<typeof searchTerms>;

/** The text of a post that tags and mentions are read from. */
export const textOf = ({ title, content }: Text): string => (title === null ? content : `${title}\n${content}`);
