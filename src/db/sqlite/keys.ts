import { eq, getTableName, type SQL, sql } from "drizzle-orm";
import { AppError } from "../../errors";
import type { Db } from "./atomic";
import { parameter } from "./parameter";
import { rows } from "./rows";
import { type comments, type posts, users } from "./schema";

/** Stands for an anonymous viewer: no row has this key. */
export const nobody = 0;

/** Finds the keys that users' ids stand for. */
export function userKeys(db: Db) {
	const byId = rows<[key: number]>(
		db,
		db
			.select({ key: users.key })
			.from(users)
			.where(eq(users.id, parameter("id"))),
	);
	const keyOf = (id: string) => byId({ id })[0]?.[0];
	return {
		/** For `null`, and for an id of nobody, a key that no row has. */
		ofViewer: (id: string | null): number => (id === null ? nobody : (keyOf(id) ?? nobody)),

		/** Of somebody who writes. Throws `unauthenticated` when their account was deleted while the request was on its way. */
		ofWriter(id: string): number {
			const key = keyOf(id);
			if (key === undefined) throw new AppError("unauthenticated", "This account no longer exists.");
			return key;
		},
	};
}

/**
 * The key of a new row: above all there are, as SQLite would choose it, and above those that were deleted and may come back
 * to where they were. Whatever adds rows to these tables gives them this one.
 */
export const nextKey = (table: "users" | "posts" | "comments"): string => `(SELECT max(
		coalesce((SELECT max(key) FROM ${table}), 0), (SELECT highest FROM kept_keys WHERE kind = '${table}')
	) + 1)`;

/** As `nextKey`, for what drizzle inserts. */
export const newKey = (table: typeof users | typeof posts | typeof comments): SQL =>
	sql.raw(nextKey(getTableName(table) as Parameters<typeof nextKey>[0]));
