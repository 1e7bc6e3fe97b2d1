/**
 * How a text falls into words: the rules of SQLite's `unicode61` tokenizer with `remove_diacritics 2`, written down once
 * more, so that what a search found can be counted and shown, and so that any engine can find the same.
 */

/** A word of a text, or a run of a script that puts no spaces between words. */
export type Word = {
	/** As it is compared. */
	folded: string;
	/** Where it stands, in UTF-16 code units. */
	start: number;
	end: number;
	unspaced: boolean;
};

/** Han, kana and Hangul: there, a word is any part of a run. U+30FC makes the vowel before it long. */
const unspaced = "[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\u30fc]";
const words = new RegExp(`(${unspaced}+)|(?:(?!${unspaced})[\\p{L}\\p{N}\\u0300-\\u036f])+`, "gu");

/** Whether a text has any such run. */
export const hasUnspaced = (text: string): boolean => unspacedCharacter.test(text);
const unspacedCharacter = new RegExp(unspaced, "u");

export const wordsOf = (text: string): Word[] =>
	Array.from(text.matchAll(words), ({ 0: word, 1: run, index }) => ({
		folded: fold(word),
		start: index,
		end: index + word.length,
		unspaced: run !== undefined,
	}));

/** Whether the character that begins at a place is part of a word, and not of a run without spaces. */
export function isWordAt(text: string, place: number): boolean {
	const code = text.codePointAt(place);
	if (code === undefined) return false;
	if (code < 0x80)
		return (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a);
	return spacedCharacter.test(String.fromCodePoint(code));
}
const spacedCharacter = new RegExp(`^(?!${unspaced})[\\p{L}\\p{N}\\u0300-\\u036f]`, "u");

/** The form in which words are compared: without case, width (NFKC) and the accents of Latin letters. */
export function fold(text: string): string {
	if (!foldsInPlace(text)) return folded(text);
	const { accented, plain } = steady();
	return text.toLowerCase().replace(accented, (letter) => plain.get(letter) ?? letter);
}

/**
 * Whether a text is folded letter by letter, with each staying where it was: in any European language and with emoji, unless
 * accents are written as characters of their own. That takes half the time.
 */
export const foldsInPlace = (text: string): boolean => steady().text.test(text);

const folded = (text: string): string =>
	text
		.normalize("NFKC")
		.toLowerCase()
		.replaceAll("ς", "σ") // one letter, written another way at the end of a word
		.normalize("NFD")
		.replace(/([a-z])[\u0300-\u036f]+/g, "$1")
		.normalize("NFC");

/**
 * Latin, Greek and Cyrillic letters and what stands with them, of which each folds into one, whatever is beside it. Found out
 * when they are first asked for, since it takes 5 ms.
 */
function steady() {
	if (known) return known;
	const letters = Array.from({ length: 0x52f - 0x7f }, (_, i) => String.fromCharCode(0x80 + i)).filter((letter) => {
		const forms = [letter.toLowerCase(), letter.normalize("NFKC"), folded(letter)];
		return !/\p{M}/u.test(letter) && forms.every(({ length }) => length === 1);
	});
	const plain = new Map(letters.map((letter) => [letter, folded(letter)]));
	const accented = letters.filter((letter) => letter.toLowerCase() !== plain.get(letter));
	known = {
		plain,
		accented: new RegExp(`[${accented.join("")}]`, "g"),
		text: new RegExp(`^[\\0-\\x7f${letters.join("")}\\u2010-\\u2023\\u20ac\\u{1f300}-\\u{1faff}]*$`, "u"),
	};
	return known;
}
let known: { plain: Map<string, string>; accented: RegExp; text: RegExp } | undefined;
