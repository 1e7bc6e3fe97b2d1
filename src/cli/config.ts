import { configWarnings, effectiveOptions } from "../config/config";
import { printError, printJson, printTable, type Terminal } from "../core/terminal";

/** Prints the effective value of every option. Secrets are masked. */
export function showConfig(terminal: Terminal, { json }: { json?: boolean }) {
	const found = effectiveOptions(terminal.env);
	if (json) printJson(terminal, Object.fromEntries(found.map(({ name, value }) => [name, value])));
	else
		printTable(
			terminal,
			["OPTION", "VALUE", "FROM"],
			found.map(({ name, value, from }) => [name, String(value ?? "—"), from]),
		);
	for (const warning of [...(terminal.warnings ?? []), ...configWarnings(terminal.env)]) printError(terminal, warning);
}
