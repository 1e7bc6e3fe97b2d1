import type { Database } from "bun:sqlite";
import { statSync } from "node:fs";

/** Upper bound of a check's duration as a multiple of `quick_check` of the same table, measured on a million posts. */
const costFactors = { foreign_key_check: 8, integrity_check: 10, search: 15 };

/**
 * The integrity check of a database. Returns a short description of the corruption, or null. Within `budgetMs` it reads every
 * page, then compares rows, indexes and search as far as time allows. Without a budget it checks everything: half a minute
 * for a million posts. Pass a read-only connection, because a writable one merges the WAL when it closes.
 */
export function findCorruption(client: Database, budgetMs = Number.POSITIVE_INFINITY): string | null {
	const { page_size } = client.query<{ page_size: number }, []>("PRAGMA page_size").get() ?? { page_size: 1 };
	if (statSync(client.filename).size % page_size > 0) return "the file is truncated";
	if (budgetMs === Number.POSITIVE_INFINITY) return findAll(client);

	const deadline = performance.now() + budgetMs;
	const leftMs = () => deadline - performance.now();
	const isSound = (pragma: "quick_check" | "integrity_check", table: string) =>
		pragmaValue(client, pragma, table) === "ok";
	const tookMs = new Map<string, number>();
	for (const table of [...tablesOf(client, "table"), ...tablesOf(client, "shadow")]) {
		if (leftMs() < 0) return null;
		const before = leftMs();
		if (!isSound("quick_check", table)) return `table ${table}`;
		tookMs.set(table, before - leftMs());
	}
	for (const [table, ms] of [...tookMs].sort(([, a], [, b]) => a - b)) {
		if (ms * costFactors.foreign_key_check < leftMs() && pragmaValue(client, "foreign_key_check", table) !== null)
			return orphans;
		if (ms * costFactors.integrity_check < leftMs() && !isSound("integrity_check", table)) return `table ${table}`;
	}
	for (const table of tablesOf(client, "virtual"))
		if ((tookMs.get(`${table}_data`) ?? 0) * costFactors.search < leftMs() && !isSound("quick_check", table))
			return `table ${table}`;
	return null;
}

const orphans = "rows refer to missing rows";

function findAll(client: Database): string | null {
	const found = pragmaValue(client, "integrity_check", 1);
	if (found !== "ok") return String(found).trim().split("\n").at(-1) ?? "";
	return pragmaValue(client, "foreign_key_check") === null ? null : orphans;
}

/** The first column of the first row; null without rows. */
function pragmaValue(client: Database, pragma: string, of?: string | number): unknown {
	const row = client.query(`PRAGMA ${pragma}${of === undefined ? "" : `(${JSON.stringify(of)})`}`).get();
	return row === null ? null : Object.values(row as object)[0];
}

const tablesOf = (client: Database, type: "table" | "shadow" | "virtual"): string[] =>
	client
		.query<{ name: string }, [string]>(
			"SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = ? AND name NOT LIKE 'sqlite_%'",
		)
		.all(type)
		.map(({ name }) => name);
