import type { Command } from "@commander-js/extra-typings";
import type { Terminal } from "../../core/terminal";
import { command, json } from "./definition";

export function addExport(root: Command, terminal: Terminal) {
	command(root, "export", "write everything to a new folder, as JSON lines and files; the server may run", [
		"minifeed export /mnt/usb/feed",
		"minifeed export feed --json",
	])
		.argument("<dir>", "a new or empty folder; keep it as secret as the data")
		.addOption(json())
		.action(async (directory, options) => (await import("../export")).exportAll(terminal, directory, options));
}
