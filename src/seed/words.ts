import type { Faker } from "@faker-js/faker";
import { sectionsOf } from "./corpus";
import seasonText from "./corpus/seasons.txt" with { type: "text" };
import wordText from "./corpus/words.txt" with { type: "text" };
import type { Chance } from "./random";

/** Words of each kind. Some come more than once: those are more common. */
const known = sectionsOf<"animal" | "instrument" | "town" | "workplace">(wordText);
export const { animal: animals, instrument: instruments, town: towns, workplace: workplaces } = known;
const lists: Partial<Record<string, string[]>> = known;

type Season = "winter" | "spring" | "summer" | "autumn";

const seasons = sectionsOf<`${Season} weather` | `${Season} garden`>(seasonText);
const dayNames = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");
const monthNames = "January February March April May June July August September October November December".split(" ");
const seasonNames: Season[] = ["winter", "spring", "summer", "autumn"];

/** Words of each kind, as somebody says them at that time. */
export function words(faker: Faker, chance: Chance) {
	const { pick, below } = chance;
	const daypart = (hour: number) =>
		hour < 5 || hour >= 18 ? "tonight" : hour < 12 ? "this morning" : "this afternoon";
	const times: Record<string, (at: Date) => string> = {
		today: (at) => (chance.maybe(0.55) ? "today" : daypart(at.getUTCHours())),
		yesterday: () => pick(["yesterday", "yesterday", "last night", "at the weekend", "last week", "the other day"]),
		thisDay: (at) => dayNames[at.getUTCDay()] ?? "",
		month: (at) => monthNames[at.getUTCMonth()] ?? "",
		month2: () => pick(monthNames),
		season: (at) => seasonOf(at),
		weather: (at) => pick(seasons[`${seasonOf(at)} weather`]),
		gardenNews: (at) => pick(seasons[`${seasonOf(at)} garden`]),
		page: () => String(12 + below(400)),
		year: () => String(1968 + below(54)),
		age: () => String(29 + below(45)),
		age2: () => String(7 + below(12)),
		age3: () => String(60 + below(36)),
		fruit: () => faker.food.fruit(),
		spice: () => faker.food.spice(),
		book: () => faker.book.title(),
		writer: () => faker.book.author(),
		genre: () => faker.book.genre().toLowerCase(),
		song: () => faker.music.songName(),
		artist: () => faker.music.artist(),
		album: () => faker.music.album(),
		firstName: () => faker.person.firstName(),
		petName: () => faker.animal.petName(),
		pet: () => faker.animal.petName(),
	};

	return (name: string, at: Date): string => {
		const kind = name.replace(/2$/, "");
		const word = times[name] ?? times[kind];
		if (word) return word(at);
		const list = lists[kind];
		if (!list) throw new Error(`The seed knows no words for {${name}}.`);
		return pick(list);
	};
}

const seasonOf = (at: Date): Season => seasonNames[Math.floor(((at.getUTCMonth() + 1) % 12) / 3)] ?? "winter";
