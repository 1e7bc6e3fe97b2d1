/** Folds texts, names and tags for comparison, and maps offsets in the folded text to the original. */

/** Start and end (exclusive), in UTF-16 code units. */
export type Range = [start: number, end: number];

/**
 * Folds a text: Unicode case folding and NFKC, without accents, optional vowel points and invisible characters. Digits
 * become ASCII. Symbols that spell letters or digits (™, ㎡, ½) are separated from their neighbours.
 */
export const fold = (text: string): string =>
	isAscii.test(text) ? text.toLowerCase() : (byLetter(text) ?? folded(text));
const isAscii = /^[\0-\x7f]*$/;

/** Folds a name that is compared as a whole or by prefix. */
export const foldName = (name: string): string => fold(name).replaceAll(symbolEdge, "");

/** Marks the edges of a symbol that spells letters. These letters are a word, and also part of the adjacent word. */
export const symbolEdge = "\u{e001}";

/**
 * NFKC without the marks after the 8th in a row, which no language uses. ICU sorts marks in quadratic time: 46 ms for
 * 5,000.
 */
export const compatible = (text: string): string => text.replace(surplusMarks, "$1").normalize("NFKC");
/** Includes the two characters outside of \p{M} that NFKC turns into marks. */
const surplusMarks = /([\p{M}\uff9e\uff9f]{8})[\p{M}\uff9e\uff9f]+/gu;

function folded(text: string): string {
	return text
		.replaceAll(iotaSubscript, "ι")
		.replace(surplusMarks, "$1")
		.replace(symbols, setApart)
		.normalize("NFKD")
		.replace(ignored, "")
		.replace(breves, "")
		.toLowerCase()
		.replace(variants, plainOf)
		.normalize("NFC");
}

/** The only mark that case folding turns into a letter. */
const iotaSubscript = "\u0345";

/** All symbols and numbers that NFKD spells with letters or digits, and some others. */
const symbols =
	/(?!\p{L})[\xb2\xb3\xb9\xbc-\xbe\u2070-\u2089\u20a8\u2100-\u218b\u2460-\u24ea\u3200-\u33ff\ufdfc\u{1ccd6}-\u{1ccf9}\u{1f100}-\u{1f2ff}]/gu;
/** Adds symbol edges around a symbol that spells one word (™), and spaces around one that spells several (½, ℃). */
function setApart(symbol: string): string {
	const spelled = symbol.normalize("NFKD");
	if (spelled === symbol || !/[\p{L}\p{N}]/u.test(spelled)) return symbol;
	return /^[\p{L}\p{N}\p{M}]+$/u.test(spelled) ? `${symbolEdge}${symbol}${symbolEdge}` : ` ${symbol} `;
}

/**
 * Characters that a decomposed text is compared without:
 * - invisible characters, joiners among them;
 * - accents: marks of no script, and marks for any script. Two remain: the sound marks of kana and the breve of й,
 *   which is another letter than и (as in the root collation of CLDR);
 * - optional vowel points of Hebrew, Arabic and Syriac, and the tatweel after a letter;
 * - the nukta of Devanagari, which many writers omit.
 */
const ignored =
	/[\p{Default_Ignorable_Code_Point}[\p{M}&&\p{Script=Common}][\p{Script=Inherited}--[\u0306\u0345\u3099\u309a]][\p{Mn}&&[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}]]\u093c]|(?<=[\p{L}\p{M}])\u0640+/gv;

/** The breve after any letter but и. */
const breves = /(?<![Ии])\u0306/gu;

/** Letters that count as equal to others: by full case folding, or because keyboards of the same script lack them. */
const plain: Record<string, string> = {
	...{ ß: "ss", ς: "σ", "\u0345": "ι", ᲀ: "в", ᲁ: "д", ᲂ: "о", ᲃ: "с", ᲄ: "т", ᲅ: "т", ᲆ: "ъ", ᲇ: "ѣ", ᲈ: "ꙋ" },
	...{ æ: "ae", ð: "d", đ: "d", ħ: "h", ı: "i", ł: "l", ŋ: "n", ø: "o", œ: "oe", þ: "th", ŧ: "t" },
	...{ ƀ: "b", ɓ: "b", ɖ: "d", ɗ: "d", ɛ: "e", ə: "e", ɨ: "i", ƙ: "k", ɔ: "o", ɵ: "o", ʉ: "u", ƴ: "y", ƶ: "z" },
	...{ ٱ: "ا", ى: "ي", ی: "ي", ک: "ك", ة: "ه", ہ: "ه" },
};
const variants = new RegExp(`[${Object.keys(plain).join("")}[\\p{Nd}--[0-9]]]`, "gv");
const plainOf = (letter: string): string => plain[letter] ?? String(digitOf(letter));

/** The value of a decimal digit. Each script has ten consecutive digits, and the tens of two scripts may be adjacent. */
function digitOf(digit: string): number {
	const code = digit.codePointAt(0) ?? 0;
	let zero = code;
	while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
	return (code - zero) % 10;
}

/**
 * Folds letter by letter, up to five times as fast as ICU. Null for a text with combining letters, or letters that fold
 * into several code units. The voicing marks of half-width kana join the letter before.
 */
function byLetter(text: string): string | null {
	const units = new Uint16Array(text.length);
	let length = 0;
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i);
		const unit = letters[code] || computeUnit(code);
		if (unit > dropped) units[length++] = unit;
		else if (unit === dropped) continue;
		else if (isUnchangedPair(text, i)) {
			units[length++] = code;
			units[length++] = text.charCodeAt(++i);
		} else {
			const joined =
				isVoicing(code) && i > 0 && (letters[text.charCodeAt(i - 1)] ?? 0) > dropped
					? voiced(units[length - 1], code)
					: none;
			if (joined === none) return null;
			units[length - 1] = joined;
		}
	}
	return utf16.decode(units.subarray(0, length));
}
const isVoicing = (code: number) => code === 0xff9e || code === 0xff9f;
const knownVoiced = new Map<number, number>();
/** The code unit of a folded letter with a voicing mark; `none` if it needs more than one. */
function voiced(letter = 0, mark: number): number {
	const name = letter * 2 + (mark & 1);
	const known = knownVoiced.get(name);
	if (known !== undefined) return known;
	const joined = folded(String.fromCharCode(letter, mark));
	const unit = joined.length === 1 ? joined.charCodeAt(0) : none;
	knownVoiced.set(name, unit);
	return unit;
}
const utf16 = new TextDecoder("utf-16le", { ignoreBOM: true });
/** The folded code unit of each code unit, filled on demand; or `none` or `dropped`. */
const letters = new Uint16Array(0x10000);
const none = 1;
const dropped = 2;

function computeUnit(unit: number): number {
	const letter = String.fromCharCode(unit);
	const plain = folded(letter);
	const isOne = plain.length === 1 && plain > "\x02" && basesAt(letter, 0) === 1 && basesAt(plain, 0) === 1;
	const isDropped = plain === "" && letter !== breve;
	letters[unit] = isOne ? plain.charCodeAt(0) : isDropped ? dropped : none;
	return letters[unit];
}
/** The only mark that folding drops after some letters and keeps after others. */
const breve = "\u0306";
/** True when two code units are one character that folding keeps, such as most emoji. */
const isUnchangedPair = (text: string, place: number) => pairs(text, place) === 1;
const pairs = characterProperty((character) =>
	Number(character.length === 2 && folded(character) === character && basesAt(character, 0) === 1),
);

/**
 * True when folding keeps the offset of each code unit. That holds for texts in European languages and emoji, unless
 * accents are separate characters.
 */
export function foldsInPlace(text: string): boolean {
	inPlace ??= new RegExp(`^[\\0-\\x7f${unchangedLetters()}${pictures}]*$`, "u");
	return inPlace.test(text);
}
/** Created on first use, since it takes 5 ms. */
let inPlace: RegExp | undefined;
/**
 * Latin, Greek and Cyrillic letters and related characters that always fold into one code unit, whatever their
 * neighbours.
 */
const unchangedLetters = () =>
	Array.from({ length: 0x52f - 0x7f }, (_, i) => String.fromCharCode(0x80 + i))
		.filter((letter) => {
			const forms = [letter.toLowerCase(), letter.normalize("NFKC"), folded(letter)];
			return !/\p{M}/u.test(letter) && forms.every(({ length }) => length === 1);
		})
		.join("");
/** Punctuation, the euro and emoji. */
const pictures = "\\u2010-\\u2023\\u20ac\\u2600-\\u27bf\\u{1f1e6}-\\u{1f1ff}\\u{1f300}-\\u{1faff}";

/** Code units that are folded at once. The first match is usually near the start. */
const chunk = 1_000;

/** A text that is folded on demand. Chunks end only before a base; see `Position`. */
export class FoldedText {
	/** The folded part so far. */
	folded = "";
	/** True when the folded part contains a symbol edge. */
	hasSymbolEdge = false;
	readonly text: string;
	readonly #isInPlace: boolean;
	/** The length of the folded part in the original text. */
	#read = 0;

	constructor(text: string) {
		this.text = text;
		this.#isInPlace = foldsInPlace(text);
	}

	/** True when the folded text reaches `place`. Folds as far as needed. */
	has(place: number): boolean {
		while (place >= this.folded.length) {
			if (this.#read === this.text.length) return false;
			const end = nextBase(this.text, this.#read + chunk);
			const part = fold(this.text.slice(this.#read, end));
			this.folded += part;
			this.hasSymbolEdge ||= part.includes(symbolEdge);
			this.#read = end;
		}
		return true;
	}

	/** Maps an offset of the folded text to the original. It must not be before the given position. */
	locate(place: number, { at, bases, from, before }: Position = start): Position {
		if (this.#isInPlace) return { at: place, bases: 0, from: place, before: 0 };
		const { text, folded } = this;
		for (; at <= place; at++) bases += basesAt(folded, at);
		for (; from < text.length; from++) {
			const next = before + basesAt(text, from);
			if (next >= bases) break;
			before = next;
		}
		return { at, bases, from, before };
	}

	/** The end of the character at `place` of the original, with its combining marks. */
	endOf(place: number): number {
		return nextBase(this.text, place + 1);
	}
}

/**
 * A pair of offsets, in the folded text and in the original. A base is a character that does not combine with the one
 * before. Folding neither merges nor reorders bases, and turns each into a fixed number, mostly one. So counting bases
 * maps the offsets.
 */
export type Position = {
	/** The next offset in the folded text, and the bases before it. */
	at: number;
	bases: number;
	/** The offset of the character in the original, and the folded bases before it. */
	from: number;
	before: number;
};
const start: Position = { at: 0, bases: 0, from: 0, before: 0 };

/** The offset of the first base at or after `from`, or the end of the text. */
function nextBase(text: string, from: number): number {
	let place = from;
	while (place < text.length && basesAt(text, place) === 0) place++;
	return Math.min(place, text.length);
}

/** The bases that the character at an offset folds into; 0 for a combining character. */
const basesAt = characterProperty((character) => folded(character).match(base)?.length ?? 0);
/** All characters but marks, combining Hangul vowels and final consonants, and the tatweel. */
const base = /[^\p{M}\u1161-\u1175\u11a8-\u11c2\u0640]/gu;

/**
 * Creates a cached function from the character at an offset to a small number, 0 without a character. Only the used pages
 * of its 1 MB table occupy memory.
 */
export function characterProperty(of: (character: string) => number): (text: string, place: number) => number {
	const known = new Uint8Array(0x110000); // values plus one; 0 is unknown
	known.fill(1, 0xdc00, 0xe000); // second halves of surrogate pairs
	const look = (code: number | undefined) => {
		if (code === undefined || code >> 11 === 0x1b) return 0;
		known[code] ||= of(String.fromCodePoint(code)) + 1;
		return (known[code] as number) - 1;
	};
	return (text, place) => (known[text.charCodeAt(place)] || look(text.codePointAt(place)) + 1) - 1;
}
