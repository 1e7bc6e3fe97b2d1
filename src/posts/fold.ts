/** The form in which words are compared, and where each part of it stands in the text that it was made of. */

/** From where to where, in UTF-16 code units; the end is not in it. */
export type Range = [start: number, end: number];

/** The form in which words are compared: without case, width (NFKC) and the accents of Latin letters. */
export function fold(text: string): string {
	if (isAscii.test(text)) return text.toLowerCase();
	if (!foldsInPlace(text)) return folded(text);
	const { accented, plain } = steady();
	return text.toLowerCase().replace(accented, (letter) => plain.get(letter) ?? letter);
}
const isAscii = /^[\0-\x7f]*$/;

/**
 * Whether a text is folded letter by letter, with each staying where it was: in any European language and with emoji, unless
 * accents are written as characters of their own. That takes half the time.
 */
export const foldsInPlace = (text: string): boolean => steady().text.test(text);

/**
 * NFKC, except that marks after the 16th in a row are dropped. ICU sorts a run of marks in quadratic time: 46 ms for 5,000
 * of them. No language writes more than 8.
 */
export const compatible = (text: string): string => text.replace(surplusMarks, "$1").normalize("NFKC");
const mostMarks = 16;
/** With the two characters outside of \p{M} that NFKC makes marks of. */
const surplusMarks = new RegExp(`([\\p{M}\\uff9e\\uff9f]{${mostMarks}})[\\p{M}\\uff9e\\uff9f]+`, "gu");

function folded(text: string): string {
	const lower = compatible(text.replace(plainAccents, "")).toLowerCase().replaceAll("ς", "σ"); // one letter, two forms
	if (!latinAccents.test(lower)) return lower.normalize("NFC");
	return lower
		.normalize("NFD")
		.replace(/(?<=[a-z])[\u0300-\u036f]+/g, "")
		.normalize("NFC");
}
/** Accents that can go before any normalization, since no other mark is sorted in between. */
const plainAccents = /(?<=[A-Za-z])[\u0300-\u036f]+(?!\p{M})/gu;
/** A Latin letter with an accent: no other character decomposes into one. */
const latinAccents = /[\u00c0-\u024f\u1e00-\u1eff]|[a-z][\u0300-\u036f]/;

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

/**
 * Maps ranges of a folded text back to the text, rounded outwards to whole characters with their marks. They must come in
 * the order of where they begin.
 *
 * A base is a character that does not attach to the one before. Folding neither merges nor reorders bases, and makes a
 * fixed number of them of each, mostly one. So the base with the same number stands at the same place of both texts.
 */
export function unfolder(text: string, folded: string): (range: Range) => Range {
	if (foldsInPlace(text)) return (range) => range;
	let first: Position = { at: 0, bases: 0, place: 0, before: 0 };
	return ([from, to]) => {
		first = walk(text, folded, first, from);
		let end = walk(text, folded, first, to - 1).place + 1;
		while (end < text.length && basesAt(text, end) === 0) end++;
		return [first.place, end];
	};
}

/** So many bases stand in the folded text before `at`; the last of them comes from `place`, which has `before` before it. */
type Position = { at: number; bases: number; place: number; before: number };

function walk(text: string, folded: string, { at, bases, place, before }: Position, to: number): Position {
	for (; at <= to; at++) bases += basesAt(folded, at);
	for (; place < text.length; place++) {
		const next = before + basesAt(text, place);
		if (next >= bases) break;
		before = next;
	}
	return { at, bases, place, before };
}

/** How many bases the character at a place folds into: one, mostly; none where it attaches to another. */
const basesAt = trait((character) => fold(character).match(base)?.length ?? 0);
/** Anything but marks and the Hangul vowels and final consonants that join a syllable. */
const base = /[^\p{M}\u1161-\u1175\u11a8-\u11c2]/gu;

/**
 * Makes a function that tells a small number of the character that begins at a place, 0 where none does. It finds each out
 * once. Of the megabyte that remembers them, only the pages that are used take memory.
 */
export function trait(of: (character: string) => number): (text: string, place: number) => number {
	const known = new Uint8Array(0x110000); // plus one; 0 is not known
	const look = (code: number | undefined) => {
		if (code === undefined || code >> 11 === 0x1b) return 0; // half of a surrogate pair: never kept
		known[code] ||= of(String.fromCodePoint(code)) + 1;
		return (known[code] as number) - 1;
	};
	return (text, place) => (known[text.charCodeAt(place)] || look(text.codePointAt(place)) + 1) - 1;
}
