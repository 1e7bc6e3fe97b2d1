import { Argument, type Command } from "@commander-js/extra-typings";
import type { Terminal } from "../../core/terminal";
import { command, json } from "./definition";

export function addMaintenance(root: Command, terminal: Terminal) {
	command(root, "maintenance", "set read-only mode, which stays on after a restart", [
		'minifeed maintenance on --message "Back at six"',
		"minifeed maintenance off",
	])
		.addArgument(new Argument("<what>").choices(["on", "off", "status"] as const))
		.option("--message <text>", "the message for clients that try to write")
		.addOption(json())
		.action(async (what, options) => (await import("../maintenance")).setMaintenance(terminal, what, options));
}
