import { readFileSync } from "node:fs";
import type { Environment } from "./config";
import { fromEnvFile, readEnvFile } from "./env-file";

/**
 * Adds the options of the file `.env`. A variable of the environment, even an empty one, overrides the file.
 * Returns warnings for the operator, a sentence each. Throws like `readEnvFile`.
 */
export async function addEnvFile(env: Environment): Promise<string[]> {
	if (env[fromEnvFile] !== undefined) return []; // the parent process has added them
	dropReadByBun(env);
	const { values, warnings } = readEnvFile();
	const added: string[] = [];
	if (values.size > 0) {
		const { isOption, unknownOption } = await import("./config"); // the import takes 50 ms, and most servers have no file
		// BACKUP_SCHEDULE needs TZ. Other names could make Bun or the system run code that the file names.
		const isRead = (name: string) => isOption(name) || name === "TZ";
		for (const [name, value] of values) {
			const unknown = unknownOption(name, value);
			if (unknown) warnings.push(`.env: ${unknown}`);
			if (!isRead(name) || env[name] !== undefined || env[otherForm(name)]) continue;
			env[name] = value;
			added.push(name);
		}
	}
	env[fromEnvFile] = added.join(" ");
	return warnings;
}

/** Maps NAME to NAME_FILE and back. `readOptions` refuses both together. */
const otherForm = (name: string) => (name.endsWith("_FILE") ? name.slice(0, -"_FILE".length) : `${name}_FILE`);

/**
 * Removes variables that Bun read from `.env` files by its own rules. Bun does so when it runs the source without our
 * bunfig.toml. On Linux, /proc has the original environment.
 */
function dropReadByBun(env: Environment) {
	if (Bun.isStandaloneExecutable || process.execArgv.some((argument) => argument.startsWith("--env-file"))) return;
	let begun: string[];
	try {
		begun = readFileSync("/proc/self/environ", "utf8").split("\0");
	} catch {
		return;
	}
	const names = new Set(begun.map((line) => line.slice(0, line.indexOf("="))));
	for (const name of Object.keys(env)) if (!names.has(name) && name !== "NODE_ENV") delete env[name];
}
