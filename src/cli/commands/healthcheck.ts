import type { Command } from "@commander-js/extra-typings";
import type { Terminal } from "../../core/terminal";
import { command } from "./definition";

export function addHealthcheck(root: Command, terminal: Terminal) {
	command(root, "healthcheck", "check that the configured server is ready, for containers", [
		"minifeed healthcheck",
		"PORT=9000 minifeed healthcheck",
	]).action(async () => (await import("../healthcheck")).healthcheck(terminal));
}
