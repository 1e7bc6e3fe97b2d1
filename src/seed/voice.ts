import type { Faker } from "@faker-js/faker";
import { linesOf } from "./corpus";
import type { Person } from "./people";
import type { Random } from "./random";

/** `author` wrote the post, `to` is spoken to. `chosen` has words by kind: in a post and its comments they stay the same. */
export type Speech = { speaker: Person; at: Date; author: Person; to?: Person; chosen: Map<string, string> };

type Words = Record<string, string | undefined>;
export type Voice = ReturnType<typeof voiceOf>;

/** Fills in templates; corpus.ts explains their syntax. */
export function voiceOf(faker: Faker, random: Random) {
	const word = words(faker, random);

	function say(template: string, speech: Speech): string {
		let text = template;
		while (text.includes("["))
			text = text.replace(/\[([^[\]]*)\]/g, (_, choice: string) => random.pick(choice.split("|")));
		return text.replace(/\{(\w+)\}/g, (_, slot: string) => {
			const kind = slot[0]?.toLowerCase() + slot.slice(1);
			const value = wordOf(kind, speech);
			return kind === slot ? value : value[0]?.toUpperCase() + value.slice(1);
		});
	}

	function wordOf(kind: string, speech: Speech): string {
		const { speaker, author, to, at, chosen } = speech;
		const { town, firstName: self, pet, instrument, workplace } = speaker;
		const people: Words = { town, self, to: to?.firstName, handle: to?.username, name: author.firstName };
		const known = people[kind] ?? chosen.get(kind);
		if (known !== undefined) return known;
		const theirs: Words = { pet: pet?.name, animal: pet?.kind, instrument, workplace };
		let value = theirs[kind];
		const other = kind.endsWith("2") ? chosen.get(kind.slice(0, -1)) : undefined;
		for (let tries = 0; value === undefined || (value === other && tries < 9); tries++)
			value = say(word(kind, at), speech);
		chosen.set(kind, value);
		return value;
	}

	return {
		random,
		say,
		/** Says it in sentences, in the way that the speaker writes. */
		tell: (template: string, speech: Speech) => tidy(say(template, speech), speech.speaker),
		/** The posts so far. */
		written: new Set<string>(),
	};
}

/** A word of a kind, as a person says it at that time. */
function words(faker: Faker, { maybe, pick, below }: Random) {
	const daypart = (hour: number) =>
		hour < 5 || hour >= 18 ? "tonight" : hour < 12 ? "this morning" : "this afternoon";
	const kinds: Record<string, ((at: Date) => string) | undefined> = {
		today: (at) => (maybe(0.55) ? "today" : daypart(at.getUTCHours())),
		thisDay: (at) => linesOf("day")[at.getUTCDay()] ?? "",
		month: (at) => linesOf("month")[at.getUTCMonth()] ?? "",
		month2: () => pick(linesOf("month")),
		season: seasonOf,
		weather: (at) => pick(linesOf(`${seasonOf(at)} weather`)),
		gardenNews: (at) => pick(linesOf(`${seasonOf(at)} garden`)),
		page: () => String(12 + below(400)),
		year: () => String(1968 + below(54)),
		age: () => String(29 + below(45)),
		age2: () => String(7 + below(12)),
		age3: () => String(60 + below(36)),
		fruit: () => faker.food.fruit(),
		spice: () => faker.food.spice(),
		book: () => faker.book.title(),
		writer: () => faker.book.author(),
		song: () => faker.music.songName(),
		artist: () => faker.music.artist(),
		album: () => faker.music.album(),
		firstName: () => faker.person.firstName(),
		petName: () => faker.animal.petName(),
		pet: () => faker.animal.petName(),
		genre: () => faker.book.genre().toLowerCase(),
	};
	return (name: string, at: Date): string => {
		const kind = name.replace(/2$/, "");
		const word = kinds[name] ?? kinds[kind];
		return word ? word(at) : pick(linesOf(kind));
	};
}

const seasonOf = (at: Date) =>
	["winter", "spring", "summer", "autumn"][Math.floor(((at.getUTCMonth() + 1) % 12) / 3)] ?? "";

/** Makes sentences of a text, in the way that this person writes. */
export function tidy(said: string, { style }: Person): string {
	const text = said.trim();
	if (style.lowerCase) return text.toLowerCase().replace(/\.$/, "");
	const withArticles = text.replace(/\b(a) (?=["\u201c]?([a-z]+))/gi, (_, article: string, next: string) =>
		takesAn(next) ? `${article}n ` : `${article} `,
	);
	return withArticles.replace(/(^["(]?|[.!?]["”)]? ["(]?|\n["(]?)\p{Ll}/gu, (start) => start.toUpperCase());
}

const takesAn = (next: string) => /^([aeio]|u(?!ni|se|k))/i.test(next) && !/^(one|eu)/i.test(next);
