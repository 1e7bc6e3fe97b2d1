import { eq, getTableName, type SQL, sql } from "drizzle-orm";
import { AppError } from "../../errors";
import type { Db } from "./atomic";
import { parameter } from "./parameter";
import { rows } from "./rows";
import { type comments, keptKeys, type posts, users } from "./schema";

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
 * to where they were.
 */
export const newKey = (table: typeof users | typeof posts | typeof comments): SQL =>
	sql`(select max(
		coalesce((select max(${table.key}) from ${table}), 0),
		(select ${keptKeys.highest} from ${keptKeys} where ${keptKeys.kind} = ${sql.raw(`'${getTableName(table)}'`)})
	) + 1)`;
