import { effectiveOptions } from "../config";
import { printJson, printTable, type Terminal } from "./terminal";

/** Shows every option as the server would see it. Secrets only as set or not. */
export function showConfig(terminal: Terminal, { json }: { json?: boolean }) {
	const found = effectiveOptions(terminal.env);
	if (json) return printJson(terminal, Object.fromEntries(found.map(({ name, value }) => [name, value])));
	printTable(
		terminal,
		["OPTION", "VALUE", "FROM"],
		found.map(({ name, value, isSet }) => [name, String(value ?? "—"), isSet ? "environment" : "default"]),
	);
}
