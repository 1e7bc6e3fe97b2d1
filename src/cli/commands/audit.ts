import { type Command, Option } from "@commander-js/extra-typings";
import { actions } from "../../accounts/audit/store";
import type { Terminal } from "../../core/terminal";
import { command, count, json } from "./definition";

export function addAudit(root: Command, terminal: Terminal) {
	command(root, "audit", "read what happened to accounts, the newest first", [
		"minifeed audit",
		"minifeed audit --user mallory --action sign_in_failed --limit 500",
	])
		.addOption(count("--limit <number>", "how many", { fallback: 50, min: 1, max: 10_000 }))
		.addOption(new Option("--action <action>", "only of this kind").choices(actions))
		.option("--user <name>", "only what this person did, and what was done to them")
		.addOption(json())
		.action(async (options) => (await import("../audit")).showAudit(terminal, options));
}
