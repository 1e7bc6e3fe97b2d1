import type { Words } from "./query";
import { type Word, wordsOf } from "./words";

/** From where to where, in UTF-16 code units; the end is not in it. */
export type Range = [start: number, end: number];

/** Finds words of a query in a text: the places of each. */
export function finder(conditions: Words[]): (text: string) => Range[][] {
	const wanted = conditions.map(({ text, prefix }) => ({ words: wordsOf(text), prefix }));
	return (text) => {
		const words = wordsOf(text);
		return wanted.map((one) => placesOf(one, words));
	};
}

function placesOf({ words: wanted, prefix }: { words: Word[]; prefix: boolean }, words: Word[]): Range[] {
	// Of runs without spaces a query names parts, wherever they stand.
	if (wanted.some(({ unspaced }) => unspaced))
		return wanted.flatMap(({ folded, unspaced }) =>
			words.flatMap((word) => (unspaced ? partsOf(word, folded) : word.folded === folded ? [rangeOf(word)] : [])),
		);
	const places: Range[] = [];
	for (let i = 0; i + wanted.length <= words.length; i++) {
		const fits = wanted.every(({ folded }, at) => {
			const word = words[i + at] as Word;
			return word.folded === folded || (prefix && at === wanted.length - 1 && word.folded.startsWith(folded));
		});
		if (!fits) continue;
		const end = words[i + wanted.length - 1] as Word;
		places.push([(words[i] as Word).start, end.end]);
	}
	return places;
}

const rangeOf = ({ start, end }: Word): Range => [start, end];

/** Where folding changed how long a run is, all of it. */
function partsOf(word: Word, part: string): Range[] {
	const places: Range[] = [];
	const isSame = word.folded.length === word.end - word.start;
	for (let at = word.folded.indexOf(part); at >= 0; at = word.folded.indexOf(part, at + part.length)) {
		if (!isSame) return [rangeOf(word)];
		places.push([word.start + at, word.start + at + part.length]);
	}
	return places;
}

/** How much a word counts that stands in a title, against one in a text. */
const titleWeight = 4;
/** The two parameters of BM25, and how many words an ordinary post has. */
const [k, b, ordinary] = [1.2, 0.75, 30];

/**
 * How well a post fits: Okapi BM25 (Robertson, Zaragoza 2009) without how rare a word is, since here every post has all
 * of them. It depends on nothing but the post and the query, so that the order stays while others write.
 */
export function scorer(conditions: Words[]): (title: string | null, content: string) => number {
	const find = finder(conditions);
	return (title, content) => {
		const inTitle = find(title ?? "");
		const length = 1 - b + (b * content.length) / (ordinary * 6);
		return find(content).reduce((sum, places, i) => {
			const count = places.length + titleWeight * (inTitle[i]?.length ?? 0);
			return sum + (count * (k + 1)) / (count + k * length);
		}, 0);
	};
}
