import type { Command } from "@commander-js/extra-typings";
import type { Terminal } from "../../core/terminal";
import { command, json } from "./definition";

export function addClock(root: Command, terminal: Terminal) {
	const clock = command(root, "clock", "let people write again after a wrong clock", ["minifeed clock accept"]);
	command(clock, "accept", "say that the clock is right now, although the database has later times", [
		"minifeed clock accept",
	])
		.addOption(json())
		.action(async (options) => (await import("../clock")).acceptClock(terminal, options));
}
