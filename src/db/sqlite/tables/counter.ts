import { getTableName } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";

/** A counter that triggers maintain: its column, and SQL that counts the rows again. */
export type Counter = { what: string; table: string; column: string; count: string };

/** Counts the rows whose column `of` refers to the row with the counter. */
export function countOf(what: string, counter: SQLiteColumn, of: SQLiteColumn, where = "1"): Counter {
	const table = getTableName(counter.table);
	const count = `SELECT count(*) FROM ${getTableName(of.table)} WHERE ${of.name} = ${table}.key AND ${where}`;
	return { what, table, column: counter.name, count };
}

/** SQL for the rows of a table with a wrong counter. */
export const wrongRows = ({ table, column, count }: Counter) => `${table} WHERE ${column} <> (${count})`;
