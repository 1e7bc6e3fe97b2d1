import type { Command } from "@commander-js/extra-typings";
import type { Terminal } from "../../core/terminal";
import { command, json } from "./definition";

export function addRollback(root: Command, terminal: Terminal) {
	command(root, "rollback", "undo the last upgrade while no server runs; then start the older version", [
		"minifeed rollback --dry-run",
		"minifeed rollback",
	])
		.option("--dry-run", "say what would happen; change nothing")
		.addOption(json())
		.action(async (options) => (await import("../rollback")).rollback(terminal, options));
}
