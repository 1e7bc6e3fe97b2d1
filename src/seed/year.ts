import { type Comment, commentsOn } from "./comments";
import { linesOf } from "./corpus";
import type { Follow, Person } from "./people";
import { day, hour, type Random, weighted } from "./random";
import { awake, type Draft, type Readers, readersOf } from "./readers";
import type { Voice } from "./voice";
import { writePost } from "./writing";

/** Average in a community with enough people. */
const likesPerPost = 3.6;

/** Posts by the hour of the day: few at night, most after work. */
const byHour = [2, 1, 1, 1, 1, 3, 8, 14, 16, 14, 13, 13, 17, 16, 13, 12, 13, 16, 20, 24, 26, 22, 13, 6];

type Span = { people: Person[]; follows: Follow[]; count: number; start: number; end: number };

export type Year = { random: Random; voice: Voice; readers: Readers; end: number };
export type Post = ReturnType<typeof postOf>;

/** The posts of a year in their order, with their comments and likes. */
export function* postsOf(span: Span, random: Random, voice: Voice): Generator<Post> {
	const readers = readersOf(span.people, span.follows, random);
	const drafts = draftsOf(span, readers, random);
	const average = drafts.reduce((sum, draft) => sum + draft.attraction, 0) / drafts.length;
	for (const draft of drafts) yield postOf({ random, voice, readers, end: span.end }, draft, average);
}

function draftsOf(span: Span, readers: Readers, random: Random): Draft[] {
	const byDiligence = weighted(span.people, ({ diligence }) => diligence);
	return timesOf(span, random).map((at) => {
		const author = byDiligence(random, readers.membersAt(at));
		const kind = random.next();
		const visibility = kind < 0.02 ? "private" : kind < 0.1 ? "followers" : "public";
		const crowd = readers.followersAt(author, at);
		return { author, at, visibility, crowd, attraction: (crowd + 1) ** 0.75 * random.skewed(0.9) };
	});
}

/** Sorted times of posts: more on days when there are more people. */
function timesOf({ people, count, start, end }: Span, random: Random): number[] {
	const diligence = people.reduce((sum, person) => sum + person.diligence, 0);
	const present = (at: number) => people.reduce((sum, p) => sum + (p.joined <= at ? p.diligence : 0), 0);
	const days = Array.from({ length: Math.round((end - start) / day) }, (_, i) => start + i * day);
	const dayOf = weighted(days, (at) => {
		const isWeekend = [0, 6].includes(new Date(at).getUTCDay());
		return (0.3 + present(at) / diligence) * (isWeekend ? 1.2 : 1) * random.skewed(0.25);
	});
	const hourOf = weighted([...byHour.keys()], (hour) => byHour[hour] ?? 0);
	const time = () => Math.floor(dayOf(random) + (hourOf(random) + random.next()) * hour);
	return Array.from({ length: count }, time).sort((a, b) => a - b);
}

function postOf(year: Year, draft: Draft, average: number) {
	const { random, voice, end } = year;
	const { author, at, visibility, attraction } = draft;
	const isPrivate = visibility === "private";
	const writing = writePost(voice, author, new Date(at), isPrivate);
	const editedAt = at + 60_000 + random.exponential(3 * hour);
	const isEdited = random.maybe(0.01) && editedAt < end;
	const edit = () => voice.tell(voice.random.pick(linesOf("edits")), writing.speech);
	const interest = attraction / average;
	const comments = isPrivate ? [] : commentsOn(year, draft, writing, interest);
	return {
		...draft,
		...writing,
		edited: isEdited ? { content: `${writing.content}\n\n${edit()}`, at: Math.floor(editedAt) } : null,
		comments,
		likes: isPrivate ? [] : likesOf(year, draft, comments, interest),
	};
}

function likesOf({ readers, random, end }: Year, draft: Draft, comments: Comment[], interest: number) {
	const wanted = Math.floor(likesPerPost * interest + random.next());
	const found = new Map<Person, number>();
	const add = (by: Person, after: number) => {
		const at = awake(Math.floor(after + random.exponential(9 * hour)), random);
		if (at < end && !found.has(by)) found.set(by, at);
	};
	for (const { by, at } of comments) if (by !== draft.author && random.maybe(0.4)) add(by, at);
	for (let tries = 0; found.size < wanted && tries < 12 * wanted; tries++) {
		const reader = readers.reader(draft);
		if (reader) add(reader, draft.at);
	}
	return [...found].map(([by, at]) => ({ by, at })).sort((a, b) => a.at - b.at);
}
