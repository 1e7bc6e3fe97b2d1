import type { Command } from "@commander-js/extra-typings";
import type { Terminal } from "../../core/terminal";
import { command, json } from "./definition";

export function addImport(root: Command, terminal: Terminal) {
	command(root, "import", "import an exported instance while no server runs, or the takeout of one user", [
		"DATA_DIR=/srv/minifeed minifeed import /mnt/usb/feed --dry-run",
		"DATA_DIR=/srv/minifeed minifeed import /mnt/usb/feed",
		"minifeed import minifeed-ada-2026-11-23.zip --as ada",
	])
		.argument(
			"<source>",
			"a folder from `minifeed export`, into an instance without accounts; or a takeout ZIP, with --as",
		)
		.option("--as <name>", "the user who gets the content of the takeout ZIP; the server may run")
		.option("--dry-run", "verify the source and say what would happen; change nothing")
		.addOption(json())
		.action(async (source, options) => (await import("../import")).importFrom(terminal, source, options));
}
