import { type Command, Option } from "@commander-js/extra-typings";
import type { Terminal } from "../../core/terminal";
import { command, json } from "./definition";

export function addBackup(root: Command, terminal: Terminal) {
	command(root, "backup", "save everything into one file, beside the server; it is as secret as the data", [
		"minifeed backup",
		"minifeed backup /mnt/usb/minifeed.tar.zst --json",
	])
		.argument("[file]", "where; by default a name with the time, in backups/ in DATA_DIR")
		.addOption(json())
		.addOption(new Option("--until-input-ends").hideHelp()) // for the server, which runs this
		.action(async (file, options) => (await import("../backup")).backup(terminal, file, options));
}
