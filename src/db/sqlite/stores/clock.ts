import type { Database } from "bun:sqlite";
import type { ClockRecords } from "../../../core/clock";

/**
 * The newest time before `$limit`, from an index or the last row of each table that users write. `audit` has the sign-ins. Of
 * the migrations only the first counts: a later one may just have been applied with the doubtful clock.
 */
const newestSql = `SELECT max(at) FROM (
	SELECT min(applied_at) AS at FROM migrations WHERE applied_at < $limit
	UNION ALL SELECT max(created_at) FROM posts WHERE created_at < $limit
	UNION ALL SELECT max(at) FROM audit WHERE at < $limit
	UNION ALL SELECT max(deleted_at) FROM trash WHERE deleted_at < $limit
	UNION ALL SELECT * FROM (SELECT created_at FROM comments WHERE created_at < $limit ORDER BY key DESC LIMIT 1)
	UNION ALL SELECT * FROM (SELECT created_at FROM sessions WHERE created_at < $limit ORDER BY key DESC LIMIT 1)
)`;

/** Reads the times in a database: at the start, and while the clock is wrong. */
export function clockRecords(client: Database): ClockRecords {
	const time = (sql: string, values: Record<string, number> = {}) =>
		client.query<unknown, Record<string, number>>(sql).values(values)[0]?.[0] as number | null;
	return {
		newest: (limit) => time(newestSql, { limit: limit ?? Number.MAX_SAFE_INTEGER }),
		doubtedFrom: () => time("SELECT doubted_from FROM clock"),
		setDoubtedFrom: (from) => void client.run("UPDATE clock SET doubted_from = ?", [from]),
	};
}
