import { and, count, desc, eq, gt, lt, sql } from "drizzle-orm";
import type { LinkStore, Purpose } from "../../../accounts/invites/store";
import type { TokenHash } from "../../../core/caller";
import { AppError, linkGone, notFound } from "../../../core/errors";
import { atomic, type Db, type Tx } from "../query/atomic";
import { type Cursors, paged } from "../query/cursor";
import { noUserKey, userKeys } from "../query/keys";
import { links, users } from "../schema";
import { inBatches } from "./sweep";

/** Not yet used up, and not expired. */
const isValid = (now: Date) => and(lt(links.uses, links.maxUses), gt(links.expiresAt, now));

export function linkStore(db: Db, cursors: Cursors): LinkStore {
	const keys = userKeys(db);
	const ofCreator = (key: number) => eq(links.creatorKey, key);

	return {
		async create({ userId, ...link }, { by, quota }) {
			await atomic(db, (tx) => {
				const creatorKey = by && keys.ofCaller(by);
				const userKey = userId === null ? null : keys.ofUser(userId);
				if (userKey === noUserKey) throw notFound("user");
				if (userKey !== null) tx.delete(links).where(eq(links.userKey, userKey)).run();
				if (quota !== null && creatorKey !== null) {
					const isLive = and(ofCreator(creatorKey), eq(links.purpose, "invite"), isValid(link.createdAt));
					const { had } = tx.select({ had: count() }).from(links).where(isLive).get() ?? { had: 0 };
					if (had >= quota)
						throw new AppError("conflict", `You already have ${quota} valid invitations. Delete one first.`);
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
				.where(and(eq(links.hash, hash), isValid(now)))
				.get();
			return found ?? null;
		},

		async invites(creatorId, page) {
			const list = `invites:${creatorId}`;
			const [key] = cursors.open(list, page.cursor) ?? [Number.MAX_SAFE_INTEGER];
			const mine = creatorId === null ? undefined : ofCreator(keys.ofUser(creatorId));
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
				.where(and(eq(links.purpose, "invite"), lt(links.key, Number(key)), mine))
				.orderBy(desc(links.key))
				.limit(page.limit + 1)
				.all();
			return paged(rows, page, {
				item: ({ key: _, ...link }) => link,
				position: ({ key }) => [key],
				seal: (position) => cursors.seal(list, position),
			});
		},

		async remove(id, by) {
			return atomic(db, (tx) => {
				const mine = ofCreator(keys.ofCaller(by));
				const isIt = and(eq(links.id, id), eq(links.purpose, "invite"), by.role === "admin" ? undefined : mine);
				return tx.delete(links).where(isIt).returning({ key: links.key }).get() !== undefined;
			});
		},

		async sweep(before) {
			await inBatches(db, links, lt(links.expiresAt, before));
		},
	};
}

/**
 * Counts one use of a link, in the transaction of the write that it allows. So parallel requests never exceed `maxUses`.
 * Throws `gone` when the link is unknown, used up or expired.
 */
export function consumeLink(
	tx: Tx,
	hash: TokenHash,
	purposes: Purpose[],
	now: Date,
): { userKey: number | null; purpose: Purpose } {
	const used = tx
		.update(links)
		.set({ uses: sql`${links.uses} + 1` })
		.where(and(eq(links.hash, hash), isValid(now)))
		.returning({ userKey: links.userKey, purpose: links.purpose })
		.get();
	if (!used || !purposes.includes(used.purpose)) throw linkGone();
	return used;
}
