import { compatible } from "./fold";

/** Hashtags and mentions, as they stand in a text. */

/** Of one post, more are not looked at. */
const mostTags = 30;
const mostMentions = 30;
/** Characters. A longer one is none. */
const longestTag = 100;

/** In an address, # leads to a part of a page and @ to somebody else's server. */
const addresses = /(?:https?:\/\/|www\.)\S+/giu;
const tags = /(?<![\p{L}\p{M}\p{N}_/&#@])#([\p{L}\p{M}\p{N}_]+)/gu;
const mentions = /(?<![\p{L}\p{M}\p{N}_./@])@([a-z0-9_]{3,30})(?![\p{L}\p{M}\p{N}_@])/giu;

/**
 * The hashtags of a text, each once and by its name: letters, marks, digits and underscores after a # that begins a word,
 * at least one of them a letter, 100 at most. The name has no case and no width (NFKC); accents stay.
 */
export const tagsIn = (text: string): string[] =>
	distinct(namesIn(text, "#", tags).map(tagNamed), mostTags).filter((name) => name !== null);

/** The usernames that a text mentions, in lower case, each once, whether or not somebody has them. `@ada@elsewhere.example` is none. */
export const mentionsIn = (text: string): string[] =>
	distinct(
		namesIn(text, "@", mentions).map((name) => name.toLowerCase()),
		mostMentions,
	);

/** The name of a hashtag that somebody wrote without its #; null for what is none. */
export function tagNamed(written: string): string | null {
	const name = foldTag(written);
	return isTag.test(name) && Array.from(name).length <= longestTag ? name : null;
}

/** The form in which hashtags are compared. */
export const foldTag = (written: string): string => compatible(compatible(written).toLowerCase());
const isTag = /^[\p{M}\p{N}_]*\p{L}[\p{L}\p{M}\p{N}_]*$/u;

function namesIn(text: string, sign: string, pattern: RegExp): string[] {
	const normal = compatible(text);
	if (!normal.includes(sign)) return []; // most texts
	return Array.from(normal.replace(addresses, " ").matchAll(pattern), ([, name = ""]) => name);
}

const distinct = <T>(names: T[], most: number): T[] => [...new Set(names)].slice(0, most);
