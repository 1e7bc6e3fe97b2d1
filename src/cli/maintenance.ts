import { existsSync } from "node:fs";
import { loadConfig } from "../config/config";
import { OperatorError } from "../core/errors";
import { print, printJson, type Terminal } from "../core/terminal";
import { maintenance } from "../instance/maintenance";

type Options = { message?: string; json?: true };

/** Sets, ends or reports read-only mode. */
export function setMaintenance(terminal: Terminal, what: "on" | "off" | "status", { message = "", json }: Options) {
	const { dataDir } = loadConfig(terminal.env);
	if (!existsSync(dataDir)) throw new OperatorError(`There is no ${dataDir}. Start the server once, or set DATA_DIR.`);
	const { file, begin, end, message: readMessage } = maintenance(dataDir);
	try {
		if (what === "on") begin(message);
		if (what === "off") end();
	} catch {
		throw new OperatorError(`${file} cannot be written. Check the owner of ${dataDir}.`);
	}
	const current = readMessage();
	if (json) return printJson(terminal, { maintenance: current !== null, message: current || null });
	print(
		terminal,
		current === null
			? "Maintenance is off: users can write."
			: "Maintenance is on: within a second the server becomes read-only, until `minifeed maintenance off`.",
	);
}
