import { characterProperty, fold, symbolEdge } from "./fold";

/**
 * How a text falls into words, for search. The index and the queries of every engine are made of these words and nothing
 * else, so that both always agree.
 */

/**
 * Names these rules: an index that was made by others is made again. Count up the number with any change to what `wordsOf`,
 * `fold`, `tagsIn` or `mentionsIn` find. A newer Unicode has new letters.
 */
export const wordRules = `1 Unicode ${process.versions.unicode}`;

/** A word of a text, or a run of a script that puts no spaces between words. */
export type Word = {
	/** As it is compared. */
	folded: string;
	/** Its place in the folded text, in UTF-16 code units. */
	start: number;
	end: number;
	unspaced: boolean;
	/** If it has spelled symbols: the letters of each and those between them, such as `lego` and `tm` of `LEGO™`. */
	parts: string[];
};

/**
 * Scripts that put no spaces between words, or not between all. In these a search finds any part of a run. U+30FC makes the
 * vowel before it long, and the other two are sound marks of kana.
 */
const unspaced = `[[${[
	...["Han", "Hiragana", "Katakana", "Hangul"],
	...["Thai", "Lao", "Khmer", "Myanmar", "Tai_Le", "New_Tai_Lue", "Tai_Tham", "Tai_Viet"],
]
	.map((script) => `\\p{Script=${script}}`)
	.join("")}\\u30fc\\u3099\\u309a]--\\p{P}]`;
/** Letters, digits and their marks. */
const spaced = `[[\\p{L}\\p{N}\\p{M}]--${unspaced}]`;
const words = new RegExp(`(${unspaced}[${unspaced}${symbolEdge}]*)|${spaced}[${spaced}${symbolEdge}]*`, "gv");

export const wordsOf = (text: string): Word[] => wordsIn(fold(text));

/** The words of a text that is folded. */
const wordsIn = (folded: string): Word[] =>
	Array.from(folded.matchAll(words), ({ 0: word, 1: run, index }) => {
		const isJoined = word.includes(symbolEdge);
		const parts = isJoined && run === undefined ? word.split(symbolEdge).filter((part) => part !== "") : [];
		return {
			folded: isJoined ? word.replaceAll(symbolEdge, "") : word,
			start: index,
			end: index + word.length,
			unspaced: run !== undefined,
			parts: parts.length > 1 ? parts : [],
		};
	});

/** True when the character that begins at a place of a folded text is part of a word, and not of a run without spaces. */
export const isWordAt = (text: string, place: number): boolean => kindAt(text, place) === 1;
/** True when it is part of a run without spaces. */
export const isRunAt = (text: string, place: number): boolean => kindAt(text, place) === 2;
const kindAt = characterProperty((character) =>
	spacedCharacter.test(character) ? 1 : unspacedCharacter.test(character) ? 2 : 0,
);
const spacedCharacter = new RegExp(`^${spaced}`, "v");
const unspacedCharacter = new RegExp(`^${unspaced}`, "v");
