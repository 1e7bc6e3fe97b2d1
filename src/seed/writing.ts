import { linesOf, type Topic, topicNamed, topics } from "./corpus";
import type { Person } from "./people";
import type { Random } from "./random";
import { type Speech, tidy, type Voice } from "./voice";

const noQuestion = { question: "", answers: [] as string[] };

/** A post, and what its comments need to know: the answers to its question, and whether it says nothing else. */
export type Writing = ReturnType<typeof draft>;

/** Writes a post. A private one reads like a note. Writes another draft where an earlier post has the same text. */
export function writePost(voice: Voice, author: Person, at: Date, isPrivate: boolean): Writing {
	for (let tries = 0; ; tries++) {
		const writing = draft(voice, { speaker: author, author, at, chosen: new Map() }, isPrivate, tries);
		const content = decorated(voice, writing);
		if (voice.written.has(content) && tries < 4) continue;
		voice.written.add(content);
		return { ...writing, content };
	}
}

/** Picks a sentence that this conversation does not have yet. */
export function unsaid({ pick }: Random, list: readonly string[], said: Set<string>): string {
	let template = pick(list);
	for (let tries = 0; said.has(template) && tries < 4; tries++) template = pick(list);
	said.add(template);
	return template;
}

/** Longer with each of the `tries`. */
function draft(voice: Voice, speech: Speech, isPrivate: boolean, tries: number) {
	const { maybe, pick } = voice.random;
	const { interests, pet, style } = speech.speaker;
	const life = topicNamed("life");
	const section = isPrivate ? "notes" : maybe(0.006) ? "foreign" : null;
	if (section) {
		const content = voice.say(pick(linesOf(section)), speech);
		return { title: null, content, topic: life, answers: [] as string[], asksOnly: false, speech };
	}
	const topic = maybe(0.72) ? pick(interests) : maybe(0.6) ? life : pick(topics);
	const fitting = topic.needsPet && !pet ? life : topic;
	return maybe(style.titles) ? long(voice, fitting, speech) : short(voice, fitting, speech, tries);
}

function short(voice: Voice, topic: Topic, speech: Speech, tries: number) {
	const { maybe, pick, exponential } = voice.random;
	const { question, answers } = maybe(0.2) ? pick(topic.questions) : noQuestion;
	const asksOnly = question !== "" && maybe(0.65);
	const length = Math.min(4, tries + Math.floor(exponential(speech.speaker.style.length)));
	const sentences = asksOnly ? [] : statement(voice.random, topic, length, new Set());
	if (maybe(0.08)) sentences.unshift(pick(linesOf("openers")));
	if (question) sentences.push(question);
	if (asksOnly && maybe(0.3 + 0.3 * tries)) sentences.push(pick(linesOf("asides")));
	return { title: null, content: voice.tell(sentences.join(" "), speech), topic, answers, asksOnly, speech };
}

/** With a title, and paragraphs. */
function long(voice: Voice, topic: Topic, speech: Speech) {
	const { random, say } = voice;
	const { below, exponential, maybe, pick } = random;
	const said = new Set<string>();
	const { question, answers } = maybe(0.3) ? pick(topic.questions) : noQuestion;
	const paragraphs = [say(statement(random, topic, 1 + below(2), said).join(" "), speech)];
	const more = Math.min(5, Math.floor(exponential(1.2)));
	// Each has words of its own, so that it does not contradict the first.
	for (let i = 0; i < more; i++) {
		const bridge = unsaid(random, linesOf("bridges"), said);
		const sentences = [bridge, ...statement(random, topic, below(3), said)];
		paragraphs.push(say(sentences.join(" "), { ...speech, chosen: new Map() }));
	}
	if (!more) paragraphs.push(say(unsaid(random, topic.more, said), speech));
	if (question) paragraphs.push(say(question, speech));
	const title = voice.tell(pick(topic.titles), speech);
	const content = tidy(paragraphs.join("\n\n"), speech.speaker);
	return { title, content, topic, answers, asksOnly: false, speech };
}

/** Sentences on a topic. */
const statement = (random: Random, { say, more }: Topic, length: number, said: Set<string>) => [
	unsaid(random, say, said),
	...Array.from({ length }, () => unsaid(random, more, said)),
];

/** The content of a post, with emoji and hashtags as its author uses them. */
function decorated({ random, say }: Voice, { content, topic, title, speech }: Writing): string {
	const { maybe, pick } = random;
	const { style } = speech.speaker;
	const text = maybe(style.emoji) ? `${content} ${pick(topic.emoji)}` : content;
	if (!maybe(style.tags)) return text;
	const tags = [...new Set([pick(topic.tags), pick(topic.tags)])];
	return text + (title ? "\n\n" : " ") + tags.map((tag) => `#${say(tag, speech).replaceAll(" ", "")}`).join(" ");
}

export function writeBio(voice: Voice, author: Person, at: Date): string {
	const { below, maybe, pick } = voice.random;
	const hobbies = [...new Set(author.interests)].filter(({ needsPet }) => !needsPet || author.pet);
	const parts = hobbies.slice(0, 1 + below(3)).map(({ hobby }) => `${hobby}.`);
	if (author.pet && maybe(0.3)) parts.push("[Lives with|At home with] {pet} ({animal}).");
	if (maybe(0.4)) parts.unshift(pick(linesOf("places")));
	const signature = pick(["", "", "", "", ...linesOf("signatures"), ...(hobbies[0]?.emoji ?? [])]);
	const speech = { speaker: author, author, at, chosen: new Map() };
	return `${voice.tell(parts.join(" "), speech)} ${voice.say(signature, speech)}`.trim();
}
