import type { Faker } from "@faker-js/faker";
import { conversation } from "./conversation";
import { decorated, draft, unsaid, type Voice, type Writing } from "./drafts";
import type { Person } from "./people";
import type { Chance } from "./random";
import { type Speech, templates, tidy } from "./templates";

export type { Writing } from "./drafts";

export type Remark = {
	content: string;
	/** The answer that its addressee may give. */
	answer?: string;
};

export type Writer = ReturnType<typeof writing>;

/** Makes up the texts of posts, comments and profiles. */
export function writing(faker: Faker, chance: Chance) {
	const voice: Voice = { chance, say: templates(faker, chance) };
	const { maybe, pick } = chance;
	const written = new Set<string>();

	function remark(template: string, { chosen }: Writing, speech: Speech): Remark {
		const [comment = "", answer] = template.split("=>");
		return { content: tidy(voice.say(comment.trim(), chosen, speech), speech.speaker), answer: answer?.trim() };
	}

	return {
		/** A post. A private one reads like a note. */
		post(author: Person, at: Date, isPrivate: boolean): Writing {
			const speech = { speaker: author, at };
			// Another draft, where an earlier post has the same text.
			for (let tries = 0; ; tries++) {
				const writing = draft(voice, speech, isPrivate, tries);
				const content = decorated(voice, writing, speech);
				if (written.has(content) && tries < 4) continue;
				written.add(content);
				return { ...writing, content };
			}
		},

		/** The comment of a newcomer; `said` has the templates of the conversation so far. */
		comment(writing: Writing, said: Set<string>, speech: Speech): Remark {
			const { answers, asksOnly, topic } = writing;
			const isOpen = answers.some((answer) => !said.has(answer));
			if (isOpen && maybe(0.8)) return remark(unsaid(chance, answers, said), writing, speech);
			const list = asksOnly ? conversation.wonders : maybe(0.75) ? topic.replies : conversation.remarks;
			const template = unsaid(chance, list, said);
			// A comment that calls for an answer stands alone.
			if (template.includes("=>") || !maybe(0.3)) return remark(template, writing, speech);
			return remark(`${template} ${unsaid(chance, conversation.additions, said)}`, writing, speech);
		},

		/** The author's answer to a comment; `answer` if the comment calls for that. */
		answer(writing: Writing, said: Set<string>, speech: Speech, answer?: string): Remark {
			const template = answer
				? maybe(0.4)
					? `@{handle} ${answer}`
					: answer
				: unsaid(chance, conversation.thanks, said);
			return remark(template, writing, speech);
		},

		echo: (writing: Writing, said: Set<string>, speech: Speech) =>
			remark(unsaid(chance, conversation.echoes, said), writing, speech),

		return: (writing: Writing, said: Set<string>, speech: Speech) =>
			remark(unsaid(chance, conversation.returns, said), writing, speech),

		postscript: (writing: Writing, speech: Speech) => remark(pick(conversation.postscripts), writing, speech),

		edited: ({ content, chosen }: Writing, author: Person, at: Date): string =>
			`${content}\n\n${tidy(voice.say(pick(conversation.edits), chosen, { speaker: author, at }), author)}`,

		bio: (author: Person, at: Date) => bio(voice, author, at),
	};
}

function bio({ chance, say }: Voice, author: Person, at: Date): string {
	const { maybe, pick } = chance;
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
	const chosen = new Map<string, string>();
	return `${tidy(say(parts.join(" "), chosen, speech), author)} ${say(last, chosen, speech)}`.trim();
}
