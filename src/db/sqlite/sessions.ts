import { and, eq, gt, isNull, lte } from "drizzle-orm";
import type { SessionStore } from "../../auth/store";
import { AppError } from "../../errors";
import { atomic } from "./atomic";
import type { Db } from "./connect";
import { userKeys } from "./keys";
import { parameter } from "./parameter";
import { refreshTokens, sessions, users } from "./schema";

export function sessionStore(db: Db): SessionStore {
	const keys = userKeys(db);
	const caller = db
		.select({
			id: users.id,
			username: users.username,
			role: users.role,
			sessionId: sessions.id,
			expiresAt: sessions.expiresAt,
			suspendedAt: users.suspendedAt,
		})
		.from(sessions)
		.innerJoin(users, eq(users.key, sessions.userKey))
		.where(eq(sessions.id, parameter("id")))
		.prepare();

	return {
		async create({ id, userId, tokenHash, createdAt, expiresAt }) {
			const userKey = keys.ofWriter(userId);
			atomic(db, (tx) => {
				// Here and not before: whoever is suspended while their password is being checked does not get in either.
				const suspended = tx.select({ at: users.suspendedAt }).from(users).where(eq(users.key, userKey)).get()?.at;
				if (suspended) throw new AppError("forbidden", "This account is suspended.");
				tx.delete(sessions)
					.where(and(eq(sessions.userKey, userKey), lte(sessions.expiresAt, createdAt)))
					.run();
				const session = tx
					.insert(sessions)
					.values({ id, userKey, createdAt, expiresAt })
					.returning({ key: sessions.key })
					.get();
				tx.insert(refreshTokens).values({ hash: tokenHash, sessionKey: session.key, expiresAt }).run();
			});
		},

		async caller({ id, userId }, now) {
			const found = caller.get({ id });
			if (!found || found.id !== userId || found.expiresAt <= now || found.suspendedAt) return null;
			const { expiresAt: _, suspendedAt: __, ...who } = found;
			return who;
		},

		async rotate({ presented, successor, now, expiresAt, graceMs }) {
			return atomic(db, (tx) => {
				const spent = tx
					.update(refreshTokens)
					.set({ usedAt: now })
					.where(and(eq(refreshTokens.hash, presented), isNull(refreshTokens.usedAt), gt(refreshTokens.expiresAt, now)))
					.returning({ sessionKey: refreshTokens.sessionKey })
					.get();
				if (spent) {
					tx.insert(refreshTokens)
						.values({
							hash: successor,
							sessionKey: spent.sessionKey,
							expiresAt,
						})
						.run();
					tx.update(sessions).set({ expiresAt }).where(eq(sessions.key, spent.sessionKey)).run();
					tx.delete(refreshTokens)
						.where(and(eq(refreshTokens.sessionKey, spent.sessionKey), lte(refreshTokens.expiresAt, now)))
						.run();
					return who(spent.sessionKey);
				}

				const old = tx.select().from(refreshTokens).where(eq(refreshTokens.hash, presented)).get();
				if (!old?.usedAt || old.expiresAt <= now) return null;
				const next = tx.select().from(refreshTokens).where(eq(refreshTokens.hash, successor)).get();
				if (next && !next.usedAt && now.getTime() - old.usedAt.getTime() <= graceMs) return who(old.sessionKey);
				tx.delete(sessions).where(eq(sessions.key, old.sessionKey)).run();
				return null;

				function who(sessionKey: number) {
					return (
						tx
							.select({ sessionId: sessions.id, userId: users.id })
							.from(sessions)
							.innerJoin(users, eq(users.key, sessions.userKey))
							.where(eq(sessions.key, sessionKey))
							.get() ?? null
					);
				}
			});
		},

		async end(id) {
			atomic(db, (tx) => {
				tx.delete(sessions).where(eq(sessions.id, id)).run();
			});
		},

		async endByToken(hash) {
			atomic(db, (tx) => {
				const token = tx
					.select({ sessionKey: refreshTokens.sessionKey })
					.from(refreshTokens)
					.where(eq(refreshTokens.hash, hash))
					.get();
				if (token) tx.delete(sessions).where(eq(sessions.key, token.sessionKey)).run();
			});
		},
	};
}
