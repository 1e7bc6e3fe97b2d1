/** The form in which texts, names and tags are compared, and where each part of it stands in the text that it was made of. */

/** From where to where, in UTF-16 code units; the end is not in it. */
export type Range = [start: number, end: number];

/**
 * Folds a text: Unicode case folding and NFKC, without accents, optional vowel points, joiners and other characters that show
 * nothing; digits become ASCII. A symbol that spells letters or digits (™, ㎡, ½) is set apart from its neighbours.
 */
export const fold = (text: string): string =>
	isAscii.test(text) ? text.toLowerCase() : (byLetter(text) ?? folded(text));
const isAscii = /^[\0-\x7f]*$/;

/** Folds a name that is compared as a whole or by how it starts. */
export const foldName = (name: string): string => fold(name).replaceAll(symbolEdge, "");

/** Stands before and after the letters of a symbol. They are a word of their own and also part of the word beside them. */
export const symbolEdge = "\u{e001}";

/**
 * NFKC, except that marks after the 8th in a row are dropped, which no language writes. ICU sorts a run of marks in quadratic
 * time: 46 ms for 5,000.
 */
export const compatible = (text: string): string => text.replace(surplusMarks, "$1").normalize("NFKC");
/** With the two characters outside of \p{M} that NFKC makes marks of. */
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

/** The one mark that case folding makes a letter of. */
const iotaSubscript = "\u0345";

/** Every symbol and number that NFKD spells with letters or digits, and some that it leaves alone. */
const symbols =
	/(?!\p{L})[\xb2\xb3\xb9\xbc-\xbe\u2070-\u2089\u20a8\u2100-\u218b\u2460-\u24ea\u3200-\u33ff\ufdfc\u{1ccd6}-\u{1ccf9}\u{1f100}-\u{1f2ff}]/gu;
/** One that spells a word (™) gets joints, and one that spells several (½, ℃) gets spaces. */
function setApart(symbol: string): string {
	const spelled = symbol.normalize("NFKD");
	if (spelled === symbol || !/[\p{L}\p{N}]/u.test(spelled)) return symbol;
	return /^[\p{L}\p{N}\p{M}]+$/u.test(spelled) ? `${symbolEdge}${symbol}${symbolEdge}` : ` ${symbol} `;
}

/**
 * Characters that a decomposed text is compared without:
 * - all that show nothing, joiners among them;
 * - accents: marks of no script, and those that any may have. Not the sound marks of kana, nor the breve of й, which is another letter than и:
 *   CLDR's root collation keeps this one mark of Cyrillic, too;
 * - vowel points of Hebrew, Arabic and Syriac, which most writers leave out, and the tatweel after a letter;
 * - the nukta of Devanagari, which many writers leave out.
 */
const ignored =
	/[\p{Default_Ignorable_Code_Point}[\p{M}&&\p{Script=Common}][\p{Script=Inherited}--[\u0306\u0345\u3099\u309a]][\p{Mn}&&[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}]]\u093c]|(?<=[\p{L}\p{M}])\u0640+/gv;

/** The breve of any letter but и. */
const breves = /(?<![Ии])\u0306/gu;

/** Letters that are compared as others: those of full case folding, then those that keyboards of the same script lack. */
const plain: Record<string, string> = {
	...{ ß: "ss", ς: "σ", "\u0345": "ι", ᲀ: "в", ᲁ: "д", ᲂ: "о", ᲃ: "с", ᲄ: "т", ᲅ: "т", ᲆ: "ъ", ᲇ: "ѣ", ᲈ: "ꙋ" },
	...{ æ: "ae", ð: "d", đ: "d", ħ: "h", ı: "i", ł: "l", ŋ: "n", ø: "o", œ: "oe", þ: "th", ŧ: "t" },
	...{ ƀ: "b", ɓ: "b", ɖ: "d", ɗ: "d", ɛ: "e", ə: "e", ɨ: "i", ƙ: "k", ɔ: "o", ɵ: "o", ʉ: "u", ƴ: "y", ƶ: "z" },
	...{ ٱ: "ا", ى: "ي", ی: "ي", ک: "ك", ة: "ه", ہ: "ه" },
};
const variants = new RegExp(`[${Object.keys(plain).join("")}[\\p{Nd}--[0-9]]]`, "gv");
const plainOf = (letter: string): string => plain[letter] ?? String(digitOf(letter));

/** The value of a decimal digit. Each script has its ten in a row, and rows may follow each other. */
function digitOf(digit: string): number {
	const code = digit.codePointAt(0) ?? 0;
	let zero = code;
	while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
	return (code - zero) % 10;
}

/**
 * Folds letter by letter, up to five times as fast as ICU. Null for a text with a letter that attaches to another, or folds
 * into more than one code unit; the voicing marks of half-width kana join the letter before.
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
/** What a folded letter and a voicing mark fold into, if that is one code unit. */
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
/** The code unit that each folds into, filled as they occur; or one of the two below. */
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
/** The only mark that is dropped after some letters and not after others. */
const breve = "\u0306";
/** Whether two code units are a character that stays as it is, as emoji do. */
const isUnchangedPair = (text: string, place: number) => pairs(text, place) === 1;
const pairs = characterProperty((character) =>
	Number(character.length === 2 && folded(character) === character && basesAt(character, 0) === 1),
);

/**
 * Whether each code unit of a folded text comes from the one at the same place: in any European language and with emoji,
 * unless accents are written as characters of their own.
 */
export function foldsInPlace(text: string): boolean {
	inPlace ??= new RegExp(`^[\\0-\\x7f${unchangedLetters()}${pictures}]*$`, "u");
	return inPlace.test(text);
}
/** Made when it is first asked for, since it takes 5 ms. */
let inPlace: RegExp | undefined;
/** Latin, Greek and Cyrillic letters and what stands with them, of which each folds into one, whatever is beside it. */
const unchangedLetters = () =>
	Array.from({ length: 0x52f - 0x7f }, (_, i) => String.fromCharCode(0x80 + i))
		.filter((letter) => {
			const forms = [letter.toLowerCase(), letter.normalize("NFKC"), folded(letter)];
			return !/\p{M}/u.test(letter) && forms.every(({ length }) => length === 1);
		})
		.join("");
/** Punctuation, the euro and emoji. */
const pictures = "\\u2010-\\u2023\\u20ac\\u2600-\\u27bf\\u{1f1e6}-\\u{1f1ff}\\u{1f300}-\\u{1faff}";

/** How many code units of a text are folded at once. What is looked for is mostly near the beginning. */
const chunk = 1_000;

/** A text that is folded as far as it is read. It is cut only before a base: see `Position`. */
export class FoldedText {
	/** What is folded so far. */
	folded = "";
	/** True when there is a symbol edge in what is folded so far. */
	hasSymbolEdge = false;
	readonly text: string;
	readonly #isInPlace: boolean;
	/** How much of the text that is. */
	#read = 0;

	constructor(text: string) {
		this.text = text;
		this.#isInPlace = foldsInPlace(text);
	}

	/** Whether the folded text has a place. Folds on as far as that takes. */
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

	/** Finds where a place of the folded text comes from, which is not before that of another position. */
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

	/** Where the character at a place of the text ends, with all that attaches to it. */
	endOf(place: number): number {
		return nextBase(this.text, place + 1);
	}
}

/**
 * A place of a folded text and where it comes from. A base is a character that does not attach to the one before. Folding
 * neither merges nor reorders bases, and makes a fixed number of them of each, mostly one: so both are found by counting.
 */
export type Position = {
	/** The place after it, and how many bases there are before that. */
	at: number;
	bases: number;
	/** Where its character begins in the text, and how many bases those before it fold into. */
	from: number;
	before: number;
};
const start: Position = { at: 0, bases: 0, from: 0, before: 0 };

/** The first place from one on where a base stands; the end of the text where there is none. */
function nextBase(text: string, from: number): number {
	let place = from;
	while (place < text.length && basesAt(text, place) === 0) place++;
	return Math.min(place, text.length);
}

/** How many bases the character at a place folds into; none where it attaches to another. */
const basesAt = characterProperty((character) => folded(character).match(base)?.length ?? 0);
/** Anything but marks, the Hangul vowels and final consonants that join a syllable, and the tatweel. */
const base = /[^\p{M}\u1161-\u1175\u11a8-\u11c2\u0640]/gu;

/**
 * Makes a function that tells a small number of the character that begins at a place, 0 where none does. It finds each out
 * once. Of the megabyte that remembers them, only the pages that are used take memory.
 */
export function characterProperty(of: (character: string) => number): (text: string, place: number) => number {
	const known = new Uint8Array(0x110000); // plus one; 0 is not known
	known.fill(1, 0xdc00, 0xe000); // the second half of a surrogate pair
	const look = (code: number | undefined) => {
		if (code === undefined || code >> 11 === 0x1b) return 0;
		known[code] ||= of(String.fromCodePoint(code)) + 1;
		return (known[code] as number) - 1;
	};
	return (text, place) => (known[text.charCodeAt(place)] || look(text.codePointAt(place)) + 1) - 1;
}
