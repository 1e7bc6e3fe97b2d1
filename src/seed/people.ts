import type { Faker } from "@faker-js/faker";
import { isReserved } from "../accounts/users/reserved-names";
import { linesOf, type Topic, topicNamed, topics } from "./corpus";
import { day, type Random, weighted } from "./random";

type Nameless = ReturnType<typeof personOf>;
/** All times are milliseconds since 1970. */
export type Person = Nameless & { id: string; username: string; email: string };

/** People who join within `length` milliseconds after `start`, in that order. The first is Ada. */
export function peopleOf(faker: Faker, random: Random, span: { count: number; start: number; length: number }) {
	// Most join early, as when friends bring friends. The last days have none, so that all have had time to settle in.
	const joins = Array.from({ length: span.count }, (_, i) => (i === 0 ? 0 : random.next() ** 1.6 * 0.97));
	joins.sort((a, b) => a - b);
	return joins.map((joined, i) => personOf(i === 0, Math.floor(span.start + joined * span.length), faker, random));
}

function personOf(isAda: boolean, joined: number, faker: Faker, random: Random) {
	const { maybe, next, pick, skewed } = random;
	const { firstName, lastName } = isAda ? { firstName: "Ada", lastName: "Lovelace" } : nameOf(faker, random);
	const interests = interestsOf(isAda, random);
	const diligence = isAda ? 5 : maybe(0.3) ? 0 : skewed(1.3);
	return {
		displayName: isAda || maybe(0.72) ? `${firstName} ${lastName}` : shortName(firstName, lastName, random),
		firstName,
		lastName,
		joined,
		town: pick(linesOf("town")),
		workplace: pick(linesOf("workplace")),
		instrument: pick(linesOf("instrument")),
		pet: maybe(0.4) ? { name: faker.animal.petName(), kind: pick(linesOf("animal")) } : null,
		/** The main interest comes more than once. */
		interests,
		/** How much they write; most little, some nothing at all. */
		diligence,
		/** How likely others are to follow them. People who never write have fewer followers. */
		popularity: isAda ? 6 : skewed(1.1) * (diligence ? 1 : 0.3),
		/** From 0 to 1: how readily they like and comment. */
		warmth: isAda ? 0.8 : Math.min(1, 0.05 + 0.95 * next() ** 2),
		style: {
			lowerCase: !isAda && maybe(0.08),
			emoji: maybe(0.5) ? 0.05 : next() * 0.6,
			tags: maybe(0.6) ? 0.03 : next() * 0.5,
			titles: maybe(0.6) ? 0.03 : next() * 0.4,
			length: 0.5 + next() * 1.2,
		},
	};
}

function interestsOf(isAda: boolean, { below, pick }: Random): Topic[] {
	const interests = Array.from({ length: 2 + below(3) }, () => pick(topics));
	if (isAda) interests.unshift(...["hosting", "books", "music"].map(topicNamed));
	return [...interests, interests[0] as Topic, interests[0] as Topic];
}

const nameOf = ({ person }: Faker, { maybe, pick }: Random) =>
	maybe(0.1)
		? { firstName: pick(linesOf("first name")), lastName: pick(linesOf("last name")) }
		: { firstName: person.firstName(), lastName: person.lastName() };

const shortName = (first: string, last: string, { pick }: Random) =>
	pick([first, `${first} ${last[0]}.`, `${first} ${pick(linesOf("name symbol"))}`, first.toLowerCase()]);

/** Gives each person a free username and an address to match: `ada` for the first. Where a name is taken, ada2, ada3. */
export async function named(people: Nameless[], random: Random, isTaken: (login: string) => Promise<boolean>) {
	const given = new Map<string, Nameless & { username: string; email: string }>();
	for (const [i, person] of people.entries()) {
		const wish = i === 0 ? "ada" : usernameOf(person, random);
		const domain = i === 0 || random.maybe(0.7) ? "example.com" : "example.org";
		for (let number = 1; ; number++) {
			const username = number === 1 ? wish : `${wish}${number}`;
			const email = `${username}@${domain}`;
			if (given.has(username) || isReserved(username) || (await isTaken(username)) || (await isTaken(email))) continue;
			given.set(username, { ...person, username, email });
			break;
		}
	}
	return [...given.values()];
}

function usernameOf({ firstName, lastName }: Nameless, { pick, below }: Random): string {
	const [first, last] = [ascii(firstName), ascii(lastName)];
	const number = String(10 + below(90));
	const word = pick(["the", "its", "hello", "just"]);
	const parts: Record<string, string | undefined> = { first, last, f: first[0], l: last[0], number, word };
	const wish = pick(linesOf("username")).replace(/\{(\w+)\}/g, (_, part: string) => parts[part] ?? "");
	// Three characters at least, and room for a number.
	return (wish.length < 3 ? `${first}_${last}` : wish).slice(0, 24);
}

const letters: Record<string, string> = { ł: "l", ø: "o", ß: "ss", ı: "i", þ: "th", đ: "d", æ: "ae" };

/** In the letters that a username may have. */
function ascii(name: string): string {
	const known = name.toLowerCase().replace(/[łøßıþđæ]/g, (letter) => letters[letter] ?? "");
	return known.normalize("NFD").replace(/[^a-z0-9]/g, "");
}

export type Follow = { follower: Person; following: Person; at: number };

/**
 * People follow people of the same interests, friends of friends, and popular people; every third one follows back.
 * About 20 for each person where there are enough people; a few follow many times as many.
 */
export function circles(people: Person[], random: Random, end: number): Follow[] {
	const byPopularity = (list: Person[]) => weighted(list, ({ popularity }) => popularity);
	const popular = byPopularity(people);
	const likeMinded = new Map(
		topics.map((topic) => [topic, byPopularity(people.filter(({ interests }) => interests.includes(topic)))]),
	);
	const followedBy = new Map(people.map((person) => [person, new Set<Person>()]));
	const friendsOf = (person: Person) => followedBy.get(person) as Set<Person>;
	const follows: Follow[] = [];

	function candidate(person: Person): Person {
		const kind = random.next();
		if (kind < 0.5) return likeMinded.get(random.pick(person.interests))?.(random) ?? person;
		if (kind < 0.75) {
			const friend = random.pick([...friendsOf(person)]);
			if (friend && friendsOf(friend).size) return random.pick([...friendsOf(friend)]);
		}
		return popular(random);
	}

	function follow(follower: Person, following: Person, soonest: number): number | null {
		if (follower === following || friendsOf(follower).has(following)) return null;
		friendsOf(follower).add(following);
		const later = soonest + random.exponential(20 * day);
		// A person who joined lately follows people at once.
		const at = Math.floor(later < end ? later : soonest + random.next() * (end - soonest));
		follows.push({ follower, following, at });
		return at;
	}

	const most = people.length - 1;
	for (const person of people) {
		const wanted = Math.min(most, Math.max(1, Math.round(Math.min(17, 0.4 * most) * random.skewed(0.8))));
		for (let tries = 0; friendsOf(person).size < wanted && tries < 4 * wanted; tries++) {
			const other = candidate(person);
			const at = follow(person, other, Math.max(person.joined, other.joined));
			if (at !== null && random.maybe(0.3)) follow(other, person, at);
		}
	}
	return follows;
}
