import { loadConfig } from "../config/config";
import { print, printJson, printTable, type Terminal } from "../core/terminal";
import { engine } from "../db/open";
import { openShared } from "../instance/open";

/** Prints the migrations, applied and pending. */
export function migrationStatus(terminal: Terminal, { json }: { json?: boolean }) {
	const found = engine.migrationsOf(loadConfig(terminal.env).databasePath);
	if (json)
		return printJson(
			terminal,
			found.map(({ name, appliedAt, known }) => ({ name, applied_at: appliedAt, known })),
		);
	printTable(
		terminal,
		["MIGRATION", "APPLIED"],
		found.map(({ name, appliedAt, known }) => [
			name,
			`${appliedAt?.toISOString() ?? "pending"}${known ? "" : ", by a newer version"}`,
		]),
	);
}

/** Applies pending migrations. Throws OperatorError while a server that lacks them is running. */
export async function applyMigrations(terminal: Terminal, { json }: { json?: boolean }) {
	const config = loadConfig(terminal.env);
	const pending = engine.migrationsOf(config.databasePath).filter(({ appliedAt }) => appliedAt === null);
	await openShared(config, { create: true }).close();
	const applied = pending.map(({ name }) => name);
	if (json) return printJson(terminal, { applied });
	print(terminal, applied.length === 0 ? "The database is up to date." : `Applied: ${applied.join(", ")}.`);
}
