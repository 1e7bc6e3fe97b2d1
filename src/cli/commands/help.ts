import type { Command } from "@commander-js/extra-typings";
import type { Terminal } from "../../core/terminal";
import { findTopic, topics } from "../../handbook/topics";
import { command } from "./definition";

/** The line of `--help` that names the pages of the handbook. */
export const handbookLine = `Handbook: \`minifeed help TOPIC\` shows a page: ${topics.join(", ")}.`;

export function addHelp(root: Command, terminal: Terminal) {
	command(root, "help", "show the commands, or a page of the handbook", [
		"minifeed help",
		"minifeed help backup",
		"minifeed help user",
	])
		.argument("[name]", "a topic of the handbook, or a command")
		.action(async (name) => {
			if (name === undefined) return root.outputHelp();
			const topic = findTopic(name);
			if (topic) return (await import("../handbook")).printPage(terminal, topic);
			const named = root.commands.find((one) => one.name() === name);
			if (named) return named.outputHelp();
			root.error(`error: There is no topic or command '${name}'. ${handbookLine}`);
		});
}
