import type { Command } from "@commander-js/extra-typings";
import { print, printJson, type Terminal } from "../../core/terminal";
import { commit, name, version } from "../../core/version";
import { command, json } from "./definition";

export function addVersion(root: Command, terminal: Terminal) {
	command(root, "version", "print version and commit", ["minifeed version --json"])
		.addOption(json())
		.action(({ json }) => (json ? printJson(terminal, { version, commit, bun: Bun.version }) : print(terminal, name)));
}
