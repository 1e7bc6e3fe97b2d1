import type { Command } from "@commander-js/extra-typings";
import type { Terminal } from "../../core/terminal";
import { command, json } from "./definition";

export function addMigrate(root: Command, terminal: Terminal) {
	const migrate = command(root, "migrate", "bring the database up to date; a start of the server does it too", [
		"minifeed migrate status",
		"minifeed migrate apply",
	]);
	command(migrate, "status", "list the migrations, applied and pending, and change nothing", [
		"minifeed migrate status",
	])
		.addOption(json())
		.action(async (options) => (await import("../migrate")).migrationStatus(terminal, options));
	command(migrate, "apply", "apply what is pending", ["minifeed migrate apply"])
		.addOption(json())
		.action(async (options) => (await import("../migrate")).applyMigrations(terminal, options));
}
