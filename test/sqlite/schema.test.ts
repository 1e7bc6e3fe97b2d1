import { expect, test } from "bun:test";
import { getTableConfig, type SQLiteTable } from "drizzle-orm/sqlite-core";
import { connect } from "../../src/db/sqlite/file/connect";
import * as schema from "../../src/db/sqlite/schema";

const migrated = () => {
	const { $client } = connect(":memory:");
	return $client;
};
const tables = Object.values(schema).map((table): [string, SQLiteTable] => [getTableConfig(table).name, table]);
const by = <T extends Record<string, unknown>>(rows: T[]) => rows.map((row) => JSON.stringify(row)).sort();

test.each(tables)("%s: migrations and schema agree on columns", (name, table) => {
	const actual = migrated()
		.query<{ name: string; type: string; required: number; keyed: number }, [string]>(
			`SELECT name, lower(type) AS type, "notnull" = 1 OR pk > 0 AS required, pk > 0 AS keyed FROM pragma_table_xinfo(?)`,
		)
		.all(name);
	const { columns, primaryKeys } = getTableConfig(table);
	const keyed = (column: string) => primaryKeys.some(({ columns }) => columns.some(({ name }) => name === column));
	const expected = columns.map((column) => ({
		name: column.name,
		type: column.getSQLType(),
		required: Number(column.notNull || column.primary),
		keyed: Number(column.primary || keyed(column.name)),
	}));

	expect(by(actual)).toEqual(by(expected));
});

test.each(tables)("%s: migrations and schema agree on what refers to what", (name, table) => {
	const actual = migrated()
		.query<{ column: string; table: string; on_delete: string }, [string]>(
			`SELECT "from" AS "column", "table", on_delete FROM pragma_foreign_key_list(?)`,
		)
		.all(name);
	const expected = getTableConfig(table).foreignKeys.map((key) => ({
		column: key.reference().columns[0]?.name,
		table: getTableConfig(key.reference().foreignTable).name,
		on_delete: (key.onDelete ?? "no action").toUpperCase(),
	}));

	expect(by(actual)).toEqual(by(expected));
});

test.each(tables)("%s: migrations and schema agree on indexes and what is unique", (name, table) => {
	const client = migrated();
	const list = client
		.query<{ name: string; unique: number; origin: string }, [string]>(
			`SELECT name, "unique", origin FROM pragma_index_list(?) WHERE origin <> 'pk'`,
		)
		.all(name)
		.map(({ name, unique, origin }) => ({
			name: origin === "c" ? name : null, // those of UNIQUE columns name themselves
			unique,
			columns: client
				.query<{ name: string }, [string]>("SELECT name FROM pragma_index_info(?)")
				.all(name)
				.map((c) => c.name),
		}));
	const { columns, indexes } = getTableConfig(table);
	const expected = [
		...columns.filter((c) => c.isUnique).map((c) => ({ name: null, unique: 1, columns: [c.name] })),
		...indexes.map(({ config }) => ({
			name: config.name,
			unique: Number(config.unique),
			columns: config.columns.map((c) => ("name" in c ? c.name : "")),
		})),
	];

	expect(by(list)).toEqual(by(expected));
});

test("every table of the program is in the schema, and strict", () => {
	const actual = migrated()
		.query<{ name: string; strict: number }, []>(
			"SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'",
		)
		.all();

	expect(actual.map(({ name }) => name).sort()).toEqual([...tables.map(([name]) => name), "migrations"].sort());
	expect(actual.filter(({ strict }) => !strict)).toEqual([]);
});
