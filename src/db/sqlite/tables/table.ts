import { getTableName } from "drizzle-orm";
import { getTableConfig, type SQLiteColumn, type SQLiteTable } from "drizzle-orm/sqlite-core";
import type { TransferField } from "../../transfer";

/** Prefix of the id and the names of an account that is being deleted, so that no lookup finds it. */
export const deletedPrefix = "!";

/** A column as transfer and trash write it, with ids instead of keys. */
export type Field = TransferField & {
	column: string;
	/** Set for a reference to one of these tables. The field has the id instead of the key. */
	refersTo?: "users" | "posts";
	/** SQL that reads the value: text, a number, null or JSON. */
	sql: string;
};

export type Table = {
	name: string;
	primaryKey: string[];
	/** Rows with an id keep their key in the trash, and so their position in lists. */
	hasId: boolean;
	fields: Field[];
	/** Computes further columns from the fields of a row. */
	derive: (row: Row) => Record<string, string>;
};

/** A row as transfer and trash write it: field names to values. Times are milliseconds. */
// biome-ignore lint/suspicious/noExplicitAny: the fields say what is in it
export type Row = Record<string, any>;

type Options = {
	/** By default all columns but `key`. */
	columns?: SQLiteColumn[];
	/** Fields with lists of user ids, from link tables. Each stands before a column. */
	lists?: { table: SQLiteTable; before: SQLiteColumn }[];
	derive?: Table["derive"];
};

/** Describes a table by its columns, for code that reads and writes whole rows. */
export function describe(table: SQLiteTable, { columns, lists = [], derive = () => ({}) }: Options = {}): Table {
	const { columns: all, primaryKeys } = getTableConfig(table);
	const carried = columns ?? all.filter(({ name }) => name !== "key");
	return {
		name: getTableName(table),
		primaryKey: (primaryKeys[0]?.columns ?? all.filter(({ primary }) => primary)).map(({ name }) => name),
		hasId: all.some(({ name }) => name === "id"),
		fields: carried.flatMap((column) => [
			...lists.filter(({ before }) => before === column).map((list) => listField(table, list.table)),
			fieldOf(table, column),
		]),
		derive,
	};
}

/** The name of the table that a column refers to. */
export function referenceOf(table: SQLiteTable, { name }: SQLiteColumn): string | undefined {
	const found = getTableConfig(table).foreignKeys.find((key) => key.reference().columns[0]?.name === name);
	return found && getTableName(found.reference().foreignTable);
}

function fieldOf(table: SQLiteTable, column: SQLiteColumn): Field {
	const at = `${getTableName(table)}.${column.name}`;
	const base = { column: column.name, isNullable: !column.notNull };
	const reference = referenceOf(table, column);
	if (reference === "images") return imageField(table, column);
	if (reference === "users" || reference === "posts")
		return {
			...base,
			name: column.name.replace(/_key$/, "_id"),
			type: "id",
			refersTo: reference,
			sql: `(SELECT ${idOf(reference)} FROM ${reference} WHERE ${reference}.key = ${at})`,
		};
	const isId = /(^|_)id$/.test(column.name);
	const type = isId ? "id" : column.dataType === "date" ? "time" : "text";
	return { ...base, name: column.name, type, values: column.enumValues, sql: at };
}

const idOf = (table: string) => (table === "users" ? `ltrim(users.id, '${deletedPrefix}')` : `${table}.id`);

const imageParts = ["name", "width", "height", "bytes", "placeholder", "created_at"];

/** The field of a picture contains its row of `images` and its alt text. */
function imageField(table: SQLiteTable, { name: column }: SQLiteColumn): Field {
	const name = column.replace(/_key$/, "");
	const alt = getTableConfig(table).columns.find((other) => other.name === `${name}_alt`);
	const parts = imageParts.map((part) => `'${part}', images.${part}`);
	if (alt) parts.push(`'alt', coalesce(${alt.name}, '')`);
	return {
		name,
		column,
		type: "image",
		isNullable: true,
		hasAlt: alt !== undefined,
		sql: `json((SELECT json_object(${parts.join(", ")}) FROM images WHERE images.key = ${column}))`,
	};
}

function listField(table: SQLiteTable, links: SQLiteTable): Field {
	const name = getTableName(links);
	const ofRow = getTableConfig(links).columns.find((column) => referenceOf(links, column) === getTableName(table));
	return {
		name,
		column: name,
		type: "ids",
		isNullable: true,
		// CROSS JOIN keeps the order of the links' primary key.
		sql: `json((SELECT json_group_array(${idOf("users")}) FROM ${name} CROSS JOIN users ON users.key = user_key
			WHERE ${ofRow?.name} = ${getTableName(table)}.key))`,
	};
}

/** SQL for a row as a JSON object: `more`, then its fields in order. */
export const jsonOf = ({ fields }: Pick<Table, "fields">, more: string[] = []): string =>
	`json_object(${[...more, ...fields.map(({ name, sql }) => `'${name}', ${sql}`)].join(", ")})`;
