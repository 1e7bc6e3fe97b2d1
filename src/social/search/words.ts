import { characterProperty, fold, symbolEdge } from "./fold";

/** Splits texts into words. Every engine builds its index and its queries from these words only, so that both agree. */

/**
 * The version of these rules. The server rebuilds an index of another version. Increment the number when `wordsOf`,
 * `fold`, `tagsIn` or `mentionsIn` change their results. A newer Unicode adds letters.
 */
export const wordRules = `1 Unicode ${process.versions.unicode}`;

/** A word of a text, or a run of a script without spaces between words. */
export type Word = {
	/** The folded word. */
	folded: string;
	/** Offsets in the folded text, in UTF-16 code units. */
	start: number;
	end: number;
	unspaced: boolean;
	/** The parts around the edges of symbols, such as `lego` and `tm` for `LEGO™`. Empty without such symbols. */
	parts: string[];
};

/**
 * Scripts without spaces between all words. A search finds any part of a run in these. U+30FC lengthens the vowel before
 * it; the other two are sound marks of kana.
 */
const unspaced = `[[${[
	...["Han", "Hiragana", "Katakana", "Hangul"],
	...["Thai", "Lao", "Khmer", "Myanmar", "Tai_Le", "New_Tai_Lue", "Tai_Tham", "Tai_Viet"],
]
	.map((script) => `\\p{Script=${script}}`)
	.join("")}\\u30fc\\u3099\\u309a]--\\p{P}]`;
/** Letters, digits and their combining marks. */
const spaced = `[[\\p{L}\\p{N}\\p{M}]--${unspaced}]`;
const words = new RegExp(`(${unspaced}[${unspaced}${symbolEdge}]*)|${spaced}[${spaced}${symbolEdge}]*`, "gv");

export const wordsOf = (text: string): Word[] => wordsIn(fold(text));

/** The words of a folded text. */
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

/** True when the character at `place` of a folded text belongs to a word of a script with spaces. */
export const isWordAt = (text: string, place: number): boolean => kindAt(text, place) === 1;
/** True when the character belongs to a run of a script without spaces. */
export const isRunAt = (text: string, place: number): boolean => kindAt(text, place) === 2;
const kindAt = characterProperty((character) =>
	spacedCharacter.test(character) ? 1 : unspacedCharacter.test(character) ? 2 : 0,
);
const spacedCharacter = new RegExp(`^${spaced}`, "v");
const unspacedCharacter = new RegExp(`^${unspaced}`, "v");
