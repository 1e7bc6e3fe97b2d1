import type { Command } from "@commander-js/extra-typings";
import type { Terminal } from "../../core/terminal";
import { command, json } from "./definition";

export function addImport(root: Command, terminal: Terminal) {
	command(
		root,
		"import",
		"make an instance of an exported one, when no server runs; or add what one person took along",
		[
			"DATA_DIR=/srv/minifeed minifeed import /mnt/usb/feed --dry-run",
			"DATA_DIR=/srv/minifeed minifeed import /mnt/usb/feed",
			"minifeed import minifeed-ada-2026-11-23.zip --as ada",
		],
	)
		.argument("<source>", "a folder that `minifeed export` wrote, while nobody has an account; or a ZIP, with --as")
		.option("--as <name>", "whose the ZIP is to be that somebody got of another instance; beside the server")
		.option("--dry-run", "read all of it, say what would happen, and change nothing")
		.addOption(json())
		.action(async (source, options) => (await import("../import")).importFrom(terminal, source, options));
}
