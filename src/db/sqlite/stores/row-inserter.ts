import type { Database, SQLQueryBindings } from "bun:sqlite";
import { lazily } from "../../../core/lazily";
import { mentionsIn } from "../../../social/search/hashtags";
import { nextKey } from "../query/keys";
import type { Field, Row, Table } from "../tables/table";
import { searchIndex } from "./search-index";
import { type PostTerms, searchTerms, textOf } from "./search-terms";

export type Client = Pick<Database, "prepare">;
type Found = { key: number };
type Columns = Record<string, SQLQueryBindings>;

/** A reference to a missing row. `ids`: rows whose restore may allow the insert. */
export type Missing = { field: string; ids: string[] };

/**
 * Inserts rows whose references are ids, in a transaction of the caller. Triggers update counters. A row with a missing
 * reference is not inserted; a post is, without the missing mentions. `skipDuplicates` is for rows without an id.
 */
export function rowInserter(client: Client, { skipDuplicates = false } = {}) {
	const run = statementRunner(client);
	const keyOf = keyFinder(client);
	const { postOf, linkPost } = postLinks(client);

	/** The key that a row had; a new key when that one is taken. */
	const freeKeyFor = (table: string, key: number | null): number =>
		run<Found>(
			`SELECT iif(?1 IS NULL OR EXISTS (SELECT 1 FROM ${table} WHERE key = ?1), ${nextKey(table as "posts")}, ?1) AS key`,
			[key],
		)?.key ?? 0;

	const insertColumns = (table: Table, columns: Columns) => {
		const verb = skipDuplicates && !table.hasId ? "INSERT OR IGNORE" : "INSERT";
		const names = Object.keys(columns);
		run(
			`${verb} INTO ${table.name} (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`,
			Object.values(columns),
		);
	};

	const addImage = (table: Table, { column, name }: Field, columns: Columns, row: Row) => {
		const { key } = columns as { key: number };
		const owner = columns["author_key"] ?? key;
		const image = row[name];
		const values = [owner, image.name, image.width, image.height, image.bytes, image.placeholder, image.created_at];
		const added = run<Found>(
			`INSERT INTO images (owner_key, name, width, height, bytes, placeholder, created_at)
			VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING key`,
			values,
		);
		run(`UPDATE ${table.name} SET ${column} = ? WHERE key = ?`, [added?.key ?? null, key]);
	};

	const columnsOf = ({ name, hasId, fields, derive }: Table, row: Row): Columns | Missing => {
		const columns: Columns = derive(row);
		if (hasId) columns["key"] = freeKeyFor(name, row["key"] ?? null);
		for (const field of fields) {
			const value = row[field.name];
			if (field.refersTo) {
				const key = keyOf(field.refersTo, value);
				if (key === undefined) return { field: field.name, ids: [value, row[authorOf(field)]].filter(Boolean) };
				columns[field.column] = key;
			} else if (field.hasAlt) columns[`${field.name}_alt`] = value?.alt ?? null;
			else if (field.type !== "image" && field.type !== "ids" && value !== undefined) columns[field.column] = value;
		}
		return columns;
	};

	return (table: Table, row: Row): Missing[] => {
		const columns = columnsOf(table, row);
		if (isMissing(columns)) return [columns];
		const post = table.name === "posts" ? postOf(row) : null;
		insertColumns(table, post ? { ...columns, marks: post.found.marks } : columns);
		if (post) linkPost(row, columns as PostKeys, post.found);
		for (const field of table.fields)
			if (field.type === "image" && row[field.name]) addImage(table, field, columns, row);
		return post?.missing ?? [];
	};
}

const isMissing = (found: Columns | Missing): found is Missing => Array.isArray(found["ids"]);

/** The field of a trashed row with the author of a referenced post. */
export const authorOf = ({ name }: Field): string => name.replace(/_id$/, "_author_id");

/** Finds keys by ids. */
export function keyFinder(client: Client) {
	const find = (table: string) =>
		lazily(() => client.prepare<Found, [string]>(`SELECT key FROM ${table} WHERE id = ?`));
	const finders = { users: find("users"), posts: find("posts") };
	return (table: keyof typeof finders, id: string) => finders[table]().get(id)?.key;
}

type PostKeys = { key: number; author_key: number };

/** Adds tags, mentions and the search index to posts. */
function postLinks(client: Client) {
	const marks = searchTerms(client);
	const index = searchIndex(client);
	const keyOf = keyFinder(client);
	const nameOf = lazily(() =>
		client.prepare<{ username: string }, [number]>("SELECT username FROM users WHERE key = ?"),
	);

	return {
		/** Reads tags and mentions. Without a list of mentions, the names in the text count. */
		postOf({ title, content, mentions }: Row) {
			const people = (mentions as string[] | undefined)?.map((id) => ({ id, key: keyOf("users", id) }));
			// Older versions listed names that do not count as mentions today.
			const names = mentionsIn(textOf({ title, content }));
			const mentioned = people?.flatMap(({ key }) =>
				key !== undefined && names.includes(nameOf().get(key)?.username ?? "") ? key : [],
			);
			const gone = people?.filter(({ key }) => key === undefined) ?? [];
			const missing: Missing[] = gone.map(({ id }) => ({ field: "mentions", ids: [id] }));
			return { found: marks.of({ title, content }, mentioned), missing };
		},

		linkPost({ title, content, visibility }: Row, { key, author_key: authorKey }: PostKeys, found: PostTerms) {
			marks.link(key, found);
			index.add({ key, authorKey, visibility, title, content, marks: found.marks });
		},
	};
}

/** Runs statements by their SQL text and prepares each once. */
export function statementRunner(client: Client) {
	const prepared = new Map<string, ReturnType<Client["prepare"]>>();
	return <Found>(sql: string, values: SQLQueryBindings[]): Found | null => {
		const statement = prepared.get(sql) ?? client.prepare(sql);
		prepared.set(sql, statement);
		return statement.get(...values) as Found | null;
	};
}
