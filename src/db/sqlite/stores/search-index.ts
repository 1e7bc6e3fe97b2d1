import type { Database } from "bun:sqlite";
import { lazily, oncePer } from "../../../core/lazily";
import { wordRules, wordsOf } from "../../../social/search/words";
import { termPrefix } from "./search-terms";

/**
 * Post keys per full-text index. Measured with secure deletion: an index of 32,768 posts deletes an ordinary post in 0.5 ms
 * and the longest in 12 ms. An index of 200,000 posts takes 1.6 and 35 ms. A million posts have 31 indexes. A search for a
 * rare word queries all of them in 1 ms.
 */
export const blockSize = 2 ** 15;
export const blockOf = (key: number): number => Math.floor(key / blockSize);
/** The newest post has the smallest rowid, because FTS5 reads its lists fast only forwards. */
export const rowidOf = (key: number): number => blockSize - (key % blockSize);
export const keyOf = (block: number, rowid: number): number => (block + 1) * blockSize - rowid;
export const tableOf = (block: number): string => `search_${block}`;

/** The columns of a post that the search index depends on. */
export type Indexed = {
	key: number;
	authorKey: number;
	visibility: string;
	title: string | null;
	content: string;
	marks: string;
};

/** Number of first letters by which non-public posts are also indexed. */
export const prefixLength = 3;

/** Tables whose statements are kept prepared. */
const maxPrepared = 64;

type Client = Pick<Database, "prepare">;

/**
 * Maintains the search index in a transaction of the caller: public posts in the full-text index of their block, other posts
 * by author and word. All code that writes posts must call it. `remove` needs the same values as `add`.
 */
export const searchIndex = oncePer((client: Client) => {
	const hasBlock = lazily(() => client.prepare<unknown, [number]>("SELECT 1 FROM search_blocks WHERE block = ?"));
	const addBlock = lazily(() => client.prepare<null, [number, string]>("INSERT INTO search_blocks VALUES (?, ?)"));
	const hide = lazily(() =>
		client.prepare<null, [number, number, number, string]>(
			"INSERT OR IGNORE INTO hidden_words (author_key, is_private, post_key, word) SELECT ?, ?, ?, value FROM json_each(?)",
		),
	);
	const unhide = lazily(() => client.prepare<null, [number]>("DELETE FROM hidden_words WHERE post_key = ?"));
	const stored = lazily(() =>
		client.prepare<Indexed, [number]>(
			"SELECT key, author_key AS authorKey, visibility, title, content, marks FROM posts WHERE key = ?",
		),
	);
	const prepared = new Map<number, ReturnType<typeof prepare>>();

	const prepare = (block: number) => {
		const table = tableOf(block);
		type Values = [rowid: number, title: string | null, content: string, marks: string];
		return {
			add: client.prepare<null, Values>(`INSERT INTO ${table} (rowid, title, content, marks) VALUES (?, ?, ?, ?)`),
			remove: client.prepare<null, Values>(
				`INSERT INTO ${table} (${table}, rowid, title, content, marks) VALUES ('delete', ?, ?, ?, ?)`,
			),
		};
	};

	function statementsOf(block: number) {
		// Checked each time: the transaction that created the table may have been rolled back.
		if (hasBlock().get(block) === null) {
			createBlock(client, block);
			addBlock().run(block, wordRules);
		}
		const found = prepared.get(block) ?? prepare(block);
		if (prepared.size >= maxPrepared) prepared.clear();
		prepared.set(block, found);
		return found;
	}

	function write(how: "add" | "remove", { key, title, content, ...post }: Indexed) {
		const words = title === null ? null : indexedWords(title);
		statementsOf(blockOf(key))[how].run(rowidOf(key), words, indexedWords(content), publicTerms(post));
	}

	const index = {
		add(post: Indexed) {
			if (post.visibility === "public") return write("add", post);
			const { key, authorKey, visibility } = post;
			hide().run(authorKey, visibility === "private" ? 1 : 0, key, JSON.stringify(hiddenWords(post)));
		},

		remove(post: Indexed) {
			if (post.visibility === "public") write("remove", post);
			else unhide().run(post.key);
		},

		/** Adds a stored post. */
		addStored(key: number) {
			const post = stored().get(key);
			if (post) index.add(post);
		},

		/** Removes a stored post. Call it before deleting the row. */
		removeStored(key: number) {
			const post = stored().get(key);
			if (post) index.remove(post);
		},

		/** Changes a stored post and updates its index. Returns the number of characters that were indexed again. */
		around(key: number, change: () => void): number {
			const before = stored().get(key);
			change();
			const after = stored().get(key);
			if (JSON.stringify(before) === JSON.stringify(after)) return 0;
			if (before) index.remove(before);
			if (after) index.add(after);
			return after?.content.length ?? 0;
		},
	};
	return index;
});
export type SearchIndex = ReturnType<typeof searchIndex>;

/** Creates a contentless index, which stores no text. Its tokenizer splits the words at spaces. */
export function createBlock(client: Client, block: number) {
	const table = tableOf(block);
	client
		.prepare(`CREATE VIRTUAL TABLE ${table} USING fts5(title, content, marks, content = '', tokenize = 'ascii')`)
		.run();
	// Without this, deleted words stay readable in the pages of the index.
	client.prepare(`INSERT INTO ${table} (${table}, rank) VALUES ('secure-delete', 1)`).run();
}

/**
 * Number of distinct characters of unspaced runs that are indexed per text. Ordinary texts have fewer, and to delete each
 * takes 14 µs.
 */
const maxCharacters = 2_000;

/**
 * The words of a text for the full-text index, in order, separated by spaces. Scripts without spaces are split into characters,
 * so that each part of a run is a phrase. `termPrefix` separates two runs. Parts of words come last, each after `termPrefix`.
 */
function indexedWords(text: string): string {
	const words: string[] = [];
	const parts: string[] = [];
	const known = new Set<string>();
	const isKnown = (character: string) => known.has(character) || (known.size < maxCharacters && known.add(character));
	let isAfterRun = false;
	for (const word of wordsOf(text)) {
		if (word.unspaced) {
			if (isAfterRun) words.push(termPrefix);
			for (const character of word.folded) words.push(isKnown(character) ? character : termPrefix);
		} else words.push(word.folded);
		for (const part of word.parts) parts.push(termPrefix, part);
		isAfterRun = word.unspaced;
	}
	return [...words, ...parts].join(" ");
}

/** Every public post has the term `p`, for searches without words. */
const publicTerms = ({ marks, authorKey }: Pick<Indexed, "marks" | "authorKey">) =>
	`${marks} ${termPrefix}p ${termPrefix}a${authorKey}`;

/** The index words of a non-public post: the empty word, its words, their first letters, and its search terms. */
function hiddenWords({ title, content, marks }: Pick<Indexed, "title" | "content" | "marks">): string[] {
	const found = new Set([""]);
	for (const text of [title ?? "", content])
		for (const { folded, unspaced, parts } of wordsOf(text)) {
			if (unspaced) for (const character of folded) found.add(character);
			else
				for (const word of [folded, ...parts]) {
					found.add(word);
					found.add(prefixOf(word));
				}
		}
	for (const word of marks.split(" "))
		if (word.length > termPrefix.length && word.startsWith(termPrefix)) found.add(word);
	return [...found];
}

/** The first letters of a folded word and `*`, as `hidden_words` stores them. */
export const prefixOf = (folded: string): string => `${[...folded].slice(0, prefixLength).join("")}*`;
