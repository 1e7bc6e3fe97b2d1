import { linesOf } from "./corpus";
import type { Person } from "./people";
import { type Chance, hour } from "./random";
import { awake, type Draft } from "./readers";
import { unsaid, type Writing } from "./writing";
import type { Year } from "./year";

/** Of a post, on average, where there are enough people. */
const commentsPerPost = 1.35;

export type Comment = { by: Person; content: string; at: number };

/** The comments on a post, oldest first. `interest` is its attraction, where the average post has 1. */
export function commentsOn(year: Year, draft: Draft, writing: Writing, interest: number): Comment[] {
	const { chance, end } = year;
	const mean = commentsPerPost * (interest ** 0.7 * (writing.answers.length ? 2 : 0.8));
	const wanted = Math.min(40, Math.floor(chance.exponential(mean) + 0.5));
	const { comments, add, addNext } = conversation(year, draft, writing);
	let at = draft.at;
	for (let i = 0; i < wanted; i++) {
		at = awake(Math.floor(at + 20_000 + chance.exponential(i === 0 ? 2 * hour : hour)), chance);
		if (at >= end || !addNext(at)) break;
	}
	if (chance.maybe(0.01) && at + hour < end)
		add(draft.author, at + hour, year.voice.chance.pick(linesOf("postscripts")));
	return comments;
}

function conversation({ chance, voice, readers }: Year, draft: Draft, writing: Writing) {
	const { author } = draft;
	const comments: Comment[] = [];
	const said = new Set<string>();
	const unsaidOf = (section: string) => unsaid(voice.chance, linesOf(section), said);
	/** The last commenter without an answer of the author, and the answer that the comment calls for. */
	let open: { by: Person; answer?: string } | null = null;
	/** The last commenter whom the author answered. */
	let answered: Person | null = null;

	const add = (by: Person, at: number, template: string, to?: Person) => {
		const content = voice.tell(template, { ...writing.speech, at: new Date(at), speaker: by, to });
		comments.push({ by, content, at });
	};

	/** False when no newcomer is left. */
	function addNewcomer(at: number, last: Person | undefined): boolean {
		const by = readers.newcomer(draft, comments);
		if (!by || by === author) return false;
		const isEcho = last && last !== author && last !== by && chance.maybe(0.15);
		const template = isEcho ? unsaidOf("echoes") : remark(writing, voice.chance, said);
		const [text = "", answer] = template.split("=>");
		add(by, at, text, isEcho ? last : author);
		open = { by, answer: answer?.trim() };
		return true;
	}

	/** Adds an answer of the author, a return of the answered, or a newcomer's comment. False ends the conversation. */
	function addNext(at: number): boolean {
		const last = comments.at(-1)?.by;
		if (open && chance.maybe(open.answer ? 0.75 : 0.3)) {
			const { answer } = open;
			const template = !answer ? unsaidOf("thanks") : voice.chance.maybe(0.4) ? `@{handle} ${answer}` : answer;
			comments.push({ by: author, content: textOf(template, author, open.by), at });
			[answered, open] = [open.by, null];
			return true;
		}
		if (answered && last === author && chance.maybe(0.25)) {
			add(answered, at, unsaidOf("returns"), author);
			answered = null;
			return true;
		}
		return addNewcomer(at, last);
	}

	return { comments, add, addNext };
}

/** The comment of a newcomer. */
function remark({ answers, asksOnly, topic }: Writing, chance: Chance, said: Set<string>): string {
	const isOpen = answers.some((answer) => !said.has(answer));
	if (isOpen && chance.maybe(0.8)) return unsaid(chance, answers, said);
	const list = asksOnly ? linesOf("wonders") : chance.maybe(0.75) ? topic.replies : linesOf("remarks");
	const template = unsaid(chance, list, said);
	// A comment that calls for an answer stands alone.
	if (template.includes("=>") || !chance.maybe(0.3)) return template;
	return `${template} ${unsaid(chance, linesOf("additions"), said)}`;
}
