import type { Command } from "@commander-js/extra-typings";
import type { Terminal } from "../../core/terminal";
import { command } from "./definition";

export function addOpenapi(root: Command, terminal: Terminal) {
	command(root, "openapi", "print the OpenAPI document", ["minifeed openapi > openapi.json"]).action(async () =>
		(await import("../openapi")).printOpenapi(terminal),
	);
}
