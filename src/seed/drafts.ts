import { conversation } from "./conversation";
import type { Person } from "./people";
import type { Chance } from "./random";
import { type Chosen, type Say, type Speech, tidy } from "./templates";
import { type Topic, topics } from "./topics";

/** A post, and all that the conversation about it needs to know. */
export type Writing = {
	title: string | null;
	content: string;
	topic: Topic;
	chosen: Chosen;
	/** To the question of the post. */
	answers: string[];
	/** True when the post says nothing but its question. */
	asksOnly: boolean;
};

export type Voice = { chance: Chance; say: Say };

const topicList: Topic[] = Object.values(topics);
const { life } = topics;

/** Writes a post. With each of the `tries` it gets longer or becomes another one. */
export function draft(voice: Voice, speech: Speech, isPrivate: boolean, tries: number): Writing {
	const { maybe } = voice.chance;
	if (isPrivate) return withoutTopic(voice, conversation.notes, speech);
	if (maybe(0.006)) return withoutTopic(voice, conversation.foreign, speech);
	const topic = topicOf(voice.chance, speech.speaker);
	return maybe(speech.speaker.style.titles) ? long(voice, topic, speech) : short(voice, topic, speech, tries);
}

/** The content of a post, with emoji and hashtags as its author uses them. */
export function decorated({ chance, say }: Voice, writing: Writing, speech: Speech): string {
	const { maybe, pick } = chance;
	const { content, topic, title, chosen } = writing;
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

/** Picks a sentence that this conversation does not have yet. */
export function unsaid({ pick }: Chance, list: readonly string[], said: Set<string>): string {
	let template = pick(list);
	for (let tries = 0; said.has(template) && tries < 4; tries++) template = pick(list);
	said.add(template);
	return template;
}

function topicOf({ maybe, pick }: Chance, author: Person): Topic {
	const topic = maybe(0.72) ? pick(author.interests) : maybe(0.6) ? life : pick(topicList);
	return topic.needsPet && !author.pet ? life : topic;
}

/** Sentences on a topic, as parts of a text. */
function statement(chance: Chance, topic: Topic, length: number, said: Set<string>): string[] {
	const sentences = [unsaid(chance, topic.say, said)];
	for (let i = 0; i < length; i++) sentences.push(unsaid(chance, topic.more, said));
	return sentences;
}

function short({ chance, say }: Voice, topic: Topic, speech: Speech, least: number): Writing {
	const { maybe, pick } = chance;
	const chosen: Chosen = new Map();
	const said = new Set<string>();
	const { style } = speech.speaker;
	const [question, answers] = maybe(0.2) ? pick(Object.entries(topic.ask)) : [null, []];
	const asksOnly = question !== null && maybe(0.65);
	const length = Math.min(4, least + Math.floor(chance.exponential(style.length)));
	const sentences = asksOnly ? [] : statement(chance, topic, length, said);
	if (maybe(0.08)) sentences.unshift(pick(conversation.openers));
	if (question) sentences.push(question);
	if (asksOnly && maybe(0.3 + 0.3 * least)) sentences.push(pick(conversation.asides));
	const content = tidy(say(sentences.join(" "), chosen, speech), speech.speaker);
	return { title: null, content, topic, answers, asksOnly, chosen };
}

/** With a title, and paragraphs. */
function long({ chance, say }: Voice, topic: Topic, speech: Speech): Writing {
	const { maybe, pick } = chance;
	const chosen: Chosen = new Map();
	const said = new Set<string>();
	const [question, answers] = maybe(0.3) ? pick(Object.entries(topic.ask)) : [null, []];
	const paragraphs = [say(statement(chance, topic, 1 + chance.below(2), said).join(" "), chosen, speech)];
	const more = Math.min(5, Math.floor(chance.exponential(1.2)));
	// Each is about other things, so that it does not contradict the first.
	for (let i = 0; i < more; i++) {
		const sentences = [unsaid(chance, conversation.bridges, said), ...statement(chance, topic, chance.below(3), said)];
		paragraphs.push(say(sentences.join(" "), new Map(), speech));
	}
	if (!more) paragraphs.push(say(unsaid(chance, topic.more, said), chosen, speech));
	if (question) paragraphs.push(say(question, chosen, speech));
	const title = tidy(say(pick(topic.titles), chosen, speech), speech.speaker);
	const content = tidy(paragraphs.join("\n\n"), speech.speaker);
	return { title, content, topic, answers, asksOnly: false, chosen };
}

function withoutTopic({ chance, say }: Voice, list: string[], speech: Speech): Writing {
	const chosen: Chosen = new Map();
	const content = say(chance.pick(list), chosen, speech);
	return { title: null, content, topic: life, answers: [], asksOnly: false, chosen };
}
