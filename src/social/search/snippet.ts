import { lazily } from "../../core/lazily";
import { type Matches, matcher, type Range } from "./match";
import type { Words } from "./query";

/** The part of a post that matches a search. */
export type Snippet = {
	field: "title" | "content";
	text: string;
	/** Offsets in `text`, in order, without overlaps or contact. */
	highlights: Range[];
};

/** The maximum length of a snippet and of its text before the first match, in UTF-16 code units. */
const maxLength = 200;
const maxLead = 60;
const ellipsis = "…";

/** Makes snippets of posts that these conditions found. Null when the post has changed and no longer matches. */
export function snippets(conditions: Words[]): (post: { title: string | null; content: string }) => Snippet | null {
	const find = matcher(conditions);
	return ({ title, content }) => {
		const inContent = find(content);
		const inTitle = title ? find(title) : null;
		// Clients show the title anyway. So it is the snippet only if it matches more conditions than the text.
		if (title && inTitle && inTitle.found > inContent.found) return snippet("title", title, inTitle);
		return inContent.found > 0 ? snippet("content", content, inContent) : null;
	};
}

function snippet(field: Snippet["field"], text: string, { first, places }: Matches): Snippet {
	const start =
		text.length <= maxLength || first <= maxLead ? 0 : boundary(text, first - maxLead, first - maxLead + 20);
	const end =
		start + maxLength >= text.length ? text.length : boundary(text, start + maxLength - 20, start + maxLength);
	const part = end < text.length ? text.slice(start, end).trimEnd() + ellipsis : text.slice(start);
	const lead = start > 0 ? ellipsis : "";
	const shift = lead.length - start;
	return {
		field,
		text: lead + part,
		highlights: merged(places(end)).map(([from, to]): Range => [from + shift, Math.min(to, end) + shift]),
	};
}

/**
 * The offset at which to cut: after white space between `from` and `to`, or else at the last character boundary before
 * `to`. A longer grapheme, with very many marks, is cut inside.
 */
function boundary(text: string, from: number, to: number): number {
	const space = text.slice(from, to).search(/\s\S/);
	if (space >= 0) return from + space + 1;
	const whole = segmenter().segment(text).containing(to)?.index ?? to;
	if (whole >= from) return whole;
	return text.charCodeAt(to) >> 10 === 0x37 ? to - 1 : to; // keeps surrogate pairs whole
}
const segmenter = lazily(() => new Intl.Segmenter());

/** Sorts ranges and merges those that overlap or touch. */
function merged(places: Range[][]): Range[] {
	const ranges: Range[] = [];
	for (const [start, end] of places.flat().sort(([a], [b]) => a - b)) {
		const last = ranges.at(-1);
		if (last && start <= last[1]) last[1] = Math.max(last[1], end);
		else ranges.push([start, end]);
	}
	return ranges;
}
