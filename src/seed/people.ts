import type { Faker } from "@faker-js/faker";
import { isReserved } from "../accounts/users/reserved-names";
import type { Chance } from "./random";
import { type Topic, topics } from "./topics";
import { animals, instruments, towns, workplaces } from "./words";

/** Somebody, with what makes what they do theirs. */
export type Person = {
	id: string;
	username: string;
	email: string;
	displayName: string;
	firstName: string;
	lastName: string;
	/** Milliseconds since 1970, as are all times here. */
	joined: number;
	town: string;
	workplace: string;
	instrument: string;
	pet: { name: string; kind: string } | null;
	/** What they write about most comes more than once. */
	interests: Topic[];
	/** How much they write; most little, some nothing at all. */
	diligence: number;
	/** How likely others are to follow them. */
	popularity: number;
	/** From 0 to 1: how readily they like and comment. */
	warmth: number;
	style: { lowerCase: boolean; emoji: number; tags: number; titles: number; length: number };
};

/** Names with letters that faker's English ones lack. */
const elsewhere = {
	first:
		"Zoë Jürgen Łukasz İlker Søren Françoise José Noémie Håkon Katarína Jiří Žofia Björn Çiğdem Amélie Þóra Núria".split(
			" ",
		),
	last: "Müller Çelik Østergaard Núñez Lefèvre Wiśniewska Novák Sjöberg Kovács Gonçalves Weiß Ćosić Åkesson".split(" "),
};

const topicList: Topic[] = Object.values(topics);

/** People who join within `length` milliseconds after `start`, in that order. */
export function people(
	faker: Faker,
	chance: Chance,
	{ count, start, length }: { count: number; start: number; length: number },
) {
	const { maybe, pick, skewed } = chance;
	// Most join early, as when friends bring friends; nobody in the last days, so that all have had time to settle in.
	const joins = Array.from({ length: count }, (_, i) => (i === 0 ? 0 : chance.next() ** 1.6 * 0.97)).sort(
		(a, b) => a - b,
	);

	return joins.map((joined, i) => {
		const isAda = i === 0;
		const [firstName, lastName] = isAda ? (["Ada", "Lovelace"] as const) : fullName(faker, chance);
		const interests = interestsOf(isAda, chance);
		const diligence = isAda ? 5 : maybe(0.3) ? 0 : skewed(1.3);
		return {
			displayName: isAda || maybe(0.72) ? `${firstName} ${lastName}` : shortName(firstName, lastName, chance),
			firstName,
			lastName,
			joined: Math.floor(start + joined * length),
			town: pick(towns),
			workplace: pick(workplaces),
			instrument: pick(instruments),
			pet: maybe(0.4) ? { name: faker.animal.petName(), kind: pick(animals) } : null,
			interests,
			diligence,
			// People who never write have fewer followers.
			popularity: isAda ? 6 : skewed(1.1) * (diligence ? 1 : 0.3),
			warmth: isAda ? 0.8 : Math.min(1, 0.05 + 0.95 * chance.next() ** 2),
			style: { lowerCase: !isAda && maybe(0.08), ...styleOf(chance) },
		};
	});
}

/** The first one counts most. */
function interestsOf(isAda: boolean, { below, pick }: Chance): Topic[] {
	const interests = Array.from({ length: 2 + below(3) }, () => pick(topicList));
	if (isAda) interests.unshift(topics.hosting, topics.books, topics.music);
	return [...interests, interests[0] as Topic, interests[0] as Topic];
}

const fullName = (faker: Faker, { maybe, pick }: Chance) =>
	maybe(0.1)
		? ([pick(elsewhere.first), pick(elsewhere.last)] as const)
		: ([faker.person.firstName(), faker.person.lastName()] as const);

function shortName(first: string, last: string, { pick }: Chance): string {
	const symbols = ["🌻", "🐝", "🚲", "📚", "🌊", "✨", "🎻", "🦊"];
	return pick([first, `${first} ${last[0]}.`, `${first} ${pick(symbols)}`, first.toLowerCase()]);
}

const styleOf = ({ maybe, next }: Chance) => ({
	emoji: maybe(0.5) ? 0.05 : next() * 0.6,
	tags: maybe(0.6) ? 0.03 : next() * 0.5,
	titles: maybe(0.6) ? 0.03 : next() * 0.4,
	length: 0.5 + next() * 1.2,
});

/**
 * Finds everybody a username that is free, and an address to match. The first is `ada`, the others go by their names.
 * Where a name is taken the next number is tried: ada2, ada3.
 */
export async function named<P extends { firstName: string; lastName: string }>(
	people: P[],
	chance: Chance,
	isTaken: (login: string) => Promise<boolean>,
): Promise<(P & { username: string; email: string })[]> {
	const given = new Set<string>();
	const found: (P & { username: string; email: string })[] = [];
	for (const [i, person] of people.entries()) {
		const wish = i === 0 ? "ada" : username(person, chance);
		const domain = i === 0 || chance.maybe(0.7) ? "example.com" : "example.org";
		for (let number = 1; ; number++) {
			const username = number === 1 ? wish : `${wish}${number}`;
			const email = `${username}@${domain}`;
			if (given.has(username) || isReserved(username) || (await isTaken(username)) || (await isTaken(email))) continue;
			given.add(username);
			found.push({ ...person, username, email });
			break;
		}
	}
	return found;
}

function username({ firstName, lastName }: { firstName: string; lastName: string }, { pick, below }: Chance): string {
	const [first, last] = [ascii(firstName), ascii(lastName)];
	const wish = pick([
		`${first}_${last}`,
		`${first}_${last}`,
		`${first}${last}`,
		`${first[0]}${last}`,
		`${first}_${last[0]}`,
		`${last}_${first}`,
		first,
		first,
		`${first}${10 + below(90)}`,
		`${pick(["the", "its", "hello", "just"])}_${first}`,
	]);
	// Three characters at least, and room for a number.
	return (wish.length < 3 ? `${first}_${last}` : wish).slice(0, 24);
}

const letters: Record<string, string> = { ł: "l", ø: "o", ß: "ss", ı: "i", þ: "th", đ: "d", æ: "ae" };

/** In the letters that a username may have. */
const ascii = (name: string) =>
	name
		.toLowerCase()
		.replace(/[łøßıþđæ]/g, (letter) => letters[letter] ?? "")
		.normalize("NFD")
		.replace(/[^a-z0-9]/g, "");
