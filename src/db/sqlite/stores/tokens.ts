import { and, count, desc, eq } from "drizzle-orm";
import { type AccessTokenStore, maxTokens } from "../../../accounts/auth/store";
import { AppError } from "../../../core/errors";
import { lazily } from "../../../core/lazily";
import { atomic, bestEffortWrite, type Db } from "../query/atomic";
import { userKeys } from "../query/keys";
import { parameter } from "../query/parameter";
import { accessTokens, users } from "../schema";
import { callerColumns, usedEveryMs } from "./sessions";

export function accessTokenStore(db: Db): AccessTokenStore {
	const keys = userKeys(db);
	const { key, id, name, scope, createdAt, expiresAt, usedAt } = accessTokens;
	const caller = lazily(() =>
		db
			.select({ ...callerColumns, key, tokenId: id, scope, expiresAt, usedAt })
			.from(accessTokens)
			.innerJoin(users, eq(users.key, accessTokens.userKey))
			.where(eq(accessTokens.hash, parameter("hash")))
			.prepare(),
	);

	return {
		async create(token, owner) {
			await atomic(db, (tx) => {
				const userKey = keys.ofCaller(owner);
				const { had } = tx
					.select({ had: count() })
					.from(accessTokens)
					.where(eq(accessTokens.userKey, userKey))
					.get() ?? {
					had: 0,
				};
				if (had >= maxTokens) throw new AppError("conflict", `You already have ${maxTokens} tokens. Delete one first.`);
				tx.insert(accessTokens)
					.values({ ...token, userKey })
					.run();
			});
		},

		async caller(hash, now) {
			const found = caller().get({ hash });
			if (!found || (found.expiresAt && found.expiresAt <= now) || found.suspendedAt) return null;
			const { id, username, role, tokenId, scope, pendingSince } = found;
			if (Math.abs(now.getTime() - (found.usedAt?.getTime() ?? 0)) > usedEveryMs)
				bestEffortWrite(db, (tx) => tx.update(accessTokens).set({ usedAt: now }).where(eq(key, found.key)).run());
			return { id, username, role, sessionId: null, tokenId, scope, isPending: pendingSince !== null };
		},

		async ofUser(userId) {
			return db
				.select({ id, name, scope, createdAt, expiresAt, usedAt })
				.from(accessTokens)
				.where(eq(accessTokens.userKey, keys.ofUser(userId)))
				.orderBy(desc(key))
				.all();
		},

		async remove(userId, tokenId) {
			return atomic(db, (tx) => {
				const isIt = and(eq(accessTokens.userKey, keys.ofUser(userId)), eq(id, tokenId));
				return tx.delete(accessTokens).where(isIt).returning({ key }).get() !== undefined;
			});
		},

		async removeByHash(hash) {
			return atomic(db, (tx) => {
				const removed = tx
					.delete(accessTokens)
					.where(eq(accessTokens.hash, hash))
					.returning({ userKey: accessTokens.userKey })
					.get();
				if (!removed) return null;
				return tx.select({ id: users.id }).from(users).where(eq(users.key, removed.userKey)).get()?.id ?? null;
			});
		},
	};
}
