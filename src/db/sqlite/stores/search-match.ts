import { hasWords } from "../../../social/search/match";
import type { Words } from "../../../social/search/query";
import { wordsOf } from "../../../social/search/words";
import { prefixLength, prefixOf } from "./search-index";
import { termPrefix } from "./search-terms";

/** A compiled query: `text` for the full-text index, `hidden` for non-public posts. Null for anonymous viewers. */
export type Match = { text: string; hidden: Hidden | null };

/** The conditions of a query for non-public posts. */
export type Hidden = {
	/** The word to look up in `hidden_words`; every match has it. */
	word: string;
	/** Keys of the possible authors; null for any. */
	authors: number[] | null;
	/** Null when every post with the word matches. */
	matches: ((post: Candidate) => boolean) | null;
};
/** A post that may match: the columns that conditions read. */
export type Candidate = [key: number, author: number, title: string | null, content: string, marks: string];

/** A condition: words, or a search term without its prefix. */
export type CompiledCondition = Words | string;

/** `by`: lists of author keys; a post must be by an author of each list. */
export type Conditions = { all: CompiledCondition[]; none: CompiledCondition[]; by: number[][]; notBy: number[] };

/** Compiles the conditions for non-public posts. */
export function hiddenMatch({ all, none, by, notBy }: Conditions): Hidden {
	const isTerm = (read: CompiledCondition) => typeof read === "string";
	const isWords = (read: CompiledCondition): read is Words => typeof read !== "string";
	const has = (marks: string, name: CompiledCondition) => marks.includes(` ${termPrefix}${name as string} `);
	const [allTerms, noTerms] = [all.filter(isTerm), none.filter(isTerm)];
	const hasAll = all.filter(isWords).map((words) => hasWords(words));
	const hasNone = none.filter(isWords).map((words) => hasWords(words));
	const word = allTerms.length > 0 ? `${termPrefix}${allTerms[0] as string}` : longestWord(all.filter(isWords));
	const isAlone = none.length + notBy.length === 0 && (all.length === 0 || (all.length === 1 && isWord(all[0], word)));
	const [first, ...others] = by;
	const authors = first === undefined ? null : first.filter((key) => others.every((keys) => keys.includes(key)));
	return {
		word,
		authors,
		matches: isAlone
			? null
			: ([, author, title, content, marks]) =>
					!notBy.includes(author) &&
					allTerms.every((name) => has(marks, name)) &&
					!noTerms.some((name) => has(marks, name)) &&
					hasAll.every((fits) => fits(title, content)) &&
					!hasNone.some((fits) => fits(title, content)),
	};
}

/** True when a condition asks for exactly one word of `hidden_words`. */
function isWord(read: CompiledCondition | undefined, word: string): boolean {
	if (typeof read === "string") return true;
	const words = read && !read.prefix ? wordsOf(read.text) : [];
	return words.length === 1 && words[0]?.folded === word;
}

/** The longest word is likely in the fewest posts. A prefix counts with its indexed letters. */
function longestWord(all: Words[]): string {
	const candidates = all.flatMap(({ text, prefix }) =>
		wordsOf(text).flatMap(({ folded, unspaced }, i, { length }) => {
			if (unspaced) return [...folded];
			const isCut = Boolean(prefix) && i === length - 1;
			return isCut ? (folded.length >= prefixLength ? [prefixOf(folded)] : []) : [folded];
		}),
	);
	return candidates.reduce((longest, word) => (word.length > longest.length ? word : longest), "");
}

/** The column filter separates words from search terms: typed words never match a term. */
export const termQuery = (name: string): string => `marks : "${termPrefix}${name}"`;

export const either = (terms: string[]): string => `(${terms.join(" OR ")})`;

/** Decides whether the last typed word is complete or a prefix. */
export function resolvePrefix(words: Words, isCommon: (phrase: string) => boolean): Words {
	if (words.prefix !== "typing") return words;
	const last = phrasesOf(words.text).at(-1);
	const isWhole = last === undefined || last.unspaced || isCommon(quoted(last.words));
	return { ...words, prefix: isWhole ? false : "asked" };
}

/** Splits a condition into phrases. An unspaced run is one phrase of single characters. */
function phrasesOf(text: string): { words: string[]; unspaced: boolean }[] {
	const found: { words: string[]; unspaced: boolean }[] = [];
	for (const { folded, unspaced } of wordsOf(text)) {
		const last = found.at(-1);
		if (unspaced) found.push({ words: [...folded], unspaced });
		else if (last && !last.unspaced) last.words.push(folded);
		else found.push({ words: [folded], unspaced });
	}
	return found;
}

const quoted = (words: string[]) => `"${words.join(" ")}"`;

/** The phrases in FTS5 query syntax. All must occur. */
export function phraseQuery({ text, prefix }: Words): string {
	const split = phrasesOf(text);
	const terms = split.map(({ words }) => quoted(words));
	if (prefix && !split.at(-1)?.unspaced) terms.push(`${terms.pop()} *`);
	return terms.length === 1 ? (terms[0] ?? "") : `(${terms.join(" AND ")})`;
}
