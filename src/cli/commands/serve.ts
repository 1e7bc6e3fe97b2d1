import type { Command } from "@commander-js/extra-typings";
import type { Terminal } from "../../core/terminal";
import { command } from "./definition";

export function addServe(root: Command, terminal: Terminal) {
	command(root, "serve", "run the server until SIGTERM or SIGINT; the default command", [
		"minifeed serve",
		"PORT=9000 DATA_DIR=/srv/minifeed minifeed serve",
	]).action(async () => (await import("../../server/start")).serve(terminal));
}
