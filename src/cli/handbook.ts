import type { Terminal } from "../core/terminal";
import { pageOf, pages } from "../handbook";
import { pageColumns, renderForTerminal } from "../handbook/terminal";
import type { Topic } from "../handbook/topics";

/** Prints a page of the handbook: rendered on a terminal, as Markdown into a pipe or file. */
export function printPage({ env, stdout }: Terminal, topic: Topic) {
	const { markdown } = pageOf(topic);
	const isPlain = !stdout.isTTY || env.NO_COLOR;
	stdout.write(`${isPlain ? markdown.trimEnd() : renderForTerminal(markdown, pageColumns(stdout))}\n`);
}

/** Prints the topics of the handbook, each with its summary. */
export function printTopics({ stdout }: Terminal) {
	const width = pageColumns(stdout) - indent.length;
	const lines = pages.map(({ topic, summary }) => {
		const [first, ...others] = Bun.wrapAnsi(summary.replaceAll("`", ""), width).split("\n");
		return [`  ${topic.padEnd(indent.length - 2)}${first}`, ...others.map((line) => indent + line)].join("\n");
	});
	stdout.write(`\nPages of the handbook (minifeed help TOPIC):\n${lines.join("\n")}\n`);
}

const indent = " ".repeat(22);
