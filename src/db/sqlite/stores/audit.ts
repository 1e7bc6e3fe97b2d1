import { and, desc, eq, lt, type SQLWrapper, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import type { Action, AuditStore } from "../../../accounts/audit/store";
import { atomic, type Db, prepareWrite } from "../query/atomic";
import { type Cursors, paged } from "../query/cursor";
import { audit, users } from "../schema";
import { inBatches } from "./sweep";

export function auditStore(db: Db, cursors: Cursors): AuditStore {
	const actors = alias(users, "actors");
	const subjects = alias(users, "subjects");
	const insert = prepareWrite(db, (db) =>
		db.insert(audit).values({
			at: sql.placeholder("at"),
			action: sql.placeholder("action"),
			actorId: sql.placeholder("actorId"),
			subjectId: sql.placeholder("subjectId"),
			address: sql.placeholder("address"),
		}),
	);

	return {
		async record(event) {
			await atomic(db, (tx) => insert(tx, event));
		},

		async page({ action, user }, page) {
			const list = `audit:${JSON.stringify([action, user])}`;
			const [key] = cursors.open(list, page.cursor) ?? [Number.MAX_SAFE_INTEGER];
			const id = sql`(select ${users.id} from ${users} where ${users.username} = ${user?.toLowerCase()})`;
			const isNext = and(lt(audit.key, Number(key)), action && eq(audit.action, action));
			// Reads at most one page from each index. An attacked account has many failed logins.
			const keysWith = (person: SQLWrapper) => sql`select key from (
				select ${audit.key} as key from ${audit} where ${person} = ${id} and ${isNext}
				order by ${audit.key} desc limit ${page.limit + 1}
			)`;
			const rows = db
				.select({
					key: audit.key,
					at: audit.at,
					action: audit.action,
					actorId: audit.actorId,
					subjectId: audit.subjectId,
					address: audit.address,
					actor: actors.username,
					subject: subjects.username,
				})
				.from(audit)
				.leftJoin(actors, eq(actors.id, audit.actorId))
				.leftJoin(subjects, eq(subjects.id, audit.subjectId))
				.where(
					user === undefined
						? isNext
						: sql`${audit.key} in (${keysWith(audit.actorId)} union all ${keysWith(audit.subjectId)})`,
				)
				.orderBy(desc(audit.key))
				.limit(page.limit + 1)
				.all();
			return paged(rows, page, {
				item: ({ key: _, action, ...event }) => ({ ...event, action: action as Action }),
				position: ({ key }) => [key],
				seal: (position) => cursors.seal(list, position),
			});
		},

		async sweep(before) {
			await inBatches(db, audit, lt(audit.at, before));
		},
	};
}
