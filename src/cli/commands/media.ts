import type { Command } from "@commander-js/extra-typings";
import type { Terminal } from "../../core/terminal";
import { command, json } from "./definition";

export function addMedia(root: Command, terminal: Terminal) {
	const media = command(root, "media", "see and tidy the files of pictures", [
		"minifeed media usage",
		"minifeed media sweep --dry-run",
	]);
	command(media, "usage", "list what the pictures of each person take, the most first", ["minifeed media usage --json"])
		.addOption(json())
		.action(async (options) => (await import("../media")).mediaUsage(terminal, options));
	command(media, "sweep", "delete files that belong to nothing; the server does it at its start and once a day", [
		"minifeed media sweep --dry-run",
		"minifeed media sweep",
	])
		.option("--dry-run", "only count, and change nothing")
		.addOption(json())
		.action(async (options) => (await import("../media")).sweepMedia(terminal, options));
}
