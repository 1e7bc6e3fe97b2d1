import type { Command } from "@commander-js/extra-typings";
import type { Terminal } from "../../core/terminal";
import { command, count, json } from "./definition";

export function addSeed(root: Command, terminal: Terminal) {
	command(root, "seed", "add a realistic made-up community; the same numbers give the same one", [
		"minifeed seed",
		"DATA_DIR=/tmp/try minifeed seed --users 1000 --posts 50000 --seed 7",
	])
		.addOption(count("--users <number>", "number of users", { fallback: 100, min: 1, max: 100_000 }))
		.addOption(count("--posts <number>", "number of posts", { fallback: 1_000, min: 0, max: 5_000_000 }))
		.addOption(count("--seed <number>", "seed of the random generator", { fallback: 1, min: 0, max: 2 ** 32 - 1 }))
		.option("-y, --yes", "do not ask for confirmation, even if accounts exist")
		.addOption(json())
		.action(async (options) => (await import("../seed")).seedDatabase(terminal, options));
}
