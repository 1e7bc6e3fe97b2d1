import { type Command, Option } from "@commander-js/extra-typings";
import type { Terminal } from "../../core/terminal";
import { command, json } from "./definition";

export function addRestore(root: Command, terminal: Terminal) {
	command(root, "restore", "restore a backup while no server runs; the replaced data is kept", [
		"minifeed restore data/backups/minifeed-2026-11-23T04-05-06Z.tar.zst --dry-run",
		"minifeed restore minifeed.tar.zst",
		"minifeed restore minifeed.tar.zst --wait",
		"minifeed restore --revert",
		"minifeed restore --discard-previous",
	])
		.argument("[file]", "a file from `minifeed backup`")
		.option("--dry-run", "verify the backup and say what would happen; change nothing")
		.option("--wait", "prepare while the server runs in read-only mode; replace the data when it stops")
		.option("--revert", "bring back the data that the last restore or rollback replaced")
		.addOption(new Option("--undo").hideHelp().implies({ revert: true })) // the old name, for one more release
		.option("--discard-previous", "delete the data that restores and rollbacks replaced")
		.addOption(json())
		.action(async (file, options, command) => {
			const { dryRun, wait, revert, discardPrevious } = options;
			const isOne = [file, revert, discardPrevious].filter(Boolean).length === 1;
			if (!isOne || ((dryRun || wait) && !file) || (dryRun && wait))
				command.error(
					"error: name one file, with --dry-run or --wait if you like, or use either --revert or --discard-previous",
				);
			await (await import("../restore")).restore(terminal, file, options);
		});
}
