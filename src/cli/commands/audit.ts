import { type Command, Option } from "@commander-js/extra-typings";
import { actions } from "../../accounts/audit/store";
import type { Terminal } from "../../core/terminal";
import { command, count, json } from "./definition";

export function addAudit(root: Command, terminal: Terminal) {
	command(root, "audit", "show the audit log of accounts, the newest entry first", [
		"minifeed audit",
		"minifeed audit --user mallory --action sign_in_failed --limit 500",
	])
		.addOption(count("--limit <number>", "number of entries", { fallback: 50, min: 1, max: 10_000 }))
		.addOption(new Option("--action <action>", "show only this action").choices(actions))
		.option("--user <name>", "show only entries by or about this user")
		.addOption(json())
		.action(async (options) => (await import("../audit")).showAudit(terminal, options));
}
