import { lazily } from "../../core/lazily";
import { type Matches, matcher, type Range } from "./match";
import type { Words } from "./query";

/** A part of a post that shows why it was found. */
export type Snippet = {
	field: "title" | "content";
	text: string;
	/** In `text`, in order, none touching another. */
	highlights: Range[];
};

/** How long a snippet may be, in UTF-16 code units, and how much of that may stand before what was found. */
const maxLength = 200;
const maxLead = 60;
const ellipsis = "…";

/** Makes snippets of posts that were found by these words. Null for a post that has none of them as it is now. */
export function snippets(conditions: Words[]): (post: { title: string | null; content: string }) => Snippet | null {
	const find = matcher(conditions);
	return ({ title, content }) => {
		const inContent = find(content);
		const inTitle = title ? find(title) : null;
		// A title is seen anyway: it is shown where it has more of the words than the text.
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
 * Where to cut a text: after white space between two places, or else at the end of a whole character before the second. A
 * character that is longer than what is between them, with very many marks, is cut.
 */
function boundary(text: string, from: number, to: number): number {
	const space = text.slice(from, to).search(/\s\S/);
	if (space >= 0) return from + space + 1;
	const whole = segmenter().segment(text).containing(to)?.index ?? to;
	if (whole >= from) return whole;
	return text.charCodeAt(to) >> 10 === 0x37 ? to - 1 : to; // not in the middle of a surrogate pair
}
const segmenter = lazily(() => new Intl.Segmenter());

/** Places in order; those that touch are one. */
function merged(places: Range[][]): Range[] {
	const ranges: Range[] = [];
	for (const [start, end] of places.flat().sort(([a], [b]) => a - b)) {
		const last = ranges.at(-1);
		if (last && start <= last[1]) last[1] = Math.max(last[1], end);
		else ranges.push([start, end]);
	}
	return ranges;
}
