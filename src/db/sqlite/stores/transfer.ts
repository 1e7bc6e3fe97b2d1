import type { SQLQueryBindings } from "bun:sqlite";
import { lazily } from "../../../core/lazily";
import type { Pages } from "../../../takeout/store";
import { ImportConflict, type Line, type TransferPicture, type TransferStore } from "../../transfer";
import { sqliteCode } from "../file/error-codes";
import { atomic, type Db } from "../query/atomic";
import { transferred } from "../tables";
import { jsonOf, type Row, type Table } from "../tables/table";
import { rowInserter } from "./row-inserter";

/** Rows of a page. */
const pageSize = 500;

const tables = new Map(transferred.map((table) => [table.name, table]));
const tableOf = (name: string) => tables.get(name) as Table;

export function transferStore(db: Db): TransferStore {
	const client = db.$client;
	const inserter = lazily(() => rowInserter(client));

	/** The first column of a row is the item, the other columns are its position. */
	async function* pages<Item>(sql: string, first: SQLQueryBindings[], toItem: (json: string) => Item): Pages<Item> {
		const statement = client.prepare<unknown, SQLQueryBindings[]>(sql);
		for (let position = first; ; ) {
			const rows = statement.values(...position) as [string, ...SQLQueryBindings[]][];
			const end = rows.at(-1);
			if (!end) return;
			yield rows.map(([json]) => toItem(json));
			position = end.slice(1);
		}
	}

	return {
		async count(table) {
			return client.prepare<{ n: number }, []>(`SELECT count(*) AS n FROM ${table}`).get()?.n ?? 0;
		},
		rows(name) {
			const table = tableOf(name);
			const key = table.primaryKey.join(", ");
			const sql = `SELECT ${jsonOf(table)}, ${key} FROM ${name} WHERE (${key}) > (${table.primaryKey.map(() => "?")})
				ORDER BY ${key} LIMIT ${pageSize}`;
			const first = table.primaryKey.map(() => -1);
			return pages<Line>(sql, first, (json) => withTimes(table, JSON.parse(json), toIso));
		},
		pictures: () =>
			pages<TransferPicture>(
				`SELECT json_object('name', name, 'width', min(width), 'height', min(height), 'bytes', min(bytes), 'agreed', json(
					iif((min(width), min(height), min(bytes)) = (max(width), max(height), max(bytes)), 'true', 'false')
				)), name
				FROM images WHERE name > ? GROUP BY name ORDER BY name LIMIT ${pageSize}`,
				[""],
				(json) => JSON.parse(json),
			),
		async newestPost() {
			const newest = client.prepare<{ at: number | null }, []>("SELECT max(created_at) AS at FROM posts").get()?.at;
			return typeof newest === "number" ? new Date(newest) : null;
		},
		async add(name, lines) {
			const table = tableOf(name);
			const insert = inserter();
			await atomic(db, () => {
				lines.forEach((line, index) => {
					try {
						const [missing] = insert(table, withTimes(table, { ...line }, Date.parse));
						if (missing) throw new ImportConflict(index, `its ${missing.field} refers to a row that does not exist`);
					} catch (error) {
						throw duplicate(error, index);
					}
				});
			});
		},
	};
}

const toIso = (time: number) => new Date(time).toISOString();

/** Converts all times of a row in place, also the time of its picture. */
function withTimes<From>({ fields }: Table, row: Row, convert: (time: From) => unknown): Row {
	for (const { name, type } of fields) {
		const value = row[name];
		if (value === null || value === undefined) continue;
		if (type === "time") row[name] = convert(value);
		if (type === "image") row[name] = { ...value, created_at: convert(value.created_at) };
	}
	return row;
}

function duplicate(error: unknown, index: number): unknown {
	if (!/^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)/.test(sqliteCode(error))) return error;
	const [, column = ""] = /: \w+\.(id|username|email)(?:_key)?$/.exec((error as Error).message) ?? [];
	return new ImportConflict(index, column ? `its ${column} exists already` : "it exists already");
}
