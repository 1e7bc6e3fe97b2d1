import { type Audience, awake, type Draft } from "./audience";
import type { Person } from "./people";
import type { Chance } from "./random";
import type { Remark, Writer, Writing } from "./writing";

const hour = 3_600_000;
/** Of a post, on average, where there are enough people. */
const commentsPerPost = 1.35;

export type Comment = { by: Person; content: string; at: number };

type Speakers = { audience: Audience; chance: Chance; write: Writer; end: number };

type Conversation = {
	draft: Draft;
	writing: Writing;
	author: Person;
	comments: Comment[];
	/** Templates that were used. */
	used: Set<string>;
	/** The last commenter without an answer of the author, and the answer that the comment calls for. */
	open: { by: Person; answer?: string } | null;
	/** The last commenter whom the author answered. */
	answered: Person | null;
};

/** The comments on a post, oldest first. `interest` is its attraction, where the average post has 1. */
export function conversation(speakers: Speakers, draft: Draft, writing: Writing, interest: number): Comment[] {
	const { audience, chance, write, end } = speakers;
	const author = audience.person(draft.author);
	const mean = commentsPerPost * (interest ** 0.7 * (writing.answers.length ? 2 : 0.8));
	const wanted = Math.min(40, Math.floor(chance.exponential(mean) + 0.5));
	const comments: Comment[] = [];
	const talk: Conversation = { draft, writing, author, comments, used: new Set(), open: null, answered: null };
	let at = draft.at;
	for (let i = 0; i < wanted; i++) {
		at = awake(Math.floor(at + 20_000 + chance.exponential(i === 0 ? 2 * hour : hour)), chance);
		if (at >= end) break;
		const next = nextRemark(speakers, talk, new Date(at));
		if (!next) break;
		comments.push({ by: next.by, content: next.remark.content, at });
	}
	if (chance.maybe(0.01) && at + hour < end) {
		const { content } = write.postscript(writing, { author, speaker: author, at: new Date(at) });
		comments.push({ by: author, content, at: at + hour });
	}
	return comments;
}

/** An answer of the author, another word of a commenter, or the comment of a newcomer; null when there is none. */
function nextRemark({ audience, chance, write }: Speakers, talk: Conversation, at: Date) {
	const { draft, writing, author, comments, used, open, answered } = talk;
	const remarkOf = (by: Person, remark: Remark) => ({ by, remark });
	const last = comments.at(-1);
	if (open && chance.maybe(open.answer ? 0.75 : 0.3)) {
		talk.answered = open.by;
		talk.open = null;
		const speech = { author, at, speaker: author, to: open.by };
		return remarkOf(author, write.answer(writing, used, speech, open.answer));
	}
	if (answered && last?.by === author && chance.maybe(0.25)) {
		talk.answered = null;
		return remarkOf(answered, write.return(writing, used, { author, at, speaker: answered, to: author }));
	}
	const by = audience.newcomer(draft, comments);
	if (!by || by === author) return null;
	const isEcho = last && last.by !== author && last.by !== by && chance.maybe(0.15);
	const remark = isEcho
		? write.echo(writing, used, { author, at, speaker: by, to: last.by })
		: write.comment(writing, used, { author, at, speaker: by, to: author });
	talk.open = { by, answer: remark.answer };
	return remarkOf(by, remark);
}
