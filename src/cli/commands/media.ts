import type { Command } from "@commander-js/extra-typings";
import type { Terminal } from "../../core/terminal";
import { command, json } from "./definition";

export function addMedia(root: Command, terminal: Terminal) {
	const media = command(root, "media", "show and clean up the picture files", [
		"minifeed media usage",
		"minifeed media sweep --dry-run",
	]);
	command(media, "usage", "list the bytes that the pictures of each user take, the largest first", [
		"minifeed media usage --json",
	])
		.addOption(json())
		.action(async (options) => (await import("../media")).mediaUsage(terminal, options));
	command(media, "sweep", "delete orphaned files; the server does so at its start and once a day", [
		"minifeed media sweep --dry-run",
		"minifeed media sweep",
	])
		.option("--dry-run", "count only; change nothing")
		.addOption(json())
		.action(async (options) => (await import("../media")).sweepMedia(terminal, options));
}
