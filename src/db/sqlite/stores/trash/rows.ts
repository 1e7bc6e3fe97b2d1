import { lazily } from "../../../../core/lazily";
import { comments, posts, trashed, users } from "../../tables";
import { jsonOf, type Row, type Table } from "../../tables/table";
import { authorOf, type Client } from "../row-inserter";
import { fromVersion010 } from "./released";

/** A row in the trash: table name, former key and fields. */
export type TrashedRow = Row & { table: string };

/** Largest part, because a part is held in memory. */
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

/** SQL for a row in the trash. Rows that refer to a post also have its author, whose trash entry may contain the post. */
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

/** Rows of a table whose column refers to a post or account, or whose key it is. */
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

/** Reads and deletes all rows that go into the trash. */
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
		/** Rows that go into the trash with a post, each after the rows that it refers to. */
		onPost: toPosts.map(({ table, column }) => source(client, table, column)),
		/** Rows that go into the trash with an account, besides its posts and their rows. */
		ofAccount: referring("users", trashed).map(({ table, column }) => source(client, table, column)),
		/** True when a post has more than `limit` such rows. */
		isLarger: (post: number, limit: number) => (count().get(post, limit + 1)?.rows ?? 0) > limit,
	};
}
