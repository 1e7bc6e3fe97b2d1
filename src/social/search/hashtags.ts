import { compatible } from "./fold";

/** Finds hashtags and mentions in a text, by the customs of other networks. */

/** More of one post are not read. */
const maxTags = 30;
const maxMentions = 30;
/** Characters. A longer one is no hashtag. */
const maxTagLength = 100;

/** Characters that neither show nor separate, such as the soft hyphen and the selectors that an emoji often ends in. */
const unseen = /[\u034f\u17b4\u17b5\u00ad\u2060\ufeff\p{Variation_Selector}]/gu;
/** Letters that show nothing, and so separate. */
const fillers = /[\u115f\u1160\u3164\uffa0]/g;
/** Writers of Hebrew and Arabic get them at the ends of a word. */
const directions = String.raw`\u061c\u200e\u200f`;
const signs = /[#\uff03\ufe5f@\uff20\ufe6b]/;

/** With the full-width underscore. */
const letter = String.raw`\p{L}\p{N}_\uff3f`;
/** With skin tones, flags and the tags of flags, and without ©, ™ and others that are mostly text. */
const emoji = String.raw`\p{Emoji_Presentation}\u2600-\u2767\u2794-\u27bf\u{1f1e6}-\u{1f1ff}\u{1f300}-\u{1faff}\u{e0020}-\u{e007f}`;
/**
 * Characters that belong to a word only inside of it: joiners (Persian, Sinhala, Mongolian), the dots of Catalan, Japanese
 * and Tibetan, Hebrew punctuation, and the Japanese ditto mark, wave dash and double hyphen.
 */
const inside = String.raw`\u200c\u200d\u180e\u00b7\u0387\u30fb\uff65\u0f0b\u0f0c\u05be\u05f3\u05f4\u3003\u301c\u30a0`;

/**
 * A keycap (U+20E3) is no letter before a tag. A ZWJ after a mark is part of the last letter (Malayalam). Emoji at the ends
 * of a word are decoration; alone they are the name.
 */
const tags = new RegExp(
	String.raw`(?<![\p{L}\p{Nd}_\uff3f/&=#\uff03@\uff20]|(?!\u20e3)\p{M})[#\uff03\ufe5f][${directions}]*(?:[${emoji}\u200d]*(?<name>[${letter}][${letter}\p{M}]*(?:[${inside}${emoji}]+[${letter}\p{M}]+)*(?:(?<=\p{M})\u200d)?)|(?<name>[${emoji}]+(?:\u200d[${emoji}]+)*))`,
	"gu",
);
/** May stand behind a name that a caller asks for, as behind one in a text. */
const decoration = new RegExp(`^[${inside}${emoji}${directions}]*$`, "u");
const hasMeaning = new RegExp(String.raw`[\p{L}${emoji}]`, "u");

/** Usernames and addresses consist of such characters. Letters without case (Han, Hebrew, Thai) do not continue one. */
const cased = String.raw`\p{Cased}\p{Nd}_\uff3f`;
/** Behind a username: a server (`@server`, `.example.org`, `:matrix.org`), or the rest of a path. */
const elsewhere = String.raw`(?:[.-]+[${cased}]+)*[@\uff20]|(?:-+[${cased}]+)*\.[\p{Cased}\p{Nd}]|:(?:[a-zA-Z0-9-]+\.)+[a-zA-Z]|\/[a-zA-Z0-9_]`;
const mentions = new RegExp(
	String.raw`(?<![${cased}/=@\uff20]|\p{Cased}\p{M}{1,8})[@\uff20\ufe6b](?<name>[a-zA-Z0-9_\uff41-\uff5a\uff21-\uff3a\uff10-\uff19\uff3f]{3,30})(?![${cased}\p{M}])(?!${elsewhere})`,
	"gu",
);

const inHost = String.raw`\p{L}\p{M}\p{N}._~%:@-`;
const inPath = String.raw`\p{L}\p{M}\p{N}\u200c\u200d._~:/?#@!$&'*+,;=%-`;
/**
 * In an address, # leads to a part of a page and @ to an account elsewhere. It ends where linkifiers end it: before white
 * space, quotes, brackets that it did not open, emoji, and any punctuation that is not ASCII.
 */
const addresses = new RegExp(
	String.raw`(?:(?<=[a-zA-Z0-9+.-]):\/\/|(?<![\p{Cased}\p{M}\p{N}_])[wW]{3}\.(?=[\p{L}\p{N}]))[${inHost}]*(?:[/?#][${inPath}]*(?:(?:\([${inPath}]*\)|\[[${inPath}]*\])[${inPath}]*)*)?`,
	"gu",
);

/**
 * The hashtags of a text, each once and as it is spelled: letters, marks, digits and underscores after a # that begins a word,
 * 100 at most, with a letter or an emoji among them. The name has no case and no width (NFKC); accents stay.
 */
export const tagsIn = (text: string): string[] =>
	distinct(
		matches(text, tags)
			.map(nameOf)
			.filter((name) => name !== null),
		maxTags,
	);

/** The usernames that a text mentions, in lower case, each once, taken or not. `@ada@elsewhere.example` is none. */
export const mentionsIn = (text: string): string[] =>
	distinct(
		matches(text, mentions).map((name) => compatible(name).toLowerCase()),
		maxMentions,
	);

/** The spelling of the hashtag that a caller asks for, with or without its #; null for a text that is none. */
export function tagNamed(written: string): string | null {
	const text = `#${shownOf(written).replace(firstSign, "")}`;
	const [found] = text.matchAll(tags);
	if (found?.index !== 0 || !decoration.test(text.slice(found[0].length))) return null;
	return nameOf(nameIn(found));
}

/** How the beginning of a hashtag is spelled, with or without its #. */
export const tagStart = (typed: string): string => spellingOf(shownOf(typed).trim().replace(firstSign, ""));
const firstSign = /^[#\uff03\ufe5f]/;

/** How a hashtag is spelled: in lower case, with its accents. Stores compare tags by `foldName` of this. */
const spellingOf = (written: string): string =>
	compatible(compatible(written).toLowerCase().replaceAll("i\u0307", "i")); // of İ, for which Unicode has two letters

/** Null for a name that is too long, and for one that is none once it is folded. */
function nameOf(written: string): string | null {
	const name = spellingOf(written);
	if (!hasMeaning.test(name) || Array.from(name).length > maxTagLength) return null;
	const [again] = `#${name}`.matchAll(tags);
	return again && nameIn(again) === name ? name : null;
}

function* matches(written: string, pattern: RegExp) {
	if (!signs.test(written)) return; // as in most texts
	yield* shownOf(written).replace(addresses, " ").matchAll(pattern).map(nameIn);
}

const nameIn = ({ groups }: RegExpExecArray): string => groups?.name ?? "";

/** Japanese keyboards write one dash as two characters, of which NFKC makes another of one. */
const shownOf = (written: string): string =>
	written.replace(unseen, "").replace(fillers, " ").replaceAll("\uff5e", "\u301c");

function distinct(names: Iterable<string>, max: number): string[] {
	const found = new Set<string>();
	for (const name of names) if (found.add(name).size === max) break;
	return [...found];
}
