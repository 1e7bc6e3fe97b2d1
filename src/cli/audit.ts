import type { Action } from "../accounts/audit/store";
import { loadConfig } from "../config/config";
import { printJson, printTable, type Terminal } from "../core/terminal";
import { openShared } from "../instance/open";

type Options = { limit: number; action?: Action; user?: string; json?: true };

/** Prints the audit log, the newest entry first. */
export async function showAudit(terminal: Terminal, { limit, action, user, json }: Options) {
	const stores = openShared(loadConfig(terminal.env), { create: false });
	try {
		const { items } = await stores.audit.page({ action, user }, { limit });
		if (json) return printJson(terminal, items);
		printTable(
			terminal,
			["TIME", "ACTION", "BY", "TO", "FROM"],
			items.map(({ at, action, actor, actorId, subject, subjectId, address }) => [
				at.toISOString(),
				action,
				actor ?? actorId ?? "—",
				subject ?? subjectId ?? "—",
				address || "—",
			]),
		);
	} finally {
		await stores.close();
	}
}
