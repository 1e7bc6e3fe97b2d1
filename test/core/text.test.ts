import { expect, test } from "bun:test";
import fc from "fast-check";
import { asName, harmless, isBlank, shownText } from "../../src/core/text";
import { runs } from "../support/runs";

const characters = Array.from({ length: 0x110000 }, (_, code) => code)
	.filter((code) => code >> 11 !== 0x1b)
	.map((code) => String.fromCodePoint(code));

/** Not for names and titles: C0 and C1, line and paragraph separators, embeddings, overrides, isolates, deprecated formats. */
const reaches = (character: string) => {
	const code = character.codePointAt(0) ?? 0;
	const within = (first: number, last: number) => code >= first && code <= last;
	return (
		within(0, 0x1f) || within(0x7f, 0x9f) || within(0x2028, 0x202e) || within(0x2066, 0x206f) || within(0xfff9, 0xfffb)
	);
};
const legitimate = [
	...["👩‍👩‍👧", "❤️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🇺🇦", "👍🏽", "1️⃣", "می‌خواهم", "ශ්‍රී", "അവന്‍", "עדה לאבלייס", "\u200fאדה\u200f!", "\u061cعدا"],
	...["Ada Lovelace", "Ａｄａ　Ⓐ", "葛\u{e0100}", "ᠮᠣᠩᠭᠣᠯ\u180e", "a\u00adb", "\u0301", "©", ".", "\u{e000}", "𐀀"],
];

test("a text is blank if it has nothing but characters that show nothing", () => {
	for (const blank of [
		...["", " \t\u3000\u00a0\u1680", "\u200b", "\u3164", "\u115f\u1160", "\uffa0", "\u2800", "\u00ad", "\u2060\u2061"],
		...[
			"\u200e",
			"\u202e",
			"\u034f",
			"\u180e",
			"\ufe0f",
			"\u{e0020}",
			"\u{e01ef}",
			"\u0007",
			"\u009b",
			"\ufeff",
			"\u17b4",
		],
		...["\u{1d159}", "\u{1d173}", "\ufffe", "\ufffc", "\ufff9", "\u{13441}", "\u{16fe4}", " \u200b\u3164\n", "\u200d"],
	])
		expect([blank, isBlank(blank), shownText(blank), asName(blank)]).toEqual([blank, true, "", ""]);
	for (const text of legitimate) expect([text, isBlank(text), shownText(text)]).toEqual([text, false, text]);
});

test("of all characters, every letter, digit and emoji shows, and every format character that is left out does not", () => {
	const fillers = "\u115f\u1160\u3164\uffa0\u{13441}\u{13442}\u17b4\u17b5\u{16fe4}";
	for (const character of characters) {
		const isFiller = fillers.includes(character);
		if (/[\p{L}\p{N}\p{P}\p{Sc}\p{Sm}\p{Emoji_Presentation}\p{Extended_Pictographic}]/u.test(character) && !isFiller)
			expect([character, isBlank(character)]).toEqual([character, false]);
		if (isFiller || /[\p{Z}\p{Cc}\p{Default_Ignorable_Code_Point}]/u.test(character))
			expect([character, isBlank(character)]).toEqual([character, true]);
	}
	const counted = characters.filter((character) => !/\p{Cn}/u.test(character) && isBlank(character)).length;
	expect(counted).toBeLessThan(600); // of 150,000 that are assigned
});

test("of all characters, a name loses exactly those that reach beyond it", () => {
	for (const character of characters) {
		const isBreak = /[\t-\r\x85\u2028\u2029]/.test(character);
		const expected = isBreak ? "a b" : reaches(character) ? "ab" : `a${character}b`;
		if (asName(`a${character}b`) !== expected)
			expect([character, asName(`a${character}b`)]).toEqual([character, expected]);
	}
});

test("any name stays within a line, is as it was typed otherwise, and the same when it is cleaned again", () => {
	const part = fc.oneof(
		fc.constantFrom(...legitimate, " ", "\n", "\r\n", "\u202e", "\u2067", "\u2028", "\u001b[31m", "\u200b"),
		fc.string({ unit: "binary", maxLength: 3 }),
	);
	fc.assert(
		fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
			const typed = parts.join("").toWellFormed();
			const name = asName(typed);
			expect([...name].some(reaches)).toBe(false);
			expect(name).toBe(name.trim());
			expect(asName(name)).toBe(name);
			expect(name.length).toBeLessThanOrEqual(typed.length);
			if (![...typed].some(reaches)) expect(name).toBe(isBlank(typed) ? "" : typed.trim());
		}),
		{ numRuns: runs(1_000) },
	);
	for (const text of legitimate) expect(asName(text)).toBe(text);
});

test("a terminal gets nothing that it obeys", () => {
	for (const character of characters)
		if (!"\t\n".includes(character) && reaches(character) && !/[\u206a-\u206f\ufff9-\ufffb]/.test(character))
			expect(harmless(`a${character}b`)).toBe("a\u{fffd}b");
	expect(harmless("Ada 👩‍👩‍👧\t❤️\n")).toBe("Ada 👩‍👩‍👧\t❤️\n");
});
