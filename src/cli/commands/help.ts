import type { Command } from "@commander-js/extra-typings";
import { nearest } from "../../core/nearest";
import type { Terminal } from "../../core/terminal";
import { exactTopic, firstWord, type Topic, topics, topicsWithPrefix } from "../../handbook/topics";
import { command } from "./definition";

/** The line of `--help` about the handbook. */
export const handbookLine =
	"Handbook: `minifeed help` lists the topics, and `minifeed help TOPIC` shows a page, such as `minifeed help backup`.";

/** The page that says more about a command and its subcommands. */
const pageOfCommand: Record<string, Topic> = {
	serve: "operate",
	user: "moderation",
	seed: "testing",
	config: "configure",
	openapi: "api",
	healthcheck: "operate",
	doctor: "troubleshooting",
	migrate: "upgrade",
	backup: "backup-and-restore",
	restore: "backup-and-restore",
	rollback: "upgrade",
	export: "transfer",
	import: "transfer",
	maintenance: "operate",
	clock: "operate",
	media: "pictures",
	audit: "moderation",
	version: "changelog",
};

export function addHelp(root: Command, terminal: Terminal) {
	for (const one of root.commands)
		one.addHelpText("afterAll", () => `\nRead more: minifeed help ${pageOfCommand[one.name()]}`);

	command(root, "help", "show the commands and topics, a page of the handbook, or the help of a command", [
		"minifeed help",
		"minifeed help backup",
		"minifeed help user create",
	])
		.argument("[name...]", "a topic of the handbook, its first letters, or a command")
		.action(async (names) => {
			const pages = () => import("../handbook");
			if (names.length === 0) {
				root.outputHelp();
				return (await pages()).printTopics(terminal);
			}
			const name = names.join(" ");
			const exact = exactTopic(name);
			if (exact) return (await pages()).printPage(terminal, exact);
			const named = commandOf(root, names);
			if (named) return named.outputHelp();
			const [found, ...others] = topicsWithPrefix(name);
			if (found && others.length === 0) return (await pages()).printPage(terminal, found);
			const problem = found ? `'${name}' may be ${[found, ...others].join(" or ")}.` : unknownName(root, name);
			root.error(`error: ${problem} The topics are ${topics.join(", ")}.`);
		});
}

function commandOf(root: Command, names: string[]): Command | undefined {
	let found: Command | undefined = root;
	for (const name of names) found = found?.commands.find((one) => one.name() === name) as Command | undefined;
	return found;
}

function unknownName(root: Command, name: string): string {
	const meant = nearest(name, [...topics, ...topics.map(firstWord), ...root.commands.map((one) => one.name())]);
	return `There is no topic or command '${name}'.${meant ? ` Did you mean '${meant}'?` : ""}`;
}
