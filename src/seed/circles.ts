import type { Person } from "./people";
import { type Chance, weighted } from "./random";
import type { Topic } from "./topics";

const day = 86_400_000;

/** Somebody follows somebody: places in the list of people, and when. */
export type Follow = { follower: number; following: number; at: number };

/**
 * Who follows whom: people of the same interests, friends of friends, and those whom everybody follows; every third one
 * follows back. Some 20 for each where there are enough people; a few follow many times as many.
 */
export function circles(people: Person[], chance: Chance, end: number): Follow[] {
	const popular = people.map(({ popularity }) => popularity);
	const anybody = weighted(popular);
	const groups = new Map<Topic, number[]>();
	for (const [i, { interests }] of people.entries())
		for (const topic of new Set(interests)) groups.set(topic, [...(groups.get(topic) ?? []), i]);
	const likeMinded = new Map(
		[...groups].map(([topic, members]) => {
			const choose = weighted(members.map((i) => popular[i] ?? 0));
			return [topic, () => members[choose(chance)] ?? 0];
		}),
	);

	const following = people.map(() => new Set<number>());
	const follows: Follow[] = [];
	const add = (follower: number, target: number, soonest: number) => {
		const known = following[follower];
		if (!known || follower === target || known.has(target)) return;
		known.add(target);
		const later = soonest + chance.exponential(20 * day);
		// Who joined lately follows people at once.
		const at = Math.floor(later < end ? later : soonest + chance.next() * (end - soonest));
		follows.push({ follower, following: target, at });
		return at;
	};

	const most = people.length - 1;
	for (const [i, person] of people.entries()) {
		const wanted = Math.min(most, Math.max(1, Math.round(Math.min(17, 0.4 * most) * chance.skewed(0.8))));
		for (let tries = 0; (following[i]?.size ?? 0) < wanted && tries < 4 * wanted; tries++) {
			const target = candidate(i, person);
			const at = add(i, target, Math.max(person.joined, people[target]?.joined ?? 0));
			if (at !== undefined && chance.maybe(0.3)) add(target, i, at);
		}
	}
	return follows;

	function candidate(i: number, { interests }: Person): number {
		const kind = chance.next();
		if (kind < 0.5) return likeMinded.get(chance.pick(interests))?.() ?? 0;
		if (kind < 0.75) {
			const friends = [...(following[chance.pick([...(following[i] ?? [])])] ?? [])];
			if (friends.length) return chance.pick(friends);
		}
		return anybody(chance);
	}
}
