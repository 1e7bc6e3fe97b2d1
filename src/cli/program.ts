import { Command, CommanderError } from "@commander-js/extra-typings";
import { exit, type Terminal } from "../core/terminal";
import { harmless } from "../core/text";
import { name } from "../core/version";
import { addAudit } from "./commands/audit";
import { addBackup } from "./commands/backup";
import { addClock } from "./commands/clock";
import { addConfig } from "./commands/config";
import type { SetExitCode } from "./commands/definition";
import { addDoctor } from "./commands/doctor";
import { addExport } from "./commands/export";
import { addHealthcheck } from "./commands/healthcheck";
import { addHelp, handbookLine } from "./commands/help";
import { addImport } from "./commands/import";
import { addMaintenance } from "./commands/maintenance";
import { addMedia } from "./commands/media";
import { addMigrate } from "./commands/migrate";
import { addOpenapi } from "./commands/openapi";
import { addRestore } from "./commands/restore";
import { addRollback } from "./commands/rollback";
import { addSeed } from "./commands/seed";
import { addServe } from "./commands/serve";
import { addUser } from "./commands/user";
import { addVersion } from "./commands/version";

/** In the order of the help. */
const commands = [
	addServe,
	addUser,
	addSeed,
	addConfig,
	addOpenapi,
	addHealthcheck,
	addDoctor,
	addMigrate,
	addBackup,
	addRestore,
	addRollback,
	addExport,
	addImport,
	addMaintenance,
	addClock,
	addMedia,
	addAudit,
	addVersion,
	addHelp,
];

/** Runs the command that the arguments name, and gives its exit code. Prints help and complaints about the arguments. */
export async function runCommand(args: string[], terminal: Terminal): Promise<number> {
	let code: number = exit.done;
	try {
		const setExitCode = (found: number) => {
			code = found;
		};
		await program(terminal, setExitCode).parseAsync(args, { from: "user" });
		return code;
	} catch (error) {
		if (!(error instanceof CommanderError)) throw error;
		return error.exitCode === 0 ? exit.done : exit.misused;
	}
}

// A definition imports the work of its command in the action: `healthcheck` runs twice a minute and needs no other command.
function program(terminal: Terminal, setExitCode: SetExitCode) {
	const root = new Command("minifeed")
		.description("A small social network, self-hosted: one program, one SQLite file.")
		.version(name, "-V, --version", "print version and commit")
		.helpOption("-h, --help", "explain the program, or a command")
		.configureOutput({
			writeOut: (text) => terminal.stdout.write(harmless(text)),
			writeErr: (text) => terminal.stderr.write(harmless(text)),
		})
		.helpCommand(false)
		.showHelpAfterError("Add --help to read how it is used.")
		.exitOverride()
		.addHelpText(
			"after",
			`
Configuration comes from environment variables or a file .env here; \`minifeed config\` shows it.
Every command but \`restore\` without \`--wait\`, \`rollback\` and \`import\` of an instance works while the server runs. Exit codes: 0 done, 1 refused (standard error says why), 2 called wrongly.
${handbookLine}

Examples:
  minifeed
  minifeed user create ada --email ada@example.com --role admin
  minifeed seed --users 50 --posts 500`,
		);

	for (const add of commands) add(root, terminal, setExitCode);
	return root;
}
