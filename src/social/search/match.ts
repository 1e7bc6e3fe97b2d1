import { FoldedText, fold, type Range, symbolEdge } from "./fold";
import type { Words } from "./query";
import { isRunAt, isWordAt, wordsOf } from "./words";

export type { Range } from "./fold";

/** Words that follow each other, as they are compared; of those of a condition, one is enough. */
type Sequence = { condition: number; words: string[]; unspaced: boolean; prefix: boolean };

/** Finds the words of a query in a text: the places of each condition, as of `Words`. */
export function finder(conditions: Words[]): (text: string) => Range[][] {
	const find = matcher(conditions);
	return (text) => find(text).places();
}

/** What of a query is in a text. */
export type Matches = {
	/** How many conditions have a place. */
	found: number;
	/** Where the first place begins. */
	first: number;
	/** The places of each condition: of those that begin before some place of the text, and cut off there, if one is given. */
	places: (before?: number) => Range[][];
};

export function matcher(conditions: Words[]): (text: string) => Matches {
	const scan = scanner(conditions.flatMap(sequencesOf));
	return (text) => {
		const source = new FoldedText(text);
		const matched = new Set<number>();
		let start = 0;
		scan(source, 0, Number.POSITIVE_INFINITY, ({ condition }, place) => {
			if (matched.size === 0) start = place;
			return matched.add(condition).size < conditions.length;
		});
		const first = source.locate(start);
		return {
			found: matched.size,
			first: first.from,
			places(before = text.length) {
				const places = conditions.map((): Range[] => []);
				if (matched.size === 0) return places;
				const limit = start + fold(text.slice(first.from, before)).length;
				let position = first;
				scan(source, start, limit, (sequence, place, end) => {
					position = source.locate(place, position);
					if (position.from >= before) return false;
					const last = Math.min(sequence.prefix ? wordEnd(source, end, limit) : end, limit) - 1;
					const to = source.endOf(source.locate(last, position).from);
					places[sequence.condition]?.push([position.from, Math.min(to, before)]);
					return true;
				});
				return places;
			},
		};
	};
}

/** Scripts without spaces are found by themselves, wherever they stand in a run. */
function sequencesOf({ text, prefix }: Words, condition: number): Sequence[] {
	const words = wordsOf(text);
	const sequences: Sequence[] = [];
	for (const { folded, unspaced } of words) {
		const last = sequences.at(-1);
		if (last && !last.unspaced && !unspaced) last.words.push(folded);
		else sequences.push({ condition, words: [folded], unspaced, prefix: false });
	}
	const last = sequences.at(-1);
	if (last) last.prefix = Boolean(prefix) && !last.unspaced;
	return sequences;
}

/** Takes a sequence and where it begins and ends in a folded text; `false` ends the scan. */
type Found = (sequence: Sequence, start: number, end: number) => boolean;
type Scan = (source: FoldedText, from: number, to: number, found: Found) => void;

/**
 * Goes once through the places of a folded text where a sequence may begin. It looks for a sequence only where a word begins or, in
 * scripts without spaces, where its first letter is. So the work is at most the length of the text times the words of the
 * query, of which `parseQuery` takes 32.
 */
function scanner(wanted: Sequence[]): Scan {
	const sequences = Map.groupBy(wanted, ({ words }) => words[0]?.charCodeAt(0) ?? 0);
	/** A quick no for most letters: 1 for those that begin a sequence at the beginning of a word, 2 anywhere. */
	const mayBegin = new Uint8Array(128);
	for (const [unit, those] of sequences)
		mayBegin[unit % 128] = Math.max(mayBegin[unit % 128] ?? 0, those.some(({ unspaced }) => unspaced) ? 2 : 1);
	/** False when `found` ends the scan. */
	const trySequences = (source: FoldedText, start: number, isInWord: boolean, found: Found): boolean => {
		for (const sequence of sequences.get(source.folded.charCodeAt(start)) ?? []) {
			const end = sequence.unspaced || !isInWord ? endOf(sequence, source, start) : null;
			if (end !== null && !found(sequence, start, end)) return false;
		}
		return true;
	};
	return (source, from, to, found) => {
		let isInWord = false;
		let start = from;
		while (start < to && source.has(start)) {
			const { folded } = source; // as far as it is folded now
			for (const end = Math.min(to, folded.length); start < end; start++) {
				const unit = folded.charCodeAt(start);
				const may = mayBegin[unit % 128];
				if ((may === 2 || (may === 1 && !isInWord)) && !trySequences(source, start, isInWord, found)) return;
				if (unit >> 10 !== 0x37) isInWord = isWordAt(folded, start); // not in the middle of a surrogate pair
			}
		}
	};
}

/**
 * Returns the end of a sequence that begins here; null when the sequence does not match. A single word may also be a part of another
 * word, between symbol edges. Words of a phrase have to be whole, and so has a word with a symbol edge inside.
 */
function endOf({ words, unspaced, prefix }: Sequence, source: FoldedText, start: number): number | null {
	let end = start;
	for (const [i, word] of words.entries()) {
		if (i > 0) while (source.has(end) && !isWordAt(source.folded, end) && !isRunAt(source.folded, end)) end++;
		const begin = end;
		const found = endOfWord(word, source, begin);
		if (found === null) return null;
		end = found;
		if (unspaced) continue;
		const isCut = prefix && i === words.length - 1;
		const isWhole = words.length > 1 || end - begin > word.length;
		if (!isCut && source.has(end) && isWordAt(source.folded, end)) return null;
		if (source.hasSymbolEdge && isWhole && isPartOfWord(source, begin, end, isCut)) return null;
	}
	return end;
}

/** True when a symbol edge parts a place from the rest of its word. A word that is cut may go on. */
const isPartOfWord = (source: FoldedText, begin: number, end: number, isCut: boolean) =>
	followsSymbolEdge(source, begin) || (!isCut && isBeforeSymbolEdge(source, end));

/** Returns the end of a word that begins here, joints inside of it left out; null when it does not match. */
function endOfWord(word: string, source: FoldedText, start: number): number | null {
	if (source.has(start + word.length - 1) && source.folded.startsWith(word, start)) return start + word.length;
	if (!source.hasSymbolEdge) return null;
	let end = start;
	for (let i = 0; i < word.length; end++) {
		if (!source.has(end)) return null;
		if (source.folded[end] === word[i]) i++;
		else if (i === 0 || source.folded[end] !== symbolEdge) return null;
	}
	return end;
}

/** True when a symbol edge parts what begins at a place from the rest of a word. */
function followsSymbolEdge({ folded }: FoldedText, place: number): boolean {
	let before = place - 1;
	while (folded[before] === symbolEdge) before--;
	if (before === place - 1 || before < 0) return false;
	return isWordAt(folded, folded.charCodeAt(before) >> 10 === 0x37 ? before - 1 : before);
}

function isBeforeSymbolEdge(source: FoldedText, place: number): boolean {
	let after = place;
	while (source.has(after) && source.folded[after] === symbolEdge) after++;
	return after > place && source.has(after) && isWordAt(source.folded, after);
}

/** Where the word ends that goes on at a place, or some place after the limit. */
function wordEnd(source: FoldedText, from: number, limit: number): number {
	let end = from;
	while (end < limit && source.has(end) && isWordAt(source.folded, end))
		end += source.folded.charCodeAt(end) >> 10 === 0x36 ? 2 : 1;
	return end;
}

/** How much a word counts that stands in a title, against one in a text. */
const titleWeight = 4;
/** The two parameters of BM25, and how many words an ordinary post has. */
const [k1, b, typicalWords] = [1.2, 0.75, 30];

/**
 * How well a post fits: Okapi BM25 (Robertson, Zaragoza 2009) without how rare a word is, since here every post has all
 * of them. It depends on nothing but the post and the query, so that the order stays while others write.
 */
export function scorer(conditions: Words[]): (title: string | null, content: string) => number {
	const scan = scanner(conditions.flatMap(sequencesOf));
	return (title, content) => {
		const length = 1 - b + (b * content.length) / (typicalWords * 6);
		const found = new Array<number>(conditions.length).fill(0);
		const count = (text: string, weight: number) =>
			scan(new FoldedText(text), 0, Number.POSITIVE_INFINITY, ({ condition }) => {
				found[condition] = (found[condition] ?? 0) + weight;
				return true;
			});
		count(title ?? "", titleWeight);
		count(content, 1);
		return found.reduce((sum, found) => sum + (found * (k1 + 1)) / (found + k1 * length), 0);
	};
}

/** True when a post has all the words of a condition, in its title or in its text. */
export function hasWords(condition: Words): (title: string | null, content: string) => boolean {
	const sequences = sequencesOf(condition, 0).map((sequence, i) => ({ ...sequence, condition: i }));
	const scan = scanner(sequences);
	return (title, content) => {
		const matched = new Set<number>();
		for (const text of [title ?? "", content])
			scan(
				new FoldedText(text),
				0,
				Number.POSITIVE_INFINITY,
				({ condition }) => matched.add(condition).size < sequences.length,
			);
		return matched.size === sequences.length;
	};
}
