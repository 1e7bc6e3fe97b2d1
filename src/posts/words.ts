import { fold, trait } from "./fold";

/**
 * How a text falls into words: the rules of SQLite's `unicode61` tokenizer with `remove_diacritics 2`, written down once
 * more, so that what a search found can be counted and shown, and so that any engine can find the same.
 */
export { fold, foldsInPlace } from "./fold";

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
		// Most callers need only where the words are, and folding takes longer than finding them.
		get folded() {
			return fold(word);
		},
		start: index,
		end: index + word.length,
		unspaced: run !== undefined,
	}));

/** Whether the character that begins at a place is part of a word, and not of a run without spaces. */
export const isWordAt = (text: string, place: number): boolean => wordAt(text, place) === 1;
const wordAt = trait((character) => Number(spacedCharacter.test(character)));
const spacedCharacter = new RegExp(`^(?!${unspaced})[\\p{L}\\p{N}\\u0300-\\u036f]`, "u");
