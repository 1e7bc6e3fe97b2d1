import { expect, spyOn, test } from "bun:test";
import fc from "fast-check";
import { fold, symbolEdge } from "../../src/social/search/fold";
import { mentionsIn, tagNamed, tagsIn } from "../../src/social/search/hashtags";
import { finder, matcher, type Range, scorer } from "../../src/social/search/match";
import { parseQuery, type Words, wordsIn } from "../../src/social/search/query";
import { snippets } from "../../src/social/search/snippet";
import { wordsOf } from "../../src/social/search/words";
import { repeated, samples } from "../bench/texts";
import { runs } from "../support/runs";

const fragment = fc.constantFrom(
	...[
		"a",
		"A",
		"b",
		"tea",
		"Tea ",
		"é",
		"e\u0301",
		"e\u0323\u0301",
		"a\u0591\u0301",
		"ß",
		"İ",
		"ΟΔΟΣ",
		"σ",
		"й",
		"и\u0306",
		"𝐀",
		"ﬁ",
		"½",
		"™",
		"㎡",
		"²",
		"ł",
		"æ",
		"ё",
		"१",
	],
	...["東京", "東", "京都", "お茶", "ガ", "カ\u3099", "ｶﾞ", "ﾗｰﾒﾝ", "㍿", "각", "ᄀ", "ᅡ", "ᆨ", "ㄱ", "ㅏ", "서울", "𠮷"],
	...[
		"المَدِينَةِ",
		"הָאָרֶץ",
		"أحمـد",
		"نرم\u200cافزار",
		"น้ำชา",
		"ที่",
		"မြန်မာ",
		"ำ",
		"किताबें",
		"क़",
		"ｗｉｄｅ",
		"🎉",
		"👩‍👩‍👧",
		"👍🏽",
		"❤️",
		"\ufeff",
		"\ufe0f",
		"\ufe0f\u0301",
		"🇩🇪",
	],
	...[" ", " ", " ", ".", "-", "_", "1", "\u0301", "\u0344", "\u0345", "\u0335", "\u200d", "\ue000", "\n", "¨"],
);
const text = fc.oneof(
	fc.array(fragment, { maxLength: 25 }),
	fc.array(fc.string({ unit: "binary", maxLength: 3 }), { maxLength: 8 }),
);
const mixed = text.map((parts) => parts.join("").toWellFormed());

/** Folds a text as a whole: a Hangul letter disables the fast path of `fold`. */
const wholeFold = (text: string) => fold(`ᄀ ${text}`).slice(2);

/** Splits a text into characters with their marks, Hangul vowels and final consonants, and invisible characters. */
function charactersOf(text: string): { part: string; index: number }[] {
	const parts: { part: string; index: number }[] = [];
	let index = 0;
	for (const character of text) {
		const last = parts.at(-1);
		if (last && /^[\p{M}\u1161-\u1175\u11a8-\u11c2\u0640]*$/u.test(wholeFold(character))) last.part += character;
		else parts.push({ part: character, index });
		index += character.length;
	}
	return parts;
}

/** A reference for `finder`: compares every word of the text with every word of the query. */
function slowFinder(conditions: Words[]): (text: string) => Range[][] {
	return (text) => {
		const cells = charactersOf(text).flatMap(({ part, index }, i, parts) => {
			const folded = wholeFold(part);
			const marks = /^\p{M}*/u.exec(folded)?.[0].length ?? 0; // they attach to the part before
			return folded.split("").map((unit, n) => ({
				unit,
				begin: n < marks ? (parts[i - 1]?.index ?? index) : index,
				end: index + part.length,
			}));
		});
		const folded = cells.map(({ unit }) => unit).join("");
		expect(folded).toBe(wholeFold(text));
		const words = wordsOf(text);
		const range = (start: number, end: number): Range => [cells[start]?.begin ?? 0, cells[end - 1]?.end ?? 0];
		/** Returns the end of a wanted word that starts here, ignoring symbol edges inside it. */
		const endFrom = (start: number, wanted: string) => {
			let end = start;
			for (const unit of wanted) {
				while (folded[end] === symbolEdge && end > start) end++;
				if (!folded.startsWith(unit, end)) return null;
				end += unit.length;
			}
			return end;
		};
		const endOfPart = (end: number, last: number) => {
			const next = folded.indexOf(symbolEdge, end);
			return next < 0 || next > last ? last : next;
		};
		const inRuns = (wanted: string) =>
			words.flatMap(({ unspaced, start, end }) =>
				Array.from({ length: unspaced ? end - start : 0 }, (_, i) => start + i).flatMap((place): Range[] => {
					const last = folded[place] === symbolEdge ? null : endFrom(place, wanted);
					return last === null ? [] : [range(place, last)];
				}),
			);
		const alone = (wanted: string, isPrefix: boolean) =>
			words
				.filter(({ unspaced }) => !unspaced)
				.flatMap((word) => {
					const fits = (other: string) => (isPrefix ? other.startsWith(wanted) : other === wanted);
					let start = word.start;
					const parts = (word.parts.length > 0 ? word.parts : []).map((part) => {
						while (folded[start] === symbolEdge) start++;
						start += part.length;
						return { text: part, start: start - part.length };
					});
					const found = [{ text: word.folded, start: word.start }, ...parts].filter(({ text }) => fits(text));
					const starts = new Set(found.map(({ start }) => start));
					return [...starts].map((start) => {
						const end = endFrom(start, wanted) as number;
						return range(start, isPrefix ? endOfPart(end, word.end) : end);
					});
				});
		const together = (wanted: string[], isPrefix: boolean) =>
			words.flatMap((first, i): Range[] => {
				const those = words.slice(i, i + wanted.length);
				const isLast = (n: number) => n === wanted.length - 1;
				const fits = those.every(
					({ folded, unspaced }, n) =>
						!unspaced && (isPrefix && isLast(n) ? folded.startsWith(wanted[n] ?? "") : folded === wanted[n]),
				);
				const last = those.at(-1);
				if (!fits || !last || those.length < wanted.length) return [];
				const end = endFrom(last.start, wanted.at(-1) ?? "") as number;
				return [range(first.start, isPrefix ? endOfPart(end, last.end) : end)];
			});
		return conditions.map(({ text, prefix }) => {
			const wanted = wordsOf(text);
			const phrases: { names: string[]; unspaced: boolean }[] = [];
			for (const { folded, unspaced } of wanted) {
				const last = phrases.at(-1);
				if (last && !last.unspaced && !unspaced) last.names.push(folded);
				else phrases.push({ names: [folded], unspaced });
			}
			return phrases.flatMap(({ names: [first = "", ...others], unspaced }, i) => {
				const isPrefix = Boolean(prefix) && i === phrases.length - 1;
				if (unspaced) return inRuns(first);
				return others.length > 0 ? together([first, ...others], isPrefix) : alone(first, isPrefix);
			});
		});
	};
}
const inOrder = (places: Range[][]) => places.map((ranges) => ranges.toSorted(([a, b], [c, d]) => a - c || b - d));

/** Queries with a match: parts of the text, as a user would type them. */
const cut = fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 12 }), fc.constantFrom("", " ", "*", '"'));
const searched = fc.tuple(mixed, fc.array(cut, { minLength: 1, maxLength: 4 }), mixed).map(([text, cuts, other]) => {
	const parts = cuts.map(([from, length, end]) => {
		const part = text.slice(from % (text.length + 1)).slice(0, length);
		return end === '"' ? `"${part}"` : part + end;
	});
	return { text, conditions: wordsIn(parseQuery(`${parts.join(" ")} ${other.slice(0, 5)}`.toWellFormed())) };
});

test("a text folds the same letter by letter and as a whole, and once folded stays", () => {
	fc.assert(
		fc.property(mixed, (text) => {
			expect(fold(text)).toBe(wholeFold(text));
			expect(fold(fold(text))).toBe(fold(text));
		}),
		{ numRuns: runs(5_000) },
	);
});

test("the places of a query are those that a look at every letter finds", () => {
	let found = 0;
	fc.assert(
		fc.property(searched, ({ text, conditions }) => {
			const expected = inOrder(slowFinder(conditions)(text));
			found += expected.flat().length;
			expect(inOrder(finder(conditions)(text))).toEqual(expected);
		}),
		{ numRuns: runs(5_000) },
	);
	expect(found).toBeGreaterThan(5_000);
});

test("a letter that begins with a mark of the one before is found up to that one, such as Thai sara am", () => {
	const conditions = [{ kind: "words", text: "a\u0e33", prefix: false } as const];
	const text = `a\u0e33${" x".repeat(600)}`;
	expect(matcher(conditions)(text).places(1)).toEqual([
		[
			[0, 1],
			[0, 1],
		],
	]);
	expect(matcher(conditions)(text).places()).toEqual([
		[
			[0, 1],
			[0, 2],
		],
	]);
});

test("they are also where a text is folded piece by piece, and up to a place", () => {
	fc.assert(
		fc.property(searched, fc.integer({ min: 900, max: 1_100 }), fc.nat(300), ({ text, conditions }, shift, more) => {
			const long = `${"x\u0301 ".repeat(shift / 3)}${text} ${text}${" 東".repeat(600)}${text}`;
			const all = inOrder(slowFinder(conditions)(long));
			const matches = matcher(conditions)(long);
			expect(inOrder(matches.places())).toEqual(all);
			const first = all.flat().map(([begin]) => begin);
			if (first.length === 0) return expect(matches.found).toBe(0);
			expect(matches.first).toBe(Math.min(...first));
			const ends = charactersOf(long).map(({ index }) => index);
			const before = ends.find((end) => end >= matches.first + more) ?? long.length;
			const some = all.map((ranges) =>
				ranges.filter(([begin]) => begin < before).map(([begin, end]): Range => [begin, Math.min(end, before)]),
			);
			expect(inOrder(matches.places(before))).toEqual(inOrder(some));
		}),
		{ numRuns: runs(300) },
	);
});

/**
 * Counts the string work of a call: calls of `normalize`, steps of ICU (quadratic in a run of marks), and our own steps.
 */
function counted(work: () => void) {
	const counts = { normalized: 0, sorted: 0, steps: 0 };
	const { normalize, charCodeAt, codePointAt, startsWith } = String.prototype;
	const spies = [
		spyOn(String.prototype, "normalize").mockImplementation(function (this: string, form?: string) {
			counts.normalized++;
			counts.sorted += this.length;
			for (const [run] of this.matchAll(/[\p{M}\uff9e\uff9f]+/gu)) counts.sorted += run.length ** 2;
			return normalize.call(this, form);
		}),
		spyOn(String.prototype, "charCodeAt").mockImplementation(function (this: string, place: number) {
			counts.steps++;
			return charCodeAt.call(this, place);
		}),
		spyOn(String.prototype, "codePointAt").mockImplementation(function (this: string, place: number) {
			counts.steps++;
			return codePointAt.call(this, place);
		}),
		spyOn(String.prototype, "startsWith").mockImplementation(function (this: string, word: string, place?: number) {
			counts.steps += word.length;
			return startsWith.call(this, word, place);
		}),
	];
	try {
		work();
	} finally {
		for (const spy of spies) spy.mockRestore();
	}
	return counts;
}

const queries: Record<string, string> = {
	"one word": "needle ",
	"words that begin alike": `${Array.from({ length: 15 }, (_, i) => "a".repeat(i + 1)).join(" ")} needle `,
	"one-letter words": `${[..."abcdefghijklmno"].join(" ")} needle `,
	"a phrase of one letter": `"${"a ".repeat(30)}b" needle `,
	"beginnings of words": "aaa* aaaa* aaaaa* needle ",
	"parts of a run": `東 京 の 東の 京東 ${"ア".repeat(20)} needle `,
};
const hostile = [
	...samples.map(({ name, text }) => ({ name, text })),
	{ name: "words of one letter", text: "a " },
	{ name: "words of some letters", text: "aaaaaaaaaaaaaaaa " },
	{ name: "space", text: "a                                                 " },
	{ name: "one kana", text: "ア" },
	{ name: "marks of half-width kana", text: "カ\uff9e\u0301\u0323" },
	{ name: "Hangul vowels", text: "ᄀ\u1161\u1161\u1161\u1161" },
];

test.each(hostile)("a search does work in proportion to the text: $name", ({ text }) => {
	const content = repeated(text, { last: " needle" });
	for (const typed of Object.values(queries)) {
		const conditions = wordsIn(parseQuery(typed));
		const words = conditions.flatMap(({ text }) => wordsOf(text)).length;
		snippets(conditions)({ title: "needle", content }); // what characters are like is found out once
		scorer(conditions)("needle", content);
		const most = 6 * content.length * words + 1_000;
		for (const work of [
			() => snippets(conditions)({ title: "needle", content }),
			() => scorer(conditions)("needle", content),
		]) {
			const { normalized, sorted, steps } = counted(work);
			expect(normalized).toBeLessThanOrEqual(100);
			expect(sorted).toBeLessThanOrEqual(50 * content.length);
			expect(steps).toBeLessThanOrEqual(most);
		}
	}
});

test.each(samples)("a snippet of what stands near the beginning folds no more than that: $name", ({ text }) => {
	const content = repeated(text, { first: "needle " });
	const show = snippets(wordsIn(parseQuery("needle ")));
	show({ title: null, content });
	const { sorted } = counted(() => show({ title: null, content }));
	expect(sorted).toBeLessThanOrEqual(20_000);
});

test.each(hostile)("a text is read for tags and mentions, and a query, in proportion: $name", ({ text }) => {
	const content = repeated(text, { last: " #tag @ada" });
	for (const work of [
		() => expect(tagsIn(content)).toContain("tag"),
		() => expect(mentionsIn(content)).toContain("ada"),
		() => void tagNamed(content),
		() => void parseQuery(content.slice(0, 500)),
	])
		expect(counted(work).sorted).toBeLessThanOrEqual(60 * content.length);
});

test("what is found behind a character of very many marks is shown", () => {
	const show = snippets(wordsIn(parseQuery("needle ")));
	for (const content of [
		`a${"\u0301".repeat(4_000)} needle`,
		`needle a${"\u0301".repeat(4_000)}`,
		`x ${"😀\u0301\u0301".repeat(90)} needle`,
	]) {
		const snippet = show({ title: null, content });
		const shown = snippet?.highlights.map(([from, to]) => snippet.text.slice(from, to));
		expect(shown).toEqual(["needle"]);
		expect(snippet?.text.length).toBeLessThanOrEqual(202);
		expect(snippet?.text.isWellFormed()).toBe(true);
	}
});

test("a highlight has the whole of each character, with its marks", () => {
	const shown = (typed: string, content: string) => {
		const snippet = snippets(wordsIn(parseQuery(typed)))({ title: null, content });
		return snippet?.highlights.map(([from, to]) => snippet.text.slice(from, to));
	};
	expect(shown("किताबें ", "नई किताबें हैं")).toEqual(["किताबें"]);
	expect(shown("株式 ", "㍿東京")).toEqual(["㍿"]);
	expect(shown("ガラス ", "ｶﾞﾗｽ")).toEqual(["ｶﾞﾗｽ"]);
	expect(shown("각 ", "각".normalize("NFD"))).toEqual(["각".normalize("NFD")]);
});
