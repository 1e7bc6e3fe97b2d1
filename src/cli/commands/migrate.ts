import type { Command } from "@commander-js/extra-typings";
import type { Terminal } from "../../core/terminal";
import { command, json } from "./definition";

export function addMigrate(root: Command, terminal: Terminal) {
	const migrate = command(root, "migrate", "apply pending migrations, as the start of the server does", [
		"minifeed migrate status",
		"minifeed migrate apply",
	]);
	command(migrate, "status", "list applied and pending migrations", ["minifeed migrate status"])
		.addOption(json())
		.action(async (options) => (await import("../migrate")).migrationStatus(terminal, options));
	command(migrate, "apply", "apply the pending migrations", ["minifeed migrate apply"])
		.addOption(json())
		.action(async (options) => (await import("../migrate")).applyMigrations(terminal, options));
}
