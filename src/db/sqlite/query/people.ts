import { and, desc, eq, sql } from "drizzle-orm";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";
import type { UserCard } from "../../../accounts/users/store";
import type { Page, PageRequest } from "../../../core/page";
import { users } from "../schema";
import type { Db } from "./atomic";
import { type Cursors, paged } from "./cursor";
import { limit, parameter } from "./parameter";
import { prepareRows } from "./prepared";
import { present } from "./present";
import { type CardRow, cardColumns, toCard } from "./select";

/** Rows that link a subject, such as a post, with people: both keys and the time of the link. */
type Edges = { table: SQLiteTable; subject: SQLiteColumn; person: SQLiteColumn; since: SQLiteColumn };

type PersonRow = [at: number, key: number, ...CardRow];

/** Pages of the people in such rows, the newest link first. */
export function peoplePages(db: Db, cursors: Cursors, { table, subject, person, since }: Edges) {
	const statement = prepareRows<PersonRow>(db, () =>
		db
			.select({ at: sql`${since}`, key: sql`${person}`, ...cardColumns })
			.from(table)
			.innerJoin(users, eq(users.key, person))
			.where(
				and(
					eq(subject, parameter("of")),
					present,
					sql`(${since}, ${person}) < (${parameter("at")}, ${parameter("key")})`,
				),
			)
			.orderBy(desc(since), desc(person))
			.limit(limit),
	);

	/** `find` returns the key of the subject. Null when it returns null. */
	return (list: string, request: PageRequest, find: () => number | null): Page<UserCard> | null => {
		const [at, key] = cursors.open(list, request.cursor) ?? [Number.MAX_SAFE_INTEGER, 0];
		const found = find();
		if (found === null) return null;
		return paged(statement({ of: found, at, key, limit: request.limit + 1 }), request, {
			item: ([, , ...card]) => toCard(card),
			position: ([at, key]) => [at, key],
			seal: (position) => cursors.seal(list, position),
		});
	};
}
