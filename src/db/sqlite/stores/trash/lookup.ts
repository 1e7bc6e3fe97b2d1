import { and, desc, eq, gt, lt, ne, type SQL, sql } from "drizzle-orm";
import { AppError } from "../../../../core/errors";
import { fold } from "../../../../core/fold";
import type { Page, PageRequest } from "../../../../core/page";
import type { TrashEntry, TrashedAccount, TrashFilter } from "../../../../trash/store";
import type { Db, Tx } from "../../query/atomic";
import { type Cursors, paged } from "../../query/cursor";
import { trash, trashLogins, users } from "../../schema";
import type { Entries } from "./entries";
import type { Sealer } from "./seal";
import { isStored, states } from "./states";

/** Number of deleted accounts of one name to read: the oldest, plus the newest. */
const maxAccounts = 32;

export type EntryRow = typeof trash.$inferSelect;

const busy = (detail: string) => new AppError("busy", detail);

export const usernameOf = (db: Db, id: string): string | null =>
	db.select({ username: users.username }).from(users).where(eq(users.id, id)).get()?.username ?? null;

/** Writes and reads sealed entries. */
export type Trashing = { entries: Entries; sealer: Sealer };

/** Finds entries of the trash. */
export function trashLookup(db: Db, cursors: Cursors, { entries, sealer: { hash } }: Trashing) {
	const entryOf = (row: EntryRow): TrashEntry | null => {
		const head = entries.openSummary(row);
		if (!head) return null;
		const { id, ownerId, excerpt, isPublic, username } = head;
		const { kind, byOwner, deletedAt } = row;
		const owner = username ?? usernameOf(db, ownerId);
		return { id, kind, ownerId, owner, excerpt, isPublic, byOwner, deletedAt };
	};

	const isThere = ({ since, ownerId, byOwner, kind }: TrashFilter): SQL | undefined =>
		and(
			gt(trash.deletedAt, since),
			ne(trash.restoring, states.purging),
			byOwner && eq(trash.byOwner, true),
			kind && eq(trash.kind, kind),
			ownerId === undefined
				? undefined
				: and(eq(trash.owner, hash("owner", ownerId)), eq(trash.byOwner, true), sql`${trash.kind} <> 'account'`),
		);

	return {
		/** Throws `busy` while the deletion or a restore of the entry is in progress. */
		find(tx: Tx, id: string, filter: TrashFilter) {
			const isIt = and(eq(trash.subject, hash("subject", id)), isThere(filter));
			const row = tx.select().from(trash).where(isIt).get();
			const entry = row && entryOf(row);
			if (!entry) return null;
			if (filter.passwordHash !== undefined && entries.openSummary(row)?.passwordHash !== filter.passwordHash)
				return null;
			if (row.restoring === states.deleting) throw busy("This is still being deleted. Try again shortly.");
			if (row.restoring === states.restoring)
				throw busy("A restore of this is already in progress. Try again shortly.");
			return { row, entry };
		},

		async page(filter: TrashFilter, page: PageRequest): Promise<Page<TrashEntry>> {
			const list = `trash:${filter.ownerId ?? ""}`;
			const [last] = cursors.open(list, page.cursor) ?? [Number.MAX_SAFE_INTEGER];
			const found = db
				.select()
				.from(trash)
				.where(and(lt(trash.key, Number(last)), isThere(filter), isStored))
				.orderBy(desc(trash.key))
				.limit(page.limit + 1)
				.all();
			const { items, nextCursor } = paged(found, page, {
				item: entryOf,
				position: ({ key }) => [key],
				seal: (position) => cursors.seal(list, position),
			});
			return { items: items.filter((entry) => entry !== null), nextCursor };
		},

		async accounts(login: string, filter: TrashFilter): Promise<TrashedAccount[]> {
			const ofLogin = db
				.select({ subject: trash.subject, head: trash.head, deletedAt: trash.deletedAt })
				.from(trashLogins)
				.innerJoin(trash, eq(trash.key, trashLogins.trashKey))
				.where(and(eq(trashLogins.login, hash("login", fold(login))), isThere(filter)))
				.$dynamic();
			const found = ofLogin.orderBy(trashLogins.trashKey).limit(maxAccounts).all();
			if (found.length === maxAccounts) found.push(...ofLogin.orderBy(desc(trashLogins.trashKey)).limit(1).all());
			return found.flatMap(({ deletedAt, ...row }) => {
				const { id, passwordHash } = entries.openSummary(row) ?? {};
				return id !== undefined && passwordHash !== undefined ? [{ id, passwordHash, deletedAt }] : [];
			});
		},
	};
}
