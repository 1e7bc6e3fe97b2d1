import { getTableName } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";

/** A count that triggers keep: the column that holds it, and SQL that counts the rows anew. */
export type Counter = { what: string; table: string; column: string; count: string };

/** Counts the rows whose column `of` refers to the row with the counter. */
export function countOf(what: string, counter: SQLiteColumn, of: SQLiteColumn, where = "1"): Counter {
	const table = getTableName(counter.table);
	const count = `SELECT count(*) FROM ${getTableName(of.table)} WHERE ${of.name} = ${table}.key AND ${where}`;
	return { what, table, column: counter.name, count };
}

/** The rows of a table whose count is wrong. */
export const wrongRows = ({ table, column, count }: Counter) => `${table} WHERE ${column} <> (${count})`;
