import type { Faker } from "@faker-js/faker";
import type { Person } from "./people";
import type { Chance } from "./random";
import { words } from "./words";

/** Words chosen so far, by kind: within a conversation a kind means the same thing. */
export type Chosen = Map<string, string>;

/** The speaker, the time, the person who is spoken to, and the author of the post. */
export type Speech = { speaker: Person; at: Date; to?: Person; author?: Person };

/** Fills in a template; topics.ts explains its syntax. */
export type Say = (template: string, chosen: Chosen, speech: Speech) => string;

export function templates(faker: Faker, chance: Chance): Say {
	const { pick } = chance;
	const word = words(faker, chance);

	const say: Say = (template, chosen, speech) => {
		let text = template;
		while (text.includes("[")) text = text.replace(/\[([^[\]]*)\]/g, (_, choice: string) => pick(choice.split("|")));
		return text.replace(/\{(\w+)\}/g, (_, slot: string) => {
			const kind = slot[0]?.toLowerCase() + slot.slice(1);
			const value = ofSpeech(kind, speech) ?? chosen.get(kind) ?? choose(kind, chosen, speech);
			return kind === slot ? value : value[0]?.toUpperCase() + value.slice(1);
		});
	};

	function choose(kind: string, chosen: Chosen, speech: Speech): string {
		const { pet, instrument, workplace } = speech.speaker;
		const theirs: Record<string, string | undefined> = { pet: pet?.name, animal: pet?.kind, instrument, workplace };
		let value = theirs[kind];
		const other = kind.endsWith("2") ? chosen.get(kind.slice(0, -1)) : undefined;
		for (let tries = 0; value === undefined || (value === other && tries < 9); tries++)
			value = say(word(kind, speech.at), chosen, speech);
		chosen.set(kind, value);
		return value;
	}

	return say;
}

/** Words that depend on the people of a speech, not on earlier words. */
function ofSpeech(kind: string, { speaker, to, author }: Speech): string | undefined {
	if (kind === "town") return speaker.town;
	if (kind === "self") return speaker.firstName;
	if (kind === "to") return to?.firstName;
	if (kind === "handle") return to?.username;
	if (kind === "name") return author?.firstName;
}

/** Makes sentences of a text, in the way that this person writes. */
export function tidy(said: string, { style }: Person): string {
	const text = said.trim();
	if (style.lowerCase) return text.toLowerCase().replace(/\.$/, "");
	return text
		.replace(
			/\b([Aa]) (?=["\u201c]?([a-z]+))/gi,
			(_, article: string, next: string) => `${article}${takesAn(next) ? "n" : ""} `,
		)
		.replace(
			/(^["(]?|[.!?]["”)]? ["(]?|\n["(]?)(\p{Ll})/gu,
			(_, before: string, letter: string) => before + letter.toUpperCase(),
		);
}

const takesAn = (next: string) => /^([aeio]|u(?!ni|se|k))/i.test(next) && !/^(one|eu)/i.test(next);
