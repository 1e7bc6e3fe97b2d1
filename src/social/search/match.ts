import { FoldedText, fold, type Range, symbolEdge } from "./fold";
import type { Words } from "./query";
import { isRunAt, isWordAt, wordsOf } from "./words";

export type { Range } from "./fold";

/** Adjacent folded words. `condition` is the index of the condition they belong to; `prefix` is for the last word. */
type Sequence = { condition: number; words: string[]; unspaced: boolean; prefix: boolean };

/** Finds all places of each condition in a text. */
export function finder(conditions: Words[]): (text: string) => Range[][] {
	const find = matcher(conditions);
	return (text) => find(text).places();
}

/** The matches of a query in a text. */
export type Matches = {
	/** The number of conditions with a match. */
	found: number;
	/** The offset of the first match. */
	first: number;
	/** All matches of each condition. With `before`, only those that start before that offset, cut off there. */
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
				// Includes the character at `before`: Thai sara am folds into a mark of the character before it, and a letter.
				const limit = start + fold(text.slice(first.from, source.endOf(before))).length;
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

/**
 * Splits a condition into sequences. Each run of a script without spaces is a sequence, which matches anywhere in a run.
 */
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

/** Receives a match with its start and end in the folded text. Returns false to end the scan. */
type Found = (sequence: Sequence, start: number, end: number) => boolean;
type Scan = (source: FoldedText, from: number, to: number, found: Found) => void;

/**
 * Scans a folded text once. It tries a sequence only at the start of a word or, in scripts without spaces, at any equal
 * letter. So the work is at most the length of the text times the words of the query, which `parseQuery` limits to 32.
 */
function scanner(wanted: Sequence[]): Scan {
	const sequences = Map.groupBy(wanted, ({ words }) => words[0]?.charCodeAt(0) ?? 0);
	/** A filter by code unit modulo 128: 1 if a sequence may start there at the start of a word, 2 if anywhere. */
	const mayBegin = new Uint8Array(128);
	for (const [unit, those] of sequences)
		mayBegin[unit % 128] = Math.max(mayBegin[unit % 128] ?? 0, those.some(({ unspaced }) => unspaced) ? 2 : 1);
	/** Returns false when `found` ends the scan. */
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
			const { folded } = source; // the folded part so far
			for (const end = Math.min(to, folded.length); start < end; start++) {
				const unit = folded.charCodeAt(start);
				const may = mayBegin[unit % 128];
				if ((may === 2 || (may === 1 && !isInWord)) && !trySequences(source, start, isInWord, found)) return;
				if (unit >> 10 !== 0x37) isInWord = isWordAt(folded, start); // skips the second half of a surrogate pair
			}
		}
	};
}

/**
 * Returns the end of a sequence that starts here; null without a match. A single word may also match between two symbol
 * edges inside a word. The words of a phrase must be whole words; so must a word with a symbol edge inside.
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

/** True when a symbol edge separates the match from the rest of its word. A prefix may continue after it. */
const isPartOfWord = (source: FoldedText, begin: number, end: number, isCut: boolean) =>
	followsSymbolEdge(source, begin) || (!isCut && isBeforeSymbolEdge(source, end));

/** Returns the end of a word that starts here, ignoring symbol edges inside it. Null without a match. */
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

/** True when a symbol edge separates `place` from the word before it. */
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

/** The end of the word that contains `from`, or an offset after `limit`. */
function wordEnd(source: FoldedText, from: number, limit: number): number {
	let end = from;
	while (end < limit && source.has(end) && isWordAt(source.folded, end))
		end += source.folded.charCodeAt(end) >> 10 === 0x36 ? 2 : 1;
	return end;
}

/** The weight of a word in a title, relative to the text. */
const titleWeight = 4;
/** The parameters of BM25, and the words of a typical post. */
const [k1, b, typicalWords] = [1.2, 0.75, 30];

/**
 * Scores the relevance of a post: Okapi BM25 (Robertson, Zaragoza 2009) without word frequency, since every result has
 * all words. It depends only on the post and the query, so that the order is stable while others write.
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

/** True when title and text together contain all sequences of a condition. */
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
