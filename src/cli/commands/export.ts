import type { Command } from "@commander-js/extra-typings";
import type { Terminal } from "../../core/terminal";
import { command, json } from "./definition";

export function addExport(root: Command, terminal: Terminal) {
	command(
		root,
		"export",
		"write everything into a new folder, as JSON lines and files for other programs, beside the server",
		["minifeed export /mnt/usb/feed", "minifeed export feed --json"],
	)
		.argument("<dir>", "a folder that is not there yet, or empty; it will be as secret as the data")
		.addOption(json())
		.action(async (directory, options) => (await import("../export")).exportAll(terminal, directory, options));
}
