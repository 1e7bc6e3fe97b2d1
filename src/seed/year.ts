import type { Visibility } from "../social/posts/store";
import { type Audience, audience, awake, type Draft, type Reader } from "./audience";
import type { Follow } from "./circles";
import { type Comment, conversation } from "./comments";
import type { Person } from "./people";
import { type Chance, weighted } from "./random";
import type { Writer } from "./writing";

const hour = 3_600_000;
const day = 24 * hour;

/** Of a post, on average, where there are enough people. */
const likesPerPost = 3.6;

export type Post = {
	author: Person;
	at: number;
	title: string | null;
	content: string;
	visibility: Visibility;
	edited: { content: string; at: number } | null;
	comments: Comment[];
	likes: Reader[];
};

/** Posts by the hour of the day: few at night, most after work. */
const byHour = [2, 1, 1, 1, 1, 3, 8, 14, 16, 14, 13, 13, 17, 16, 13, 12, 13, 16, 20, 24, 26, 22, 13, 6];

type Span = { people: Person[]; count: number; start: number; end: number };

/** The posts of a year in their order, with their comments and likes. */
export function* year(
	{ follows, ...span }: Span & { follows: Follow[] },
	{ chance, write }: { chance: Chance; write: Writer },
): Generator<Post> {
	const { people, end } = span;
	const readers = audience(people, follows, chance);
	const drafts = draftsOf(span, readers, chance);
	const average = drafts.reduce((sum, draft) => sum + draft.attraction, 0) / drafts.length;

	for (const draft of drafts) {
		const { visibility } = draft;
		const author = readers.person(draft.author);
		const at = new Date(draft.at);
		const writing = write.post(author, at, visibility === "private");
		const { title, content } = writing;
		const editedAt = draft.at + 60_000 + chance.exponential(3 * hour);
		const isEdited = chance.maybe(0.01) && editedAt < end;
		const comments =
			visibility === "private"
				? []
				: conversation({ audience: readers, chance, write, end }, draft, writing, draft.attraction / average);
		yield {
			author,
			at: draft.at,
			title,
			content,
			visibility,
			edited: isEdited ? { content: write.edited(writing, author, at), at: Math.floor(editedAt) } : null,
			comments,
			likes: visibility === "private" ? [] : likesOf(draft, comments, { readers, chance, end, average }),
		};
	}
}

function draftsOf(span: Span, readers: Audience, chance: Chance): Draft[] {
	const byDiligence = weighted(span.people.map(({ diligence }) => diligence));
	return timesOf(span, chance).map((at) => {
		const author = byDiligence(chance, readers.membersAt(at));
		const kind = chance.next();
		const visibility = kind < 0.02 ? "private" : kind < 0.1 ? "followers" : "public";
		const crowd = readers.followersAt(author, at);
		return { author, at, visibility, crowd, attraction: (crowd + 1) ** 0.75 * chance.skewed(0.9) };
	});
}

/** Sorted times of posts: more on days when there are more people. */
function timesOf({ people, count, start, end }: Span, chance: Chance): number[] {
	const days = Math.round((end - start) / day);
	const diligence = people.reduce((sum, person) => sum + person.diligence, 0);
	const present = (at: number) => people.reduce((sum, p) => sum + (p.joined <= at ? p.diligence : 0), 0);
	const dayOf = weighted(
		Array.from({ length: days }, (_, i) => {
			const weekend = [0, 6].includes(new Date(start + i * day).getUTCDay());
			return (0.3 + present(start + i * day) / diligence) * (weekend ? 1.2 : 1) * chance.skewed(0.25);
		}),
	);
	const hourOf = weighted(byHour);
	const times = Array.from({ length: count }, () =>
		Math.floor(start + dayOf(chance) * day + (hourOf(chance) + chance.next()) * hour),
	);
	return times.sort((a, b) => a - b);
}

type Liking = { readers: Audience; chance: Chance; end: number; average: number };

function likesOf(draft: Draft, comments: Comment[], { readers, chance, end, average }: Liking): Reader[] {
	const wanted = Math.floor((likesPerPost * draft.attraction) / average + chance.next());
	const found = new Map<Person, number>();
	const add = (by: Person, after: number) => {
		const at = awake(Math.floor(after + chance.exponential(9 * hour)), chance);
		if (at < end && !found.has(by)) found.set(by, at);
	};
	for (const { by, at } of comments) if (by !== readers.person(draft.author) && chance.maybe(0.4)) add(by, at);
	for (let tries = 0; found.size < wanted && tries < 12 * wanted; tries++) {
		const like = readers.reader(draft);
		if (like) add(like.by, like.at);
	}
	return [...found].map(([by, at]) => ({ by, at })).sort((a, b) => a.at - b.at);
}
