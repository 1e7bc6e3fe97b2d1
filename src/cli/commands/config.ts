import type { Command } from "@commander-js/extra-typings";
import type { Terminal } from "../../core/terminal";
import { command, json } from "./definition";

export function addConfig(root: Command, terminal: Terminal) {
	command(root, "config", "show the value of every option, with secrets masked", [
		"minifeed config",
		"PORT=9000 minifeed config --json",
	])
		.addOption(json())
		.action(async (options) => (await import("../config")).showConfig(terminal, options));
}
