import { and, count, desc, eq, gt, lt, sql } from "drizzle-orm";
import type { TokenHash } from "../../auth/store";
import { AppError, linkGone } from "../../errors";
import type { LinkStore, Purpose } from "../../links/store";
import { atomic, type Db, type Tx } from "./atomic";
import { type Cursors, paged } from "./cursor";
import { userKeys } from "./keys";
import { links, users } from "./schema";

/** Not yet used up, and not expired. */
const holds = (now: Date) => and(lt(links.uses, links.maxUses), gt(links.expiresAt, now));

export function linkStore(db: Db, cursors: Cursors): LinkStore {
	const keys = userKeys(db);
	const of = (creatorId: string | null) =>
		creatorId === null ? undefined : eq(links.creatorKey, keys.ofViewer(creatorId));

	return {
		async create({ userId, creatorId, ...link }, { quota } = { quota: null }) {
			await atomic(db, (tx) => {
				const creatorKey = creatorId === null ? null : keys.ofWriter(creatorId);
				const userKey = userId === null ? null : keys.ofWriter(userId);
				if (userKey !== null) tx.delete(links).where(eq(links.userKey, userKey)).run();
				if (quota !== null && creatorKey !== null) {
					const isLive = and(eq(links.creatorKey, creatorKey), eq(links.purpose, "invite"), holds(link.createdAt));
					const { had } = tx.select({ had: count() }).from(links).where(isLive).get() ?? { had: 0 };
					if (had >= quota)
						throw new AppError("conflict", `You have ${quota} invitations that still hold. End one first.`);
				}
				tx.insert(links)
					.values({ ...link, userKey, creatorKey })
					.run();
			});
		},

		async byHash(hash, now) {
			const found = db
				.select({ purpose: links.purpose, userId: users.id })
				.from(links)
				.leftJoin(users, eq(users.key, links.userKey))
				.where(and(eq(links.hash, hash), holds(now)))
				.get();
			return found ?? null;
		},

		async invites(creatorId, page) {
			const list = `invites:${creatorId}`;
			const [key] = cursors.open(list, page.cursor) ?? [Number.MAX_SAFE_INTEGER];
			const rows = db
				.select({
					key: links.key,
					id: links.id,
					purpose: links.purpose,
					creator: users.username,
					uses: links.uses,
					maxUses: links.maxUses,
					createdAt: links.createdAt,
					expiresAt: links.expiresAt,
				})
				.from(links)
				.leftJoin(users, eq(users.key, links.creatorKey))
				.where(and(eq(links.purpose, "invite"), lt(links.key, Number(key)), of(creatorId)))
				.orderBy(desc(links.key))
				.limit(page.limit + 1)
				.all();
			return paged(rows, page, {
				item: ({ key: _, ...link }) => link,
				position: ({ key }) => [key],
				seal: (position) => cursors.seal(list, position),
			});
		},

		async remove(id, creatorId) {
			return atomic(db, (tx) => {
				const isIt = and(eq(links.id, id), eq(links.purpose, "invite"), of(creatorId));
				return tx.delete(links).where(isIt).returning({ key: links.key }).get() !== undefined;
			});
		},

		async sweep(before) {
			await atomic(db, (tx) => {
				tx.delete(links).where(lt(links.expiresAt, before)).run();
			});
		},
	};
}

/**
 * Uses a link once, within the write that it is for: of any number of parallel uses there are no more than it allows.
 * Throws `gone` when it is unknown, used up or has expired.
 */
export function spendLink(
	tx: Tx,
	hash: TokenHash,
	purposes: Purpose[],
	now: Date,
): { userKey: number | null; purpose: Purpose } {
	const used = tx
		.update(links)
		.set({ uses: sql`${links.uses} + 1` })
		.where(and(eq(links.hash, hash), holds(now)))
		.returning({ userKey: links.userKey, purpose: links.purpose })
		.get();
	if (!used || !purposes.includes(used.purpose)) throw linkGone();
	return used;
}
