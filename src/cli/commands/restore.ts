import { type Command, Option } from "@commander-js/extra-typings";
import type { Terminal } from "../../core/terminal";
import { command, json } from "./definition";

export function addRestore(root: Command, terminal: Terminal) {
	command(root, "restore", "put back what a backup has, when no server runs; what was there before is kept", [
		"minifeed restore data/backups/minifeed-2026-11-23T04-05-06Z.tar.zst --dry-run",
		"minifeed restore minifeed.tar.zst",
		"minifeed restore minifeed.tar.zst --wait",
		"minifeed restore --revert",
		"minifeed restore --discard-previous",
	])
		.argument("[file]", "a file that `minifeed backup` made")
		.option("--dry-run", "read all of it, say what would happen, and change nothing")
		.option(
			"--wait",
			"do all but the exchange while a server runs, which people can only read; then wait until it stops",
		)
		.option("--revert", "bring back the data that the last restore or rollback replaced")
		.addOption(new Option("--undo").hideHelp().implies({ revert: true })) // the old name, for one more release
		.option("--discard-previous", "delete what restores and rollbacks took away")
		.addOption(json())
		.action(async (file, options, command) => {
			const { dryRun, wait, revert, discardPrevious } = options;
			const isOne = [file, revert, discardPrevious].filter(Boolean).length === 1;
			if (!isOne || ((dryRun || wait) && !file) || (dryRun && wait))
				command.error(
					"error: name one file, which --dry-run or --wait goes with, or say either --revert or --discard-previous",
				);
			await (await import("../restore")).restore(terminal, file, options);
		});
}
