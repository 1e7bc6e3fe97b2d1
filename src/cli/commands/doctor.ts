import { type Command, Option } from "@commander-js/extra-typings";
import type { Terminal } from "../../core/terminal";
import { command, json, type SetExitCode } from "./definition";

export function addDoctor(root: Command, terminal: Terminal, setExitCode: SetExitCode) {
	command(root, "doctor", "find problems and say how to fix them; the server may run", [
		"minifeed doctor",
		"minifeed doctor --fix",
		"minifeed doctor --json",
	])
		.option("--fix", "apply the safe fixes, and list them")
		.addOption(json())
		.addOption(new Option("--of-server").hideHelp()) // the server passes it to its child process, which has the same environment
		.addHelpText("after", "\nExit codes: 0 no problems, 3 warnings, 4 errors.")
		.action(async (options) => setExitCode(await (await import("../doctor")).doctor(terminal, options)));
}
