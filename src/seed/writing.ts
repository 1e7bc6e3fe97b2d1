import type { Faker } from "@faker-js/faker";
import type { Person } from "./people";
import type { Chance } from "./random";
import {
	additions,
	asides,
	bridges,
	echoes,
	edits,
	foreign,
	notes,
	openers,
	postscripts,
	remarks,
	returns,
	type Topic,
	thanks,
	topics,
	wonders,
} from "./topics";
import { words } from "./words";

/** Words chosen so far, by kind: within a conversation a kind means the same thing. */
type Chosen = Map<string, string>;

/** What is said, and what the conversation about it needs to know. */
export type Writing = {
	title: string | null;
	content: string;
	topic: Topic;
	chosen: Chosen;
	/** To what it asks, and whether it says anything else. */
	answers: string[];
	asksOnly: boolean;
};
export type Remark = {
	content: string;
	/** What its addressee may answer. */
	answer?: string;
};

/** Who says something, when, to whom, and below whose post. */
type Speech = { speaker: Person; at: Date; to?: Person; author?: Person };

const topicList: Topic[] = Object.values(topics);
const { life } = topics;

/** Makes up what people write. */
export function writing(faker: Faker, chance: Chance) {
	const { maybe, pick } = chance;
	const word = words(faker, chance);

	/** Fills in a template; see topics.ts for what is in one. */
	function say(template: string, chosen: Chosen, speech: Speech): string {
		let text = template;
		while (text.includes("[")) text = text.replace(/\[([^[\]]*)\]/g, (_, choice: string) => pick(choice.split("|")));
		return text.replace(/\{(\w+)\}/g, (_, slot: string) => {
			const kind = slot[0]?.toLowerCase() + slot.slice(1);
			const value = own(kind, speech) ?? chosen.get(kind) ?? choose(kind, chosen, speech);
			return kind === slot ? value : value[0]?.toUpperCase() + value.slice(1);
		});
	}

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

	/** Makes sentences of it, in the way that this person writes. */
	function tidy(said: string, { style }: Person): string {
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

	/** Something from a list that nobody in this conversation has said yet. */
	function unsaid(list: readonly string[], said: Set<string>): string {
		let template = pick(list);
		for (let tries = 0; said.has(template) && tries < 4; tries++) template = pick(list);
		said.add(template);
		return template;
	}

	function remark(template: string, { chosen }: Writing, speech: Speech): Remark {
		const [comment = "", answer] = template.split("=>");
		return { content: tidy(say(comment.trim(), chosen, speech), speech.speaker), answer: answer?.trim() };
	}

	function topicOf(author: Person): Topic {
		const topic = maybe(0.72) ? pick(author.interests) : maybe(0.6) ? life : pick(topicList);
		return topic.needsPet && !author.pet ? life : topic;
	}

	/** Sentences on a topic, as parts of a text. */
	function statement(topic: Topic, length: number, said: Set<string>): string[] {
		const sentences = [unsaid(topic.say, said)];
		for (let i = 0; i < length; i++) sentences.push(unsaid(topic.more, said));
		return sentences;
	}

	function short(topic: Topic, speech: Speech, least: number): Writing {
		const chosen: Chosen = new Map();
		const said = new Set<string>();
		const { style } = speech.speaker;
		const [question, answers] = maybe(0.2) ? pick(Object.entries(topic.ask)) : [null, []];
		const asksOnly = question !== null && maybe(0.65);
		const length = Math.min(4, least + Math.floor(chance.exponential(style.length)));
		const sentences = asksOnly ? [] : statement(topic, length, said);
		if (maybe(0.08)) sentences.unshift(pick(openers));
		if (question) sentences.push(question);
		if (asksOnly && maybe(0.3 + 0.3 * least)) sentences.push(pick(asides));
		const content = tidy(say(sentences.join(" "), chosen, speech), speech.speaker);
		return { title: null, content, topic, answers, asksOnly, chosen };
	}

	/** With a title, and paragraphs. */
	function long(topic: Topic, speech: Speech): Writing {
		const chosen: Chosen = new Map();
		const said = new Set<string>();
		const [question, answers] = maybe(0.3) ? pick(Object.entries(topic.ask)) : [null, []];
		const paragraphs = [say(statement(topic, 1 + chance.below(2), said).join(" "), chosen, speech)];
		const more = Math.min(5, Math.floor(chance.exponential(1.2)));
		// Each of something else, so that it does not contradict the first.
		for (let i = 0; i < more; i++)
			paragraphs.push(
				say([unsaid(bridges, said), ...statement(topic, chance.below(3), said)].join(" "), new Map(), speech),
			);
		if (!more) paragraphs.push(say(unsaid(topic.more, said), chosen, speech));
		if (question) paragraphs.push(say(question, chosen, speech));
		const title = tidy(say(pick(topic.titles), chosen, speech), speech.speaker);
		const content = tidy(paragraphs.join("\n\n"), speech.speaker);
		return { title, content, topic, answers, asksOnly: false, chosen };
	}

	/** Something that is not on a topic. */
	function apart(list: string[], speech: Speech): Writing {
		const chosen: Chosen = new Map();
		return { title: null, content: say(pick(list), chosen, speech), topic: life, answers: [], asksOnly: false, chosen };
	}

	function draft(speech: Speech, kept: boolean, tries: number): Writing {
		const { speaker } = speech;
		if (kept) return apart(notes, speech);
		if (maybe(0.006)) return apart(foreign, speech);
		const topic = topicOf(speaker);
		return maybe(speaker.style.titles) ? long(topic, speech) : short(topic, speech, tries);
	}

	function decorated({ content, topic, title, chosen }: Writing, speech: Speech): string {
		const { style } = speech.speaker;
		let text = content;
		if (maybe(style.emoji)) text += ` ${pick(topic.emoji)}`;
		if (maybe(style.tags)) {
			const tags = new Set([pick(topic.tags), pick(topic.tags)]);
			text += title ? "\n\n" : " ";
			text += [...tags].map((tag) => `#${say(tag, chosen, speech).replaceAll(" ", "")}`).join(" ");
		}
		return text;
	}

	const written = new Set<string>();

	return {
		/** A post; one that is kept to oneself reads like a note. */
		post(author: Person, at: Date, kept: boolean): Writing {
			const speech = { speaker: author, at };
			// What was written before, by whomever, gets longer or becomes something else.
			for (let tries = 0; ; tries++) {
				const writing = draft(speech, kept, tries);
				const content = decorated(writing, speech);
				if (written.has(content) && tries < 4) continue;
				written.add(content);
				return { ...writing, content };
			}
		},

		/** A comment by somebody who joins the conversation; `said` is what its comments are made of so far. */
		comment(writing: Writing, said: Set<string>, speech: Speech): Remark {
			const { answers, asksOnly, topic } = writing;
			const open = answers.some((answer) => !said.has(answer));
			if (open && maybe(0.8)) return remark(unsaid(answers, said), writing, speech);
			const list = asksOnly ? wonders : maybe(0.75) ? topic.replies : remarks;
			const template = unsaid(list, said);
			// What calls for an answer stands alone.
			if (template.includes("=>") || !maybe(0.3)) return remark(template, writing, speech);
			return remark(`${template} ${unsaid(additions, said)}`, writing, speech);
		},

		/** What the author says to a comment, `answer` if it calls for that. */
		answer(writing: Writing, said: Set<string>, speech: Speech, answer?: string): Remark {
			const template = answer ? (maybe(0.4) ? `@{handle} ${answer}` : answer) : unsaid(thanks, said);
			return remark(template, writing, speech);
		},

		echo: (writing: Writing, said: Set<string>, speech: Speech) => remark(unsaid(echoes, said), writing, speech),

		return: (writing: Writing, said: Set<string>, speech: Speech) => remark(unsaid(returns, said), writing, speech),

		postscript: (writing: Writing, speech: Speech) => remark(pick(postscripts), writing, speech),

		edited: ({ content, chosen }: Writing, author: Person, at: Date): string =>
			`${content}\n\n${tidy(say(pick(edits), chosen, { speaker: author, at }), author)}`,

		bio(author: Person, at: Date): string {
			const hobbies = [...new Set(author.interests)].filter(({ needsPet }) => !needsPet || author.pet);
			const parts = hobbies.slice(0, 1 + chance.below(3)).map(({ hobby }) => `${hobby}.`);
			if (author.pet && maybe(0.3)) parts.push("[Lives with|At home with] {pet} ({animal}).");
			if (maybe(0.4))
				parts.unshift(pick(["In {town}.", "Lives in {town}.", "From {town}, now somewhere else.", "{Town}."]));
			const symbols = hobbies[0]?.emoji ?? [];
			const last = pick([
				...Array(4).fill(""),
				"she/her",
				"he/him",
				"they/them",
				"📍 {town}",
				"Opinions are my own, mostly.",
				...symbols,
			]);
			const speech = { speaker: author, at };
			const chosen: Chosen = new Map();
			return `${tidy(say(parts.join(" "), chosen, speech), author)} ${say(last, chosen, speech)}`.trim();
		},
	};
}
export type Writer = ReturnType<typeof writing>;

/** Words that depend on who speaks to whom, not on what was said before. */
function own(kind: string, { speaker, to, author }: Speech): string | undefined {
	if (kind === "town") return speaker.town;
	if (kind === "self") return speaker.firstName;
	if (kind === "to") return to?.firstName;
	if (kind === "handle") return to?.username;
	if (kind === "name") return author?.firstName;
}

const takesAn = (next: string) => /^([aeio]|u(?!ni|se|k))/i.test(next) && !/^(one|eu)/i.test(next);
