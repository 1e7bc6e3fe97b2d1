import { expect, test } from "bun:test";
import { getTableConfig, type SQLiteTable } from "drizzle-orm/sqlite-core";
import * as schema from "../../src/db/sqlite/schema";
import { transferred, trashed } from "../../src/db/sqlite/tables";

/** Columns that follow from others, or are for the time of a deletion only. */
const notCarried: Record<string, string[]> = {
	users: [
		...["key", "email_key", "display_name_key", "followers_count", "following_count", "posts_count"],
		...["gone_at", "gone_entry"],
	],
	posts: ["key", "image_alt", "like_count", "comment_count", "marks", "is_private", "gone_at", "gone_entry"],
	comments: ["key"],
	audit: ["key"],
};
const tables = new Map(
	Object.values(schema).map((table: SQLiteTable) => [getTableConfig(table).name, getTableConfig(table).columns]),
);

test.each([...new Set([...transferred, ...trashed])].map((table) => [table.name, table] as const))(
	"%s: every column moves and comes back from the trash, or follows from others",
	(name, { fields }) => {
		const carried = fields.map(({ column }) => column);
		const rest = tables.get(name)?.flatMap((column) => (carried.includes(column.name) ? [] : column.name)) ?? [];
		expect(rest.sort()).toEqual((notCarried[name] ?? []).sort());
	},
);
