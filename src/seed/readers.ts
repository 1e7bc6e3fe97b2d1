import type { Visibility } from "../social/posts/store";
import type { Follow, Person } from "./people";
import { countUntil, day, hour, type Random, weighted } from "./random";

export type Readers = ReturnType<typeof readersOf>;

/** A post before it has a text. `crowd` counts the author's followers at that time. */
export type Draft = { author: Person; at: number; visibility: Visibility; crowd: number; attraction: number };

/** Picks readers of posts. */
export function readersOf(people: Person[], follows: Follow[], random: Random) {
	const sorted = follows.toSorted((a, b) => a.at - b.at);
	const followers = Map.groupBy(sorted, ({ following }) => following);
	const followersOf = (author: Person) => followers.get(author) ?? [];
	const joined = people.map(({ joined }) => joined);
	const byWarmth = weighted(people, ({ warmth }) => warmth);

	/** Mostly a follower; of a public post, any other person now and then. */
	function reader({ author, at, visibility, crowd }: Draft): Person | null {
		if (visibility === "followers" || random.maybe(0.87)) {
			const follow = crowd ? followersOf(author)[random.below(crowd)] : undefined;
			return follow && random.maybe(follow.follower.warmth) ? follow.follower : null;
		}
		const reader = byWarmth(random, countUntil(joined, at));
		return reader === author || !random.maybe(0.3) ? null : reader;
	}

	return {
		reader,
		membersAt: (at: number) => countUntil(joined, at),
		followersAt: (author: Person, at: number) => followersOf(author).filter((follow) => follow.at <= at).length,

		/** A reader who has not commented yet; null when several tries find none. */
		newcomer(draft: Draft, comments: { by: Person }[]): Person | null {
			for (let tries = 0; tries < 15; tries++) {
				const found = reader(draft);
				if (found && !comments.some(({ by }) => by === found)) return found;
			}
			return null;
		},
	};
}

/** Most people sleep at night, and answer in the morning. */
export function awake(at: number, random: Random): number {
	const time = at % day;
	return time < 5.5 * hour && random.maybe(0.85) ? at - time + Math.floor(6 * hour + random.exponential(2 * hour)) : at;
}
