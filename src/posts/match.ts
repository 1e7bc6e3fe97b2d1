import { fold, type Range, unfolder } from "./fold";
import type { Words } from "./query";
import { isWordAt, wordsOf } from "./words";

export type { Range } from "./fold";

/** Words that follow each other, as they are compared; of those of a condition, one is enough. */
type Row = { condition: number; words: string[]; unspaced: boolean; prefix: boolean };
/** Tells a place in a folded text; `false` ends the scan. */
type Found = (row: Row, range: Range) => boolean;
type Scan = (folded: string, found: Found) => void;

/** Finds the words of a query in a text: the places of each condition, as of `Words`. */
export function finder(conditions: Words[]): (text: string) => Range[][] {
	const find = matcher(conditions);
	return (text) => find(text).places();
}

/** What of a query is in a text, found out as far as it is asked for. */
export type Matches = {
	/** How many conditions have a place. */
	found: number;
	/** Where the first of all begins. */
	first: number;
	/** The places of each condition; only those that begin before a place of the text, where one is given. */
	places: (before?: number) => Range[][];
};

export function matcher(conditions: Words[]): (text: string) => Matches {
	const scan = scanner(conditions);
	return (text) => {
		const folded = fold(text);
		const inText = unfolder(text, folded);
		const met = new Set<number>();
		let first: Range | undefined;
		scan(folded, ({ condition }, range) => {
			first ??= range;
			return met.add(condition).size < conditions.length;
		});
		return {
			found: met.size,
			first: first ? inText(first)[0] : 0,
			places(before = Number.POSITIVE_INFINITY) {
				const places = conditions.map((): Range[] => []);
				if (met.size > 0)
					scan(folded, ({ condition }, range) => {
						const place = inText(range);
						if (place[0] < before) places[condition]?.push(place);
						return place[0] < before;
					});
				return places;
			},
		};
	};
}

/** Scripts without spaces are found by themselves, wherever they stand in a run. */
function rowsOf({ text, prefix }: Words, condition: number): Row[] {
	const words = wordsOf(text);
	if (words.length === 0) return [];
	if (!words.some(({ unspaced }) => unspaced))
		return [{ condition, words: words.map(({ folded }) => folded), unspaced: false, prefix: Boolean(prefix) }];
	return words.map(({ folded, unspaced }, i) => ({
		condition,
		words: [folded],
		unspaced,
		prefix: Boolean(prefix) && i === words.length - 1,
	}));
}

/**
 * Goes through a folded text once, and looks for each row only where a word begins or, in scripts without spaces, where its
 * first letter is. So the work is at most the length of the text times the words of the query, of which `parseQuery` takes 32.
 */
function scanner(conditions: Words[]): Scan {
	const rows = Map.groupBy(conditions.flatMap(rowsOf), ({ words }) => words[0]?.charCodeAt(0) ?? 0);
	/** A quick no for most letters: 1 for those that begin a row at the beginning of a word, 2 anywhere. */
	const mayBegin = new Uint8Array(128);
	for (const [unit, those] of rows)
		mayBegin[unit % 128] = Math.max(mayBegin[unit % 128] ?? 0, those.some(({ unspaced }) => unspaced) ? 2 : 1);
	return (text, found) => {
		let isInWord = false;
		for (let start = 0; start < text.length; start++) {
			const unit = text.charCodeAt(start);
			const may = mayBegin[unit % 128];
			if (may === 2 || (may === 1 && !isInWord))
				for (const row of rows.get(unit) ?? []) {
					const end = row.unspaced || !isInWord ? endOf(row, text, start) : null;
					if (end !== null && !found(row, [start, end])) return;
				}
			if (unit >> 10 !== 0x37) isInWord = isWordAt(text, start); // not in the middle of a surrogate pair
		}
	};
}

/** Where a row ends that begins here; null when it does not. */
function endOf({ words, unspaced, prefix }: Row, text: string, start: number): number | null {
	let end = start;
	for (const [i, word] of words.entries()) {
		if (i > 0) while (end < text.length && !isWordAt(text, end)) end++;
		if (!text.startsWith(word, end)) return null;
		end += word.length;
		if (unspaced) return end;
		const isCut = prefix && i === words.length - 1;
		if (!isCut && isWordAt(text, end)) return null;
		while (isCut && isWordAt(text, end)) end += text.charCodeAt(end) >> 10 === 0x36 ? 2 : 1;
	}
	return end;
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
	const scan = scanner(conditions);
	return (title, content) => {
		const length = 1 - b + (b * content.length) / (ordinary * 6);
		const found = new Array<number>(conditions.length).fill(0);
		const count = (text: string, weight: number) =>
			scan(fold(text), ({ condition }) => {
				found[condition] = (found[condition] ?? 0) + weight;
				return true;
			});
		count(title ?? "", titleWeight);
		count(content, 1);
		return found.reduce((sum, found) => sum + (found * (k + 1)) / (found + k * length), 0);
	};
}
