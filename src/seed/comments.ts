import { linesOf } from "./corpus";
import type { Person } from "./people";
import { hour, type Random } from "./random";
import { awake, type Draft } from "./readers";
import { unsaid, type Writing } from "./writing";
import type { Year } from "./year";

/** Average in a community with enough people. */
const commentsPerPost = 1.35;

export type Comment = { by: Person; content: string; at: number };

type Conversation = {
	draft: Draft;
	writing: Writing;
	comments: Comment[];
	/** Templates that were used. */
	said: Set<string>;
	/** The last commenter without an answer of the author, and the answer that the comment calls for. */
	open?: { by: Person; answer?: string };
	/** The last commenter who got an answer of the author. */
	answered?: Person;
};

/** The comments on a post, oldest first. `interest` is its attraction, where the average post has 1. */
export function commentsOn(year: Year, draft: Draft, writing: Writing, interest: number): Comment[] {
	const { random, voice, end } = year;
	const mean = commentsPerPost * (interest ** 0.7 * (writing.answers.length ? 2 : 0.8));
	const wanted = Math.min(40, Math.floor(random.exponential(mean) + 0.5));
	const conversation: Conversation = { draft, writing, comments: [], said: new Set() };
	const { comments } = conversation;
	let at = draft.at;
	for (let i = 0; i < wanted; i++) {
		at = awake(Math.floor(at + 20_000 + random.exponential(i === 0 ? 2 * hour : hour)), random);
		const comment = at < end && nextComment(year, conversation, at);
		if (!comment) break;
		comments.push(comment);
	}
	if (random.maybe(0.01) && at + hour < end) {
		const postscript = voice.random.pick(linesOf("postscripts"));
		const content = voice.tell(postscript, { ...writing.speech, at: new Date(at) });
		comments.push({ by: draft.author, content, at: at + hour });
	}
	return comments;
}

/** An answer of the author, another word of a commenter, or the comment of a newcomer; null when there is none. */
function nextComment({ readers, random, voice }: Year, conversation: Conversation, at: number): Comment | null {
	const { draft, writing, comments, said, open, answered } = conversation;
	const { author } = draft;
	const last = comments.at(-1)?.by;
	const unsaidOf = (section: string) => unsaid(voice.random, linesOf(section), said);
	const comment = (by: Person, to: Person, template: string) => {
		const content = voice.tell(template, { ...writing.speech, at: new Date(at), speaker: by, to });
		return { by, content, at };
	};

	if (open && random.maybe(open.answer ? 0.75 : 0.3)) {
		conversation.answered = open.by;
		conversation.open = undefined;
		const { answer } = open;
		if (!answer) return comment(author, open.by, unsaidOf("thanks"));
		return comment(author, open.by, voice.random.maybe(0.4) ? `@{handle} ${answer}` : answer);
	}
	if (answered && last === author && random.maybe(0.25)) {
		conversation.answered = undefined;
		return comment(answered, author, unsaidOf("returns"));
	}
	const by = readers.newcomer(draft, comments);
	if (!by || by === author) return null;
	const isEcho = last && last !== author && last !== by && random.maybe(0.15);
	const template = isEcho ? unsaidOf("echoes") : remark(writing, voice.random, said);
	const [text = "", answer] = template.split("=>");
	conversation.open = { by, answer: answer?.trim() };
	return comment(by, isEcho ? last : author, text);
}

/** The comment of a newcomer. */
function remark({ answers, asksOnly, topic }: Writing, random: Random, said: Set<string>): string {
	const isOpen = answers.some((answer) => !said.has(answer));
	if (isOpen && random.maybe(0.8)) return unsaid(random, answers, said);
	const list = asksOnly ? linesOf("wonders") : random.maybe(0.75) ? topic.replies : linesOf("remarks");
	const template = unsaid(random, list, said);
	// A comment that calls for an answer stands alone.
	if (template.includes("=>") || !random.maybe(0.3)) return template;
	return `${template} ${unsaid(random, linesOf("additions"), said)}`;
}
