import { type Command, Option } from "@commander-js/extra-typings";
import type { Terminal } from "../../core/terminal";
import { command, json, type SetExitCode } from "./definition";

export function addDoctor(root: Command, terminal: Terminal, setExitCode: SetExitCode) {
	command(root, "doctor", "look for what is wrong, beside the server, and say how it is mended", [
		"minifeed doctor",
		"minifeed doctor --fix",
		"minifeed doctor --json",
	])
		.option("--fix", "mend what can be mended without a risk, and say what that was")
		.addOption(json())
		.addOption(new Option("--of-server").hideHelp()) // for the server, which runs this with its own environment
		.addHelpText("after", "\nExit codes: 0 all is well, 3 warnings, 4 errors.")
		.action(async (options) => setExitCode(await (await import("../doctor")).doctor(terminal, options)));
}
