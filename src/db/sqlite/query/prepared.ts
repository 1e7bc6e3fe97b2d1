import type { SQLQueryBindings } from "bun:sqlite";
import { is, Placeholder, type Query } from "drizzle-orm";
import { lazily } from "../../../core/lazily";
import type { Readable } from "./atomic";

/** Values by the names of the placeholders. */
type Values = Record<string, SQLQueryBindings | undefined>;

/**
 * Builds a query with drizzle at its first use, and runs it without drizzle. Rows are tuples of SQLite values in the order of
 * the columns. For queries of every request: drizzle spends 5 µs a query on placeholders and rows, as long as SQLite needs
 * to read a post.
 */
export function prepareRows<Row extends unknown[]>(
	db: Readable,
	build: () => { toSQL(): Query },
): (values: Values) => Row[] {
	const prepared = lazily(() => {
		const { sql, params } = build().toSQL();
		const statement = db.$client.prepare<unknown, SQLQueryBindings[]>(sql);
		const bind = params.map((param) =>
			is(param, Placeholder) ? (values: Values) => values[param.name] ?? null : () => param as SQLQueryBindings,
		);
		return (values: Values) => statement.values(...bind.map((value) => value(values))) as Row[];
	});
	return (values) => {
		const read = prepared();
		db.readTransaction.open();
		return read(values);
	};
}
