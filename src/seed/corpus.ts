import conversationText from "./corpus/conversation.txt" with { type: "text" };
import seasonsText from "./corpus/seasons.txt" with { type: "text" };
import topicsText from "./corpus/topics.txt" with { type: "text" };
import wordsText from "./corpus/words.txt" with { type: "text" };

/** The lines below each heading `# name: explanation`. A repeated line is picked more often. */
const sections = new Map<string, string[]>();
for (const text of [conversationText, seasonsText, topicsText, wordsText])
	for (const section of text.split(/^# /m).slice(1)) {
		const [heading = "", ...lines] = section.split(/\r?\n/).filter(Boolean);
		sections.set(heading.replace(/:.*/, ""), lines);
	}

export function linesOf(name: string): string[] {
	const lines = sections.get(name);
	if (!lines) throw new Error(`The corpus has no section "${name}".`);
	return lines;
}

/** A subject of posts. In its templates `[a|b]` is one of both, and `{dish}` a word of the section `dish`. */
export type Topic = ReturnType<typeof topicOf>;

function topicOf(name: string) {
	const section = (part: string) => linesOf(`${name} ${part}`);
	const words = (part: string) => section(part).join(" ").split(" ");
	return {
		name,
		/** For bios: "Bakes." */
		hobby: section("hobby").join(" "),
		tags: words("tags"),
		emoji: words("emoji"),
		titles: section("titles"),
		/** First sentences of a post. */
		say: section("say"),
		/** Sentences that may follow any of `say`. */
		more: section("more"),
		questions: questionsOf(section("ask")),
		/** Comments. The author's answer stands after `=>`. */
		replies: section("replies"),
		needsPet: name === "pets",
	};
}

/** A line is a question; the lines with a dash below it are its answers. */
const questionsOf = (lines: string[]) =>
	lines
		.join("\n")
		.split(/\n(?!- )/)
		.map((block) => {
			const [question = "", ...answers] = block.split("\n- ");
			return { question, answers };
		});

/** The seed picks from them by their order. */
export const topics = linesOf("topics").map(topicOf);
export const topicNamed = (name: string) => topics.find((topic) => topic.name === name) as Topic;
