import { AppError, CorruptionError, formatError, OperatorError } from "../core/errors";
import { exit, printError, type Terminal } from "../core/terminal";

/** Runs one command and returns its exit code. Without arguments it runs the server. */
export async function run(args: string[], terminal: Terminal): Promise<number> {
	try {
		const isServer = args.length === 0 || (args.length === 1 && args[0] === "serve");
		// The server does not load the definitions of all commands, which takes 20 ms.
		if (!isServer) return await (await import("./program")).runCommand(args, terminal);
		await (await import("../server/start")).serve(terminal);
		return exit.done;
	} catch (error) {
		const known = await describeEngineError(error, terminal);
		const advice = known instanceof CorruptionError ? ` ${await recoveryHint(terminal)}` : "";
		printError(terminal, `${describeError(known)}${advice}`);
		return exit.refused;
	}
}

/** Imports lazily: most commands do not need backups. */
async function recoveryHint({ env }: Terminal): Promise<string> {
	const [{ loadConfig }, folder] = await Promise.all([
		import("../config/config"),
		import("../instance/backup/retention"),
	]);
	return folder.recoveryHint(loadConfig(env).backup.directory);
}

/** Turns an error of the database engine into an OperatorError. */
async function describeEngineError(error: unknown, { env }: Terminal): Promise<unknown> {
	const { engine } = await import("../db/open");
	if (!engine.isOwnError(error)) return error;
	const { loadConfig } = await import("../config/config");
	return engine.describeError(error, loadConfig(env).databasePath);
}

/** Returns the text of an error for a terminal: a sentence for expected errors, otherwise the stack. */
export function describeError(error: unknown): string {
	if (error instanceof OperatorError) return error.message;
	if (error instanceof AppError) return formatError(error);
	return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
