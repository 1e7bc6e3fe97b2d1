import type { Words } from "./query";
import { fold, foldsInPlace, isWordAt, wordsOf } from "./words";

/** From where to where, in UTF-16 code units; the end is not in it. */
export type Range = [start: number, end: number];

/** Words that follow each other, as they are compared. */
type Row = { words: string[]; unspaced: boolean; prefix: boolean };

/** Finds the words of a query in a text: the places of each condition, as of `Words`. */
export function finder(conditions: Words[]): (text: string) => Range[][] {
	const wanted = conditions.map(rowsOf);
	return (text) => {
		const { folded, at } = foldedOf(text);
		return wanted.map((rows) =>
			rows.flatMap((row) => placesOf(row, folded).map(([start, end]): Range => [at(start), at(end)])),
		);
	};
}

/** Scripts without spaces are found by themselves, wherever they stand in a run. */
function rowsOf({ text, prefix }: Words): Row[] {
	const words = wordsOf(text);
	if (!words.some(({ unspaced }) => unspaced))
		return [{ words: words.map(({ folded }) => folded), unspaced: false, prefix: Boolean(prefix) }];
	return words.map(({ folded, unspaced }, i) => ({
		words: [folded],
		unspaced,
		prefix: Boolean(prefix) && i === words.length - 1,
	}));
}

/** A text as it is compared, and where each place in that is in the text itself. */
function foldedOf(text: string): { folded: string; at: (place: number) => number } {
	if (foldsInPlace(text)) return { folded: fold(text), at: (place) => place };
	const places: number[] = [];
	let folded = "";
	for (const { 0: part, 1: ascii, index } of text.matchAll(/([\0-\x7f]+)(?!\p{M})|.\p{M}*/gsu)) {
		folded += fold(part);
		const start = places.length;
		while (places.length < folded.length) places.push(ascii === undefined ? index : index + places.length - start);
	}
	return { folded, at: (place) => places[place] ?? text.length };
}

function placesOf({ words, unspaced, prefix }: Row, text: string): Range[] {
	const places: Range[] = [];
	const first = words[0] ?? "";
	for (let start = text.indexOf(first); start >= 0; start = text.indexOf(first, start + 1)) {
		if (unspaced) places.push([start, start + first.length]);
		else if (!isWordAt(text, before(text, start))) {
			const end = endOf(words, prefix, text, start);
			if (end !== null) places.push([start, end]);
		}
	}
	return places;
}

/** Where words end that begin here one after the other; null when they do not. */
function endOf(words: string[], prefix: boolean, text: string, start: number): number | null {
	let end = start;
	for (const [i, word] of words.entries()) {
		if (i > 0) while (end < text.length && !isWordAt(text, end)) end++;
		if (!text.startsWith(word, end)) return null;
		end += word.length;
		const isCut = prefix && i === words.length - 1;
		if (!isCut && isWordAt(text, end)) return null;
		while (isCut && isWordAt(text, end)) end += text.charCodeAt(end) >> 10 === 0x36 ? 2 : 1;
	}
	return end;
}

/** Where the character before this place begins. */
const before = (text: string, place: number) => (text.charCodeAt(place - 1) >> 10 === 0x37 ? place - 2 : place - 1);

/** How much a word counts that stands in a title, against one in a text. */
const titleWeight = 4;
/** The two parameters of BM25, and how many words an ordinary post has. */
const [k, b, ordinary] = [1.2, 0.75, 30];

/**
 * How well a post fits: Okapi BM25 (Robertson, Zaragoza 2009) without how rare a word is, since here every post has all
 * of them. It depends on nothing but the post and the query, so that the order stays while others write.
 */
export function scorer(conditions: Words[]): (title: string | null, content: string) => number {
	const wanted = conditions.map(rowsOf);
	return (title, content) => {
		const length = 1 - b + (b * content.length) / (ordinary * 6);
		const [inTitle, inContent] = [fold(title ?? ""), fold(content)];
		const count = (rows: Row[], text: string) => rows.reduce((sum, row) => sum + placesOf(row, text).length, 0);
		return wanted.reduce((sum, rows) => {
			const found = count(rows, inContent) + titleWeight * count(rows, inTitle);
			return sum + (found * (k + 1)) / (found + k * length);
		}, 0);
	};
}
