import { expect, test } from "bun:test";
import fc from "fast-check";
import { fold, foldName } from "../../src/social/search/fold";
import { finder } from "../../src/social/search/match";
import { parseQuery, wordsIn } from "../../src/social/search/query";
import { wordsOf } from "../../src/social/search/words";
import { runs } from "../support/runs";

const all = Array.from({ length: 0x110000 }, (_, code) => code)
	.filter((code) => code < 0xd800 || code > 0xdfff)
	.map((code) => String.fromCodePoint(code))
	.filter((character) => !/\p{Cn}/u.test(character));
const letters = all.filter((character) => /[\p{L}\p{N}]/u.test(character));
/** All but those that show nothing, which are part of the word that they stand in, and those for private use. */
const symbols = all.filter((character) => !/[\p{L}\p{N}\p{M}\p{Default_Ignorable_Code_Point}\p{Co}]/u.test(character));

/** Letters that show nothing, and presentation forms of Arabic vowel points that stand alone. */
const withoutWords = /^[\u115f\u1160\u3164\uffa0\ufc5e-\ufc63\ufe70-\ufe7e]$/;

/** The words and parts of a text that FTS5 gets. */
const indexed = (text: string) =>
	wordsOf(text).flatMap(({ folded, parts, unspaced }) => [folded, ...parts, ...(unspaced ? folded : [])]);

const isFound = (text: string, typed: string) => {
	const conditions = wordsIn(parseQuery(typed));
	return conditions.length > 0 && finder(conditions)(text).every((places) => places.length > 0);
};

test("every letter and every digit finds itself", () => {
	expect(letters.length).toBeGreaterThan(147_000);
	for (const letter of letters)
		if (!withoutWords.test(letter) && !isFound(`x ${letter} x`, `${letter} `)) expect(letter).toBe("found");
});

test("a word finds itself beside every symbol, and so does the symbol that spells one", () => {
	expect(symbols.length).toBeGreaterThan(8_000);
	const words = ["garden", "ab1", "σ", "й", "東京", "ไทย", "कील", "محمد"];
	for (const [i, symbol] of symbols.entries()) {
		const word = words[i % words.length] as string;
		for (const text of [`${word}${symbol}`, `${symbol}${word}`, `x${symbol}${word}${symbol}x`]) {
			if (!indexed(text).includes([...word][0] as string) && !indexed(text).includes(word)) expect(text).toBe("found");
			if (!isFound(text, `${word} `)) expect(text).toBe("found by its text");
		}
		if (wordsOf(symbol).length > 0 && !isFound(`${word}${symbol}`, `${symbol} `)) expect(symbol).toBe("found");
	}
});

test("letters are equal in every case and in every normal form", () => {
	const differs = letters.filter((letter) => {
		const forms = [letter.toUpperCase(), letter.toLowerCase()];
		const all = [letter, ...forms].flatMap((form) => ["NFC", "NFD", "NFKC", "NFKD"].map((n) => form.normalize(n)));
		return all.some((form) => foldName(form) !== foldName(letter));
	});
	// A symbol is set apart, which its letters by themselves are not: ½ is two words, and 1⁄2 is, too.
	expect(differs.filter((letter) => foldName(letter).trim() !== foldName(letter.normalize("NFKC")))).toEqual([]);
});

test("a text of many letters finds each of its words, whatever stands between them", () => {
	const letter = fc.constantFrom(...letters.filter((letter) => !withoutWords.test(letter)));
	const word = fc.array(letter, { minLength: 1, maxLength: 6 }).map((letters) => letters.join(""));
	const between = fc.constantFrom(" ", ", ", "\n", " 🥰", "🥰 ", "。", " — ");
	fc.assert(
		fc.property(fc.array(fc.tuple(word, between), { minLength: 1, maxLength: 8 }), (pairs) => {
			const text = pairs.flat().join("");
			for (const [word] of pairs) expect([text, word, isFound(text, `${word} `)]).toEqual([text, word, true]);
		}),
		{ numRuns: runs(2_000) },
	);
});

test("words are compared without case, accents, optional marks, joiners and width", () => {
	for (const [one, other] of [
		["ΑΘΗΝΑ", "Αθήνα"],
		["ΟΔΟΣ", "οδός"],
		["STRASSE", "Straße"],
		["İSTANBUL", "istanbul"],
		["DİYARBAKIR", "Diyarbakır"],
		["Łódź", "lodz"],
		["smørrebrød", "SMORREBROD"],
		["đường", "duong"],
		["Ærø", "aero"],
		["ёлка", "ЕЛКА"],
		["مُحَمَّد", "محمد"],
		["أحمـد", "احمد"],
		["مدرسة", "مدرسه"],
		["کتاب", "كتاب"],
		["שָׁלוֹם", "שלום"],
		["نرم\u200cافزار", "نرمافزار"],
		["ශ්\u200dරී", "ශ්රී"],
		["ज़मीन", "जमीन"],
		["ｶﾞﾗｽ", "カ\u3099ラス"],
		["ﾗｰﾒﾝ", "ラーメン"],
		["서울", "서울".normalize("NFD")],
		["２０２６", "٢٠٢٦"],
		["co\u00adoperate", "cooperate"],
		["ᏣᎳᎩ", "ᏣᎳᎩ".toLowerCase()],
	] as const)
		expect([one, fold(one)]).toEqual([one, fold(other)]);
	for (const [one, other] of [
		["कील", "काल"],
		["பால்", "பல்"],
		["ปี", "ปู"],
		["мой", "мои"],
		["ガラス", "カラス"],
		["ねこ", "ネコ"],
		["tea", "teá2"],
	] as const)
		expect([one, fold(one)]).not.toEqual([one, fold(other)]);
});

test("a symbol is found as it is written and as it is spelled", () => {
	for (const [text, ...queries] of [
		["25℃ outside", "25℃", "25°C", "25 "],
		["flat of 30㎡ near", "30㎡", "30m2", "30 ", '"30㎡ near"'],
		["a flat of 30m2", "30㎡ "],
		["LEGO™ bricks", "LEGO™", "lego ", "bricks ", '"LEGO™ bricks"'],
		["№5", "№5", "No5"],
		["㈱山田", "㈱山田", "山田", "㈱"],
		["5½ cups", "5½", "½", "5 "],
		["as said¹ before", "said ", "said¹"],
	] as const)
		for (const query of queries) expect([text, query, isFound(text, query)]).toEqual([text, query, true]);
});
