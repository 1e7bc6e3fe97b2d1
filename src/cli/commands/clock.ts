import type { Command } from "@commander-js/extra-typings";
import type { Terminal } from "../../core/terminal";
import { command, json } from "./definition";

export function addClock(root: Command, terminal: Terminal) {
	const clock = command(root, "clock", "allow writes again after the clock was wrong", ["minifeed clock accept"]);
	command(clock, "accept", "accept the current time, although the database has later times", ["minifeed clock accept"])
		.addOption(json())
		.action(async (options) => (await import("../clock")).acceptClock(terminal, options));
}
