import type { Command } from "@commander-js/extra-typings";
import type { Terminal } from "../../core/terminal";
import { command, count, json } from "./definition";

export function addSeed(root: Command, terminal: Terminal) {
	command(
		root,
		"seed",
		"add a believable small community; same numbers, same community. Interrupted, it leaves a part",
		["minifeed seed", "DATA_DIR=/tmp/try minifeed seed --users 1000 --posts 50000 --seed 7"],
	)
		.addOption(count("--users <number>", "people to make", { fallback: 100, min: 1, max: 100_000 }))
		.addOption(count("--posts <number>", "posts they write", { fallback: 1_000, min: 0, max: 5_000_000 }))
		.addOption(
			count("--seed <number>", "another number makes another community", { fallback: 1, min: 0, max: 2 ** 32 - 1 }),
		)
		.option("-y, --yes", "do not ask, even where people have accounts already")
		.addOption(json())
		.action(async (options) => (await import("../seed")).seedDatabase(terminal, options));
}
