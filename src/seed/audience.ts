import type { Visibility } from "../social/posts/store";
import type { Follow } from "./circles";
import type { Person } from "./people";
import { type Chance, weighted } from "./random";

const hour = 3_600_000;
const day = 24 * hour;

/** A post before it has a text. Its author is a place in the list of people; `crowd` counts the followers at that time. */
export type Draft = { author: number; at: number; visibility: Visibility; crowd: number; attraction: number };

/** A person who may see a post, and since when. */
export type Reader = { by: Person; at: number };

export type Audience = ReturnType<typeof audience>;

/** Picks readers of posts. */
export function audience(people: Person[], follows: Follow[], chance: Chance) {
	const followers: Follow[][] = people.map(() => []);
	for (const follow of follows) followers[follow.following]?.push(follow);
	for (const list of followers) list.sort((a, b) => a.at - b.at);
	const person = (i: number) => people[i] as Person;
	const joined = people.map(({ joined }) => joined);
	const byWarmth = weighted(people.map(({ warmth }) => warmth));

	/** Mostly a follower; of a public post, any other person now and then. */
	function reader({ author, at, visibility, crowd }: Draft): Reader | null {
		if (visibility === "followers" || chance.maybe(0.87)) {
			const follow = crowd ? followers[author]?.[chance.below(crowd)] : undefined;
			if (!follow || !chance.maybe(person(follow.follower).warmth)) return null;
			return { by: person(follow.follower), at };
		}
		const reader = byWarmth(chance, countUntil(joined, at));
		return reader === author || !chance.maybe(0.3) ? null : { by: person(reader), at };
	}

	return {
		person,
		reader,
		membersAt: (at: number) => countUntil(joined, at),
		followersAt: (author: number, at: number) => countUntil(followers[author] ?? [], at, ({ at }) => at),

		/** A reader who has not commented yet; null when several tries find none. */
		newcomer(draft: Draft, comments: { by: Person }[]): Person | null {
			for (let tries = 0; tries < 15; tries++) {
				const found = reader(draft);
				if (found && !comments.some(({ by }) => by === found.by)) return found.by;
			}
			return null;
		},
	};
}

/** Most people sleep at night, and answer in the morning. */
export function awake(at: number, chance: Chance): number {
	const time = at % day;
	return time < 5.5 * hour && chance.maybe(0.85) ? at - time + Math.floor(6 * hour + chance.exponential(2 * hour)) : at;
}

/** How many items of a sorted list are not later than a time. */
function countUntil(sorted: readonly number[], at: number): number;
function countUntil<T>(sorted: readonly T[], at: number, time: (item: T) => number): number;
function countUntil<T>(sorted: readonly T[], at: number, time = (item: T) => item as number): number {
	let [low, high] = [0, sorted.length];
	while (low < high) {
		const middle = (low + high) >> 1;
		if (time(sorted[middle] as T) <= at) low = middle + 1;
		else high = middle;
	}
	return low;
}
