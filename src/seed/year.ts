import type { Visibility } from "../social/posts/store";
import type { Follow } from "./circles";
import type { Person } from "./people";
import { type Chance, weighted } from "./random";
import type { Remark, Writer, Writing } from "./writing";

const hour = 3_600_000;
const day = 24 * hour;

/** Likes and comments of a post, on average, where there are enough people. */
const likesPerPost = 3.6;
const commentsPerPost = 1.35;

export type Like = { by: Person; at: number };
export type Comment = { by: Person; content: string; at: number };
export type Post = {
	author: Person;
	at: number;
	title: string | null;
	content: string;
	visibility: Visibility;
	edited: { content: string; at: number } | null;
	comments: Comment[];
	likes: Like[];
};

/** Posts by the hour of the day: few at night, most after work. */
const byHour = [2, 1, 1, 1, 1, 3, 8, 14, 16, 14, 13, 13, 17, 16, 13, 12, 13, 16, 20, 24, 26, 22, 13, 6];

type Options = { people: Person[]; follows: Follow[]; count: number; start: number; end: number };
type Draft = { author: number; at: number; visibility: Visibility; crowd: number; attraction: number };

/** What people write within a year, in the order of its posts, and what others make of it. */
export function* year(
	{ people, follows, count, start, end }: Options,
	{ chance, write }: { chance: Chance; write: Writer },
): Generator<Post> {
	const followers: Follow[][] = people.map(() => []);
	for (const follow of follows) followers[follow.following]?.push(follow);
	for (const list of followers) list.sort((a, b) => a.at - b.at);
	const person = (i: number) => people[i] as Person;
	const joined = people.map(({ joined }) => joined);
	const byDiligence = weighted(people.map(({ diligence }) => diligence));
	const byWarmth = weighted(people.map(({ warmth }) => warmth));

	const drafts = times().map((at): Draft => {
		const author = byDiligence(chance, until(joined, at));
		const kind = chance.next();
		const visibility = kind < 0.02 ? "private" : kind < 0.1 ? "followers" : "public";
		const crowd = until(followers[author] ?? [], at, followedAt);
		return { author, at, visibility, crowd, attraction: (crowd + 1) ** 0.75 * chance.skewed(0.9) };
	});
	const attraction = drafts.reduce((sum, draft) => sum + draft.attraction, 0) / drafts.length;

	for (const draft of drafts) {
		const author = person(draft.author);
		const at = new Date(draft.at);
		const writing = write.post(author, at, draft.visibility === "private");
		const { title, content } = writing;
		const editedAt = draft.at + 60_000 + chance.exponential(3 * hour);
		const edited = chance.maybe(0.01) && editedAt < end;
		const comments = draft.visibility === "private" ? [] : conversation(draft, writing);
		yield {
			author,
			at: draft.at,
			title,
			content,
			visibility: draft.visibility,
			edited: edited ? { content: write.edited(writing, author, at), at: Math.floor(editedAt) } : null,
			comments,
			likes: draft.visibility === "private" ? [] : likes(draft, comments),
		};
	}

	/** More posts on days when there are more people. */
	function times(): number[] {
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

	/** Somebody who may see the post: mostly a follower; of a public one, anybody else now and then. */
	function reader({ author, at, visibility, crowd }: Draft): Like | null {
		if (visibility === "followers" || chance.maybe(0.87)) {
			const follow = crowd ? followers[author]?.[chance.below(crowd)] : undefined;
			if (!follow || !chance.maybe(person(follow.follower).warmth)) return null;
			return { by: person(follow.follower), at };
		}
		const reader = byWarmth(chance, until(joined, at));
		return reader === author || !chance.maybe(0.3) ? null : { by: person(reader), at };
	}

	function likes(draft: Draft, comments: Comment[]): Like[] {
		const wanted = Math.floor((likesPerPost * draft.attraction) / attraction + chance.next());
		const found = new Map<Person, number>();
		const add = (by: Person, after: number) => {
			const at = awake(Math.floor(after + chance.exponential(9 * hour)));
			if (at < end && !found.has(by)) found.set(by, at);
		};
		for (const { by, at } of comments) if (by !== person(draft.author) && chance.maybe(0.4)) add(by, at);
		for (let tries = 0; found.size < wanted && tries < 12 * wanted; tries++) {
			const like = reader(draft);
			if (like) add(like.by, like.at);
		}
		return [...found].map(([by, at]) => ({ by, at })).sort((a, b) => a.at - b.at);
	}

	function conversation(draft: Draft, writing: Writing): Comment[] {
		const author = person(draft.author);
		const interest = (draft.attraction / attraction) ** 0.7 * (writing.answers.length ? 2 : 0.8);
		const wanted = Math.min(40, Math.floor(chance.exponential(commentsPerPost * interest) + 0.5));
		const used = new Set<string>();
		const comments: Comment[] = [];
		/** Who said something that the author has not answered yet, and what it calls for. */
		let open: { by: Person; answer?: string } | null = null;
		let answered: Person | null = null;
		let at = draft.at;

		for (let i = 0; i < wanted; i++) {
			at = awake(Math.floor(at + 20_000 + chance.exponential(i === 0 ? 2 * hour : hour)));
			if (at >= end) break;
			const speech = { author, at: new Date(at) };
			const last = comments.at(-1);
			let by = author;
			let remark: Remark;
			if (open && chance.maybe(open.answer ? 0.75 : 0.3)) {
				remark = write.answer(writing, used, { ...speech, speaker: author, to: open.by }, open.answer);
				answered = open.by;
				open = null;
			} else if (answered && last?.by === author && chance.maybe(0.25)) {
				by = answered;
				remark = write.return(writing, used, { ...speech, speaker: by, to: author });
				answered = null;
			} else {
				by = newcomer(draft, comments) ?? author;
				if (by === author) break;
				const echo = last && last.by !== author && last.by !== by && chance.maybe(0.15);
				remark = echo
					? write.echo(writing, used, { ...speech, speaker: by, to: last.by })
					: write.comment(writing, used, { ...speech, speaker: by, to: author });
				open = { by, answer: remark.answer };
			}
			comments.push({ by, content: remark.content, at });
		}
		if (chance.maybe(0.01) && at + hour < end) {
			const { content } = write.postscript(writing, { author, speaker: author, at: new Date(at) });
			comments.push({ by: author, content, at: at + hour });
		}
		return comments;
	}

	/** Most people sleep at night, and answer in the morning. */
	function awake(at: number): number {
		const time = at % day;
		return time < 5.5 * hour && chance.maybe(0.85)
			? at - time + Math.floor(6 * hour + chance.exponential(2 * hour))
			: at;
	}

	/** Somebody who has not said anything yet. */
	function newcomer(draft: Draft, comments: Comment[]): Person | null {
		for (let tries = 0; tries < 15; tries++) {
			const found = reader(draft);
			if (found && !comments.some(({ by }) => by === found.by)) return found.by;
		}
		return null;
	}
}

const followedAt = ({ at }: Follow) => at;

/** How many of a sorted list are not later than that. */
function until(sorted: readonly number[], at: number): number;
function until<T>(sorted: readonly T[], at: number, time: (item: T) => number): number;
function until<T>(sorted: readonly T[], at: number, time = (item: T) => item as number): number {
	let [low, high] = [0, sorted.length];
	while (low < high) {
		const middle = (low + high) >> 1;
		if (time(sorted[middle] as T) <= at) low = middle + 1;
		else high = middle;
	}
	return low;
}
