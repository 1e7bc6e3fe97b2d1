import { lazily } from "../../../../core/lazily";
import { comments, posts, trashed, users } from "../../tables";
import { jsonOf, type Row, type Table } from "../../tables/table";
import { authorOf, type Client } from "../row-inserter";
import { fromVersion010 } from "./released";

/** A row in the trash: the name of its table, the key that it had, and its fields. */
export type TrashedRow = Row & { table: string };

/** Limits of a part, which is held in memory. */
export const maxRows = 500;
export const maxCharacters = 256 * 1024;

const tables = new Map([users, posts, ...trashed].map((table) => [table.name, table]));
export const tableOf = ({ table }: TrashedRow): Table => tables.get(table) as Table;

export const toPart = (rows: TrashedRow[]): string => rows.map((row) => JSON.stringify(row)).join("\n");
export const fromPart = (part: string): TrashedRow[] =>
	part.split("\n").map((line) => {
		const row = JSON.parse(line);
		return Array.isArray(row) ? fromVersion010(row) : row;
	});

/** SQL of a row in the trash. A row of a post names its author too: the post may be in the trash with that account. */
function trashedJson(table: Table): string {
	const { name, hasId, fields } = table;
	const authors = fields
		.filter(({ refersTo }) => refersTo === "posts")
		.map((field) => {
			const author = posts.fields.find(({ name }) => name === "author_id");
			return `'${authorOf(field)}', (SELECT ${author?.sql} FROM posts WHERE posts.key = ${name}.${field.column})`;
		});
	return jsonOf(table, [`'table', '${name}'`, ...(hasId ? [`'key', ${name}.key`] : []), ...authors]);
}

/** A row as a line of a part, and its primary key. */
export type PackedRow = [line: string, ...primaryKey: number[]];

/** Rows of a table that refer to a post or an account with a column, or have it as their key. */
export type Source = ReturnType<typeof source>;

function source(client: Client, table: Table, column: string) {
	const { name, primaryKey, hasId } = table;
	const read = lazily(() =>
		client.prepare<unknown, [number, number]>(
			`SELECT ${trashedJson(table)}, ${primaryKey.join(", ")} FROM ${name} WHERE ${name}.${column} = ?1
			${hasId ? "ORDER BY key" : ""} LIMIT ?2`,
		),
	);
	const remove = lazily(() =>
		client.prepare<null, number[]>(`DELETE FROM ${name} WHERE ${primaryKey.map((key) => `${key} = ?`).join(" AND ")}`),
	);
	return {
		table: name,
		read: (key: number, limit: number) => read().values(key, limit) as PackedRow[],
		remove: ([, ...primaryKey]: PackedRow) => void remove().run(...primaryKey),
	};
}

export type Sources = ReturnType<typeof sources>;

/** Reads and deletes the rows of everything that goes into the trash. */
export function sources(client: Client) {
	const isWithinPost = ({ name }: Table) => posts.fields.some((field) => field.name === name);
	const referring = (to: "posts" | "users", tables: Table[]) =>
		tables.flatMap((table) =>
			table.fields.filter(({ refersTo }) => refersTo === to).map(({ column }) => ({ table, column })),
		);
	const toPosts = referring(
		"posts",
		trashed.filter((table) => !isWithinPost(table)),
	);
	const counts = toPosts.map(
		({ table, column }) => `(SELECT count(*) FROM (SELECT 1 FROM ${table.name} WHERE ${column} = ?1 LIMIT ?2))`,
	);
	const count = lazily(() =>
		client.prepare<{ rows: number }, [number, number]>(`SELECT ${counts.join(" + ")} AS rows`),
	);
	return {
		comment: source(client, comments, "key"),
		post: source(client, posts, "key"),
		account: source(client, users, "key"),
		/** Rows that go with a post, each after those that it needs. */
		onPost: toPosts.map(({ table, column }) => source(client, table, column)),
		/** Rows that go with an account, besides its posts and their rows. */
		ofAccount: referring("users", trashed).map(({ table, column }) => source(client, table, column)),
		/** True when more rows than `limit` go with a post. */
		isLarger: (post: number, limit: number) => (count().get(post, limit + 1)?.rows ?? 0) > limit,
	};
}
