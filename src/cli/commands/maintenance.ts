import { Argument, type Command } from "@commander-js/extra-typings";
import type { Terminal } from "../../core/terminal";
import { command, json } from "./definition";

export function addMaintenance(root: Command, terminal: Terminal) {
	command(root, "maintenance", "let nobody write for a while, and everybody read; survives a restart", [
		'minifeed maintenance on --message "Back at six"',
		"minifeed maintenance off",
	])
		.addArgument(new Argument("<what>").choices(["on", "off", "status"] as const))
		.option("--message <text>", "what is told to those who try")
		.addOption(json())
		.action(async (what, options) => (await import("../maintenance")).setMaintenance(terminal, what, options));
}
