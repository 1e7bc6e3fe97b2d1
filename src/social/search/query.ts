import { withoutEnd } from "../../core/trim";
import { fold } from "./fold";
import { mentionsIn, tagNamed, tagsIn } from "./hashtags";
import { type Word, wordsOf } from "./words";

/** The meaning of a search, independent of its notation. Every engine must find the same posts for it. */
export type Query = {
	/** A post must match all of these. */
	all: Condition[];
	/** A post must match none of these. */
	none: Condition[];
	/** Lower case usernames, one of which must be the author. Empty for any author. */
	by: string[];
	notBy: string[];
	/** The earliest time of a post. */
	from: Date | null;
	/** The post must be older than this time. */
	until: Date | null;
};

/**
 * Adjacent words in the title or in the text. With `prefix`, the last one may be the start of a longer word: because the
 * query has a `*` or the user is still typing. When typing, a store may treat a very frequent word as complete.
 */
export type Words = { kind: "words"; text: string; prefix: false | "asked" | "typing" };
export type Condition = Words | { kind: "tag" | "mention"; name: string };

/** The server ignores further conditions and words, since each costs a walk of the index. */
const maxConditions = 16;
const maxWords = 32;
/** UTF-16 code units. Shorter prefixes would match half of all words. */
const minPrefixLength = 3;

/**
 * Parses a search text. Every text is a valid query; some find nothing (`isEmpty`):
 *
 * - `garden gard*`: words in any order; case, width and accents do not matter; a prefix
 * - `"in the garden"`: adjacent words
 * - `#garden @ada`: a hashtag; a mention of a username
 * - `from:ada`: an author; several authors are alternatives
 * - `after:2026-05-01`: posts from that day on (UTC)
 * - `before:2026-06-01`: posts until the day before
 * - `-garden -from:ada`: exclusion of anything but dates
 *
 * The last word is a prefix if the text ends with it and it has at least three letters. So a search finds posts while the
 * user types. An invalid operator counts as words. An open quote ends with the text. Parts without letters and digits are
 * ignored.
 */
export function parseQuery(typed: string): Query {
	const query = nothing();
	const text = typed.replace(fullWidth, toAscii).replace(otherQuotes, '"').trimStart();
	let words = 0;
	let conditions = 0;
	for (const { index, 0: part, groups = {} } of text.matchAll(parts)) {
		const { not, phrase, star, word = "" } = groups;
		const isNot = not !== undefined;
		if (++conditions > maxConditions) break;
		if (phrase === undefined && readOperator(query, word, isNot)) continue;

		const searched = phrase ?? withoutEnd(word, "*");
		const found = wordsOf(searched);
		words += found.length;
		if (words > maxWords) break;
		const last = found.at(-1);
		if (!last) continue;
		const isTyping = phrase === undefined && !isNot && index + part.length === text.length;
		const isAsked = Boolean(star) || (phrase === undefined && searched !== word);
		const prefix = canBegin(searched, last) && (isAsked ? "asked" : isTyping && "typing");
		query[isNot ? "none" : "all"].push({ kind: "words", text: searched, prefix });
	}
	return query;
}

/** A query for one hashtag, given without #. */
export function tagQuery(written: string): Query {
	const name = tagNamed(written);
	return { ...nothing(), all: name === null ? [] : [{ kind: "tag", name }] };
}

const nothing = (): Query => ({ all: [], none: [], by: [], notBy: [], from: null, until: null });

/** True for a query without conditions, which finds nothing. */
export const isEmpty = ({ all, none, by, notBy, from, until }: Query): boolean =>
	all.length + none.length + by.length + notBy.length === 0 && !from && !until;

/** The conditions of words. */
export const wordsIn = ({ all }: Query): Words[] => all.filter((condition) => condition.kind === "words");

/** Not NFKC: it would turn #tea™ into the tag teatm, and join symbols with adjacent words. */
const fullWidth = /[\uff01-\uff5d]/g;
const toAscii = (character: string) => String.fromCharCode(character.charCodeAt(0) - 0xfee0);
/** The quotes that phones write. */
const otherQuotes = /[“”„‟]/g;
const parts = /(?<not>-)?(?:"(?<phrase>[^"]*)(?:"|$)(?<star>\*)?|(?<word>[^\s"]+))/gu;
const operator = /^(?<name>from|after|before):(?<value>.+)$/i;
const username = /^@?([a-z0-9_]{3,30})$/i;

/** True when the last word may be a prefix. */
const canBegin = (searched: string, last: Word): boolean =>
	last.end === fold(searched).length && last.folded.length >= minPrefixLength;

/** Reads an operator, hashtag or mention into the query. False when `word` is none, or is invalid. */
function readOperator(query: Query, word: string, isNot: boolean): boolean {
	const { name = "", value = "" } = operator.exec(word)?.groups ?? {};
	if (name.toLowerCase() === "from") return readAuthor(isNot ? query.notBy : query.by, value);
	if (name) return !isNot && readDay(query, name, value);
	return readSign(isNot ? query.none : query.all, word);
}

function readAuthor(into: string[], value: string): boolean {
	const person = username.exec(value)?.[1]?.toLowerCase();
	if (person) into.push(person);
	return person !== undefined;
}

function readDay(query: Query, name: string, value: string): boolean {
	const day = dayOf(value);
	if (day && name.toLowerCase() === "after") query.from = new Date(Math.max(day, query.from?.getTime() ?? day));
	else if (day) query.until = new Date(Math.min(day, query.until?.getTime() ?? day));
	return day !== null;
}

/** False with a star: tags have no search by prefix. */
function readSign(into: Condition[], word: string): boolean {
	if (!/^[#@﹟﹫]/.test(word) || word.endsWith("*")) return false;
	const [tag] = tagsIn(word);
	const [person] = mentionsIn(word);
	if (tag) into.push({ kind: "tag", name: tag });
	else if (person) into.push({ kind: "mention", name: person });
	return tag !== undefined || person !== undefined;
}

/** The start of a day in milliseconds since 1970, UTC. Null for an invalid date. */
function dayOf(written: string): number | null {
	const day = /^\d{4}-\d\d-\d\d$/.test(written) ? new Date(`${written}T00:00:00Z`) : new Date(Number.NaN);
	return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(written) ? day.getTime() : null;
}
