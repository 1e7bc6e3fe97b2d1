import { readFileSync } from "node:fs";
import type { Environment } from "./config";
import { fromEnvFile, readEnvFile } from "./env-file";

/**
 * Adds the options of the file `.env`. A variable that is set, even to nothing, counts more than the file. Returns
 * sentences for the operator. Throws like `readEnvFile`.
 */
export async function addEnvFile(env: Environment): Promise<string[]> {
	if (env[fromEnvFile] !== undefined) return []; // by the server that started this process
	dropReadByBun(env);
	const { values, warnings } = readEnvFile();
	const added: string[] = [];
	if (values.size > 0) {
		const { isOption, unknownOption } = await import("./config"); // takes 50 ms, and most have no file
		// TZ is the time zone of BACKUP_SCHEDULE. Other names could make Bun or the system run what the file says.
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

/** The name of a secret and that of its file; both together would be a mistake. */
const otherForm = (name: string) => (name.endsWith("_FILE") ? name.slice(0, -"_FILE".length) : `${name}_FILE`);

/**
 * Run from source in a folder without our bunfig.toml, Bun has read `.env` and its like already, by other rules. Linux
 * still knows what the process began with.
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
