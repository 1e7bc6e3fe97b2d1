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

/** In the order of the help text. */
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

/** Runs the command of `args` and returns its exit code. Prints help, and errors in the arguments. */
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

// Each action imports its implementation lazily: `healthcheck` runs twice a minute and needs no other.
function program(terminal: Terminal, setExitCode: SetExitCode) {
	const root = new Command("minifeed")
		.description("A small social network, self-hosted: one program, one SQLite file.")
		.version(name, "-V, --version", "print version and commit")
		.helpOption("-h, --help", "show the help of the program or a command")
		.configureOutput({
			writeOut: (text) => terminal.stdout.write(harmless(text)),
			writeErr: (text) => terminal.stderr.write(harmless(text)),
		})
		.helpCommand(false)
		.showHelpAfterError("Add --help to see the usage.")
		.exitOverride()
		.addHelpText(
			"after",
			`
Options come from environment variables or from a file .env in this folder. \`minifeed config\` shows them.
Stop the server before \`restore\`, \`rollback\` and \`import\` of an instance. All other commands work while it runs.
Exit codes: 0 success, 1 refused (standard error has the reason), 2 wrong arguments.
${handbookLine}

Examples:
  minifeed
  minifeed user create ada --email ada@example.com --role admin
  minifeed seed --users 50 --posts 500`,
		);

	for (const add of commands) add(root, terminal, setExitCode);
	return root;
}
