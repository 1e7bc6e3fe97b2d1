import { compatible } from "./fold";

/** Finds hashtags and mentions in texts, by the conventions of other networks. */

/** The server ignores more tags and mentions of one post. */
const maxTags = 30;
const maxMentions = 30;
/** Characters. A longer text is not a hashtag. */
const maxTagLength = 100;

/** Invisible characters that do not separate words, such as the soft hyphen and variation selectors. */
const unseen = /[\u034f\u17b4\u17b5\u00ad\u2060\ufeff\p{Variation_Selector}]/gu;
/** Invisible letters, which separate words. */
const fillers = /[\u115f\u1160\u3164\uffa0]/g;
/** Direction marks, which Hebrew and Arabic keyboards add at the ends of words. */
const directions = String.raw`\u061c\u200e\u200f`;
const signs = /[#\uff03\ufe5f@\uff20\ufe6b]/;

/** Includes the full-width underscore. */
const letter = String.raw`\p{L}\p{N}_\uff3f`;
/** Includes skin tones, flags and flag tags. Excludes ©, ™ and other characters that are mostly text. */
const emoji = String.raw`\p{Emoji_Presentation}\u2600-\u2767\u2794-\u27bf\u{1f1e6}-\u{1f1ff}\u{1f300}-\u{1faff}\u{e0020}-\u{e007f}`;
/**
 * Characters that belong to a word only between its letters: joiners (Persian, Sinhala, Mongolian), Hebrew punctuation,
 * and the dots of Catalan, Japanese and Tibetan. Also the Japanese ditto mark, wave dash and double hyphen.
 */
const inside = String.raw`\u200c\u200d\u180e\u00b7\u0387\u30fb\uff65\u0f0b\u0f0c\u05be\u05f3\u05f4\u3003\u301c\u30a0`;

/**
 * A tag may follow a keycap (U+20E3), which is not a letter. A ZWJ after a mark belongs to the last letter (Malayalam).
 * Emoji at the ends of a word are not part of the tag. A tag may consist of emoji alone.
 */
const tags = new RegExp(
	String.raw`(?<![\p{L}\p{Nd}_\uff3f/&=#\uff03@\uff20]|(?!\u20e3)\p{M})[#\uff03\ufe5f][${directions}]*(?:[${emoji}\u200d]*(?<name>[${letter}][${letter}\p{M}]*(?:[${inside}${emoji}]+[${letter}\p{M}]+)*(?:(?<=\p{M})\u200d)?)|(?<name>[${emoji}]+(?:\u200d[${emoji}]+)*))`,
	"gu",
);
/** Characters that may follow the name of a tag, in a text or in a request. */
const decoration = new RegExp(`^[${inside}${emoji}${directions}]*$`, "u");
const hasMeaning = new RegExp(String.raw`[\p{L}${emoji}]`, "u");

/** Characters of usernames and addresses. Letters without case (Han, Hebrew, Thai) do not continue a username. */
const cased = String.raw`\p{Cased}\p{Nd}_\uff3f`;
/**
 * Text after a username that makes it another kind of address: a server (`@server`, `.example.org`, `:matrix.org`) or a
 * path.
 */
const elsewhere = String.raw`(?:[.-]+[${cased}]+)*[@\uff20]|(?:-+[${cased}]+)*\.[\p{Cased}\p{Nd}]|:(?:[a-zA-Z0-9-]+\.)+[a-zA-Z]|\/[a-zA-Z0-9_]`;
const mentions = new RegExp(
	String.raw`(?<![${cased}/=@\uff20]|\p{Cased}\p{M}{1,8})[@\uff20\ufe6b](?<name>[a-zA-Z0-9_\uff41-\uff5a\uff21-\uff3a\uff10-\uff19\uff3f]{3,30})(?![${cased}\p{M}])(?!${elsewhere})`,
	"gu",
);

const inHost = String.raw`\p{L}\p{M}\p{N}._~%:@-`;
const inPath = String.raw`\p{L}\p{M}\p{N}\u200c\u200d._~:/?#@!$&'*+,;=%-`;
/**
 * In a URL, # is a fragment and @ an account elsewhere. The URL ends where linkifiers end it: before white space, quotes,
 * unmatched closing brackets, emoji, and punctuation outside of ASCII.
 */
const addresses = new RegExp(
	String.raw`(?:(?<=[a-zA-Z0-9+.-]):\/\/|(?<![\p{Cased}\p{M}\p{N}_])[wW]{3}\.(?=[\p{L}\p{N}]))[${inHost}]*(?:[/?#][${inPath}]*(?:(?:\([${inPath}]*\)|\[[${inPath}]*\])[${inPath}]*)*)?`,
	"gu",
);

/**
 * The hashtags of a text in order, without duplicates. A tag has letters, marks, digits and underscores after a # at the
 * start of a word. It has at most 100 characters, with a letter or an emoji among them. Names are lower case NFKC and
 * keep their accents.
 */
export const tagsIn = (text: string): string[] =>
	distinct(
		matches(text, tags)
			.map(nameOf)
			.filter((name) => name !== null),
		maxTags,
	);

/**
 * The mentioned usernames in lower case, without duplicates, whether or not they exist. `@ada@elsewhere.example` is not a
 * mention.
 */
export const mentionsIn = (text: string): string[] =>
	distinct(
		matches(text, mentions).map((name) => compatible(name).toLowerCase()),
		maxMentions,
	);

/** Normalizes a hashtag from a request, with or without #. Null when it is not a hashtag. */
export function tagNamed(written: string): string | null {
	const text = `#${shownOf(written).replace(firstSign, "")}`;
	const [found] = text.matchAll(tags);
	if (found?.index !== 0 || !decoration.test(text.slice(found[0].length))) return null;
	return nameOf(nameIn(found));
}

/** Normalizes the prefix of a hashtag, with or without #. */
export const tagStart = (typed: string): string => spellingOf(shownOf(typed).trim().replace(firstSign, ""));
const firstSign = /^[#\uff03\ufe5f]/;

/** Normalizes a hashtag: lower case, with accents. Stores compare tags by `foldName` of the result. */
const spellingOf = (written: string): string =>
	compatible(compatible(written).toLowerCase().replaceAll("i\u0307", "i")); // from İ, which lower case turns into i and a dot

/** Null for a name that is too long, or that is not a tag after normalization. */
function nameOf(written: string): string | null {
	const name = spellingOf(written);
	if (!hasMeaning.test(name) || Array.from(name).length > maxTagLength) return null;
	const [again] = `#${name}`.matchAll(tags);
	return again && nameIn(again) === name ? name : null;
}

function* matches(written: string, pattern: RegExp) {
	if (!signs.test(written)) return; // most texts have neither # nor @
	yield* shownOf(written).replace(addresses, " ").matchAll(pattern).map(nameIn);
}

const nameIn = ({ groups }: RegExpExecArray): string => groups?.name ?? "";

/**
 * Removes invisible characters. Also unifies the two wave dashes of Japanese keyboards, of which NFKC would change one to
 * a tilde.
 */
const shownOf = (written: string): string =>
	written.replace(unseen, "").replace(fillers, " ").replaceAll("\uff5e", "\u301c");

function distinct(names: Iterable<string>, max: number): string[] {
	const found = new Set<string>();
	for (const name of names) if (found.add(name).size === max) break;
	return [...found];
}
