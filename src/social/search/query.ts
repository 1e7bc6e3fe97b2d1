import { withoutEnd } from "../../core/trim";
import { fold } from "./fold";
import { mentionsIn, tagNamed, tagsIn } from "./hashtags";
import { type Word, wordsOf } from "./words";

/** What somebody asked for, with nothing of how they wrote it: what every engine has to find. */
export type Query = {
	/** A post must have each of these. */
	all: Condition[];
	/** And none of these. */
	none: Condition[];
	/** Usernames in lower case: it must be by one of them. Where there are none, by anybody. */
	by: string[];
	notBy: string[];
	/** It must be from this moment or later. */
	from: Date | null;
	/** And from before this one. */
	until: Date | null;
};

/**
 * Words stand together, in the title or in the text. The last one may be only the beginning of one where somebody asked for
 * that, or is still typing: then a store may take a word as it is that very many posts have.
 */
export type Words = { kind: "words"; text: string; prefix: false | "asked" | "typing" };
export type Condition = Words | { kind: "tag" | "mention"; name: string };

/** What comes after so many is not looked at: each condition is a walk of the index, and so is each word of a phrase. */
const maxConditions = 16;
const maxWords = 32;
/** In UTF-16 code units. A shorter one would be the beginning of half of all words. */
const minPrefixLength = 3;

/**
 * Reads what somebody typed. Whatever it is, it is a query, if only one that finds nothing (`isEmpty`):
 *
 *     garden gard*        words, in any order, whatever their case, width and accents; the beginning of a word
 *     "in the garden"     words that stand together
 *     #garden @ada        a hashtag; a mention of who has that name
 *     from:ada            by that author; where there are several, by any of them
 *     after:2026-05-01    from that day on (UTC)
 *     before:2026-06-01   until the day before
 *     -garden -from:ada   not so: before anything but dates
 *
 * The last word is the beginning of one while nothing follows it, so that a search finds as one types; fewer than three
 * letters are not. An operator that makes no sense is words like any other. A quote that nobody closed ends where the text does. What
 * has neither letters nor digits in it is left out.
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

/** Asks for a hashtag, given without its #. */
export function tagQuery(written: string): Query {
	const name = tagNamed(written);
	return { ...nothing(), all: name === null ? [] : [{ kind: "tag", name }] };
}

const nothing = (): Query => ({ all: [], none: [], by: [], notBy: [], from: null, until: null });

/** Whether nothing is asked, and so nothing found. */
export const isEmpty = ({ all, none, by, notBy, from, until }: Query): boolean =>
	all.length + none.length + by.length + notBy.length === 0 && !from && !until;

/** The words that a post was found by. */
export const wordsIn = ({ all }: Query): Words[] => all.filter((condition) => condition.kind === "words");

/** Not NFKC, which makes #tea™ the tag teatm, and joins a symbol with the word beside it. */
const fullWidth = /[\uff01-\uff5d]/g;
const toAscii = (character: string) => String.fromCharCode(character.charCodeAt(0) - 0xfee0);
/** Those that phones write. */
const otherQuotes = /[“”„‟]/g;
const parts = /(?<not>-)?(?:"(?<phrase>[^"]*)(?:"|$)(?<star>\*)?|(?<word>[^\s"]+))/gu;
const operator = /^(?<name>from|after|before):(?<value>.+)$/i;
const username = /^@?([a-z0-9_]{3,30})$/i;

/** True when the last word of a text may be the beginning of another one. */
const canBegin = (searched: string, last: Word): boolean =>
	last.end === fold(searched).length && last.folded.length >= minPrefixLength;

/** False when it is none, or makes no sense. */
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

/** A star asks for the beginning of a word, and no tag is found by its beginning. */
function readSign(into: Condition[], word: string): boolean {
	if (!/^[#@﹟﹫]/.test(word) || word.endsWith("*")) return false;
	const [tag] = tagsIn(word);
	const [person] = mentionsIn(word);
	if (tag) into.push({ kind: "tag", name: tag });
	else if (person) into.push({ kind: "mention", name: person });
	return tag !== undefined || person !== undefined;
}

/** When a day begins, in milliseconds since 1970, UTC. Null for what is no day. */
function dayOf(written: string): number | null {
	const day = /^\d{4}-\d\d-\d\d$/.test(written) ? new Date(`${written}T00:00:00Z`) : new Date(Number.NaN);
	return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(written) ? day.getTime() : null;
}
