import type { Terminal } from "../core/terminal";
import { pageOf } from "../handbook";
import { renderForTerminal } from "../handbook/terminal";
import type { Topic } from "../handbook/topics";

/** Prints a page of the handbook: rendered on a terminal, as Markdown into a pipe or file. */
export function printPage({ env, stdout }: Terminal, topic: Topic) {
	const { markdown } = pageOf(topic);
	const isPlain = !stdout.isTTY || env.NO_COLOR;
	stdout.write(`${isPlain ? markdown.trimEnd() : renderForTerminal(markdown, stdout.columns ?? 80)}\n`);
}
