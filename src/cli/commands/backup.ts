import { type Command, Option } from "@commander-js/extra-typings";
import type { Terminal } from "../../core/terminal";
import { command, json } from "./definition";

export function addBackup(root: Command, terminal: Terminal) {
	command(root, "backup", "back up everything to one file; the server may run; keep the file as secret as the data", [
		"minifeed backup",
		"minifeed backup /mnt/usb/minifeed.tar.zst --json",
	])
		.argument("[file]", "path of the backup (default: DATA_DIR/backups/minifeed-TIME.tar.zst)")
		.addOption(json())
		.addOption(new Option("--until-input-ends").hideHelp()) // the server passes it to its child process
		.action(async (file, options) => (await import("../backup")).backup(terminal, file, options));
}
