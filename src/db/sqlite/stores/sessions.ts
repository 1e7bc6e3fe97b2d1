import { and, desc, eq, gt, isNull, lte, ne, notInArray, sql } from "drizzle-orm";
import type { Rotated, SessionStore } from "../../../accounts/auth/store";
import type { Role } from "../../../core/caller";
import type { Clock } from "../../../core/clock";
import { AppError, wrongLogin } from "../../../core/errors";
import { aside, atomic, type Db, prepareReturning, prepareWrite } from "../query/atomic";
import { userKeys } from "../query/keys";
import { parameter } from "../query/parameter";
import { rows } from "../query/prepared";
import { refreshTokens, sessions, users } from "../schema";
import { inBatches } from "./sweep";

/** Living sessions that a user may have. */
const mostSessions = 50;
/** How exactly it is known when something was last used, in milliseconds: noting it costs a write. */
export const usedEvery = 15 * 60_000;

/** What is read of the person behind a session or a token, at every request. */
export const callerColumns = {
	id: users.id,
	username: users.username,
	role: users.role,
	suspendedAt: users.suspendedAt,
	pendingSince: users.pendingSince,
};

// biome-ignore format: a line for each table
type CallerRow = [
	id: string, username: string, role: Role, suspendedAt: number | null, pendingSince: number | null,
	key: number, expiresAt: number, usedAt: number,
];

export function sessionStore(db: Db, clock: Pick<Clock, "isTrusted">): SessionStore {
	const keys = userKeys(db);
	const caller = rows<CallerRow>(db, () =>
		db
			.select({ ...callerColumns, key: sessions.key, expiresAt: sessions.expiresAt, usedAt: sessions.usedAt })
			.from(sessions)
			.innerJoin(users, eq(users.key, sessions.userKey))
			.where(eq(sessions.id, parameter("id"))),
	);

	const owner = prepareReturning(db, (db) =>
		db
			.select({ key: users.key, passwordHash: users.passwordHash, suspendedAt: users.suspendedAt })
			.from(users)
			.where(eq(users.id, parameter("userId"))),
	);
	const isTheirs = eq(sessions.userKey, parameter("userKey"));
	const dropExpired = prepareWrite(db, (db) =>
		db.delete(sessions).where(and(isTheirs, lte(sessions.expiresAt, parameter("now")))),
	);
	const dropOldest = prepareWrite(db, (db) => {
		const kept = db
			.select({ key: sessions.key })
			.from(sessions)
			.where(isTheirs)
			.orderBy(desc(sessions.usedAt), desc(sessions.key))
			.limit(mostSessions - 1);
		return db.delete(sessions).where(and(isTheirs, notInArray(sessions.key, kept)));
	});
	const insert = prepareReturning(db, (db) =>
		db
			.insert(sessions)
			.values({
				id: sql.placeholder("id"),
				userKey: sql.placeholder("userKey"),
				createdAt: sql.placeholder("createdAt"),
				expiresAt: sql.placeholder("expiresAt"),
				usedAt: sql.placeholder("usedAt"),
				device: sql.placeholder("device"),
				address: sql.placeholder("address"),
			})
			.returning({ key: sessions.key }),
	);
	const insertToken = prepareWrite(db, (db) =>
		db.insert(refreshTokens).values({
			hash: sql.placeholder("hash"),
			sessionKey: sql.placeholder("sessionKey"),
			expiresAt: sql.placeholder("expiresAt"),
		}),
	);

	return {
		async create({ userId, passwordHash, tokenHash, ...session }) {
			const { createdAt, expiresAt } = session;
			await atomic(db, (tx) => {
				// Comparing a password takes a while, in which it may be reset and the account be suspended.
				const user = owner(tx, { userId });
				if (user?.passwordHash !== passwordHash) throw wrongLogin();
				if (user.suspendedAt) throw new AppError("forbidden", "This account is suspended.");
				const userKey = user.key;
				if (clock.isTrusted()) dropExpired(tx, { userKey, now: createdAt.getTime() });
				dropOldest(tx, { userKey });
				const { key } = insert(tx, { ...session, userKey, usedAt: createdAt });
				insertToken(tx, { hash: tokenHash, sessionKey: key, expiresAt });
			});
		},

		async caller({ id, userId }, now) {
			const [found] = caller({ id });
			if (!found) return null;
			const [owner, username, role, suspendedAt, pendingSince, key, expiresAt, usedAt] = found;
			const time = now.getTime();
			if (owner !== userId || expiresAt <= time || suspendedAt !== null) return null;
			// Also when it was noted by a clock that was ahead.
			if (Math.abs(time - usedAt) > usedEvery)
				aside(db, (tx) => tx.update(sessions).set({ usedAt: now }).where(eq(sessions.key, key)).run());
			return {
				id: owner,
				username,
				role,
				sessionId: id,
				tokenId: null,
				scope: "write",
				isPending: pendingSince !== null,
			};
		},

		async rotate({ presented, successor, now, expiresAt, longestMs, graceMs }) {
			return atomic(db, (tx): Rotated | null => {
				const spent = tx
					.update(refreshTokens)
					.set({ usedAt: now })
					.where(and(eq(refreshTokens.hash, presented), isNull(refreshTokens.usedAt), gt(refreshTokens.expiresAt, now)))
					.returning({ sessionKey: refreshTokens.sessionKey })
					.get();
				if (spent) {
					const session = tx
						.update(sessions)
						.set({ expiresAt: sql`min(${expiresAt.getTime()}, ${sessions.createdAt} + ${longestMs})`, usedAt: now })
						.where(eq(sessions.key, spent.sessionKey))
						.returning({ sessionKey: sessions.key, expiresAt: sessions.expiresAt })
						.get();
					tx.insert(refreshTokens)
						.values({ hash: successor, ...session })
						.run();
					if (clock.isTrusted())
						tx.delete(refreshTokens)
							.where(and(eq(refreshTokens.sessionKey, spent.sessionKey), lte(refreshTokens.expiresAt, now)))
							.run();
					return who(spent.sessionKey);
				}

				const old = tx.select().from(refreshTokens).where(eq(refreshTokens.hash, presented)).get();
				if (!old?.usedAt || old.expiresAt <= now) return null;
				const next = tx.select().from(refreshTokens).where(eq(refreshTokens.hash, successor)).get();
				const owner = who(old.sessionKey);
				if (next && !next.usedAt && now.getTime() - old.usedAt.getTime() <= graceMs) return owner;
				// The grace may have passed only by the clock: the owner repeats a refresh, and the clock leapt in between.
				if (!clock.isTrusted()) return null;
				tx.delete(sessions).where(eq(sessions.key, old.sessionKey)).run();
				return owner && { outcome: "replayed", userId: owner.userId };

				function who(sessionKey: number) {
					const found = tx
						.select({ sessionId: sessions.id, userId: users.id, expiresAt: sessions.expiresAt })
						.from(sessions)
						.innerJoin(users, eq(users.key, sessions.userKey))
						.where(eq(sessions.key, sessionKey))
						.get();
					return found ? { outcome: "rotated" as const, ...found } : null;
				}
			});
		},

		async endByToken(hash) {
			await atomic(db, (tx) => {
				const token = tx
					.select({ sessionKey: refreshTokens.sessionKey })
					.from(refreshTokens)
					.where(eq(refreshTokens.hash, hash))
					.get();
				if (token) tx.delete(sessions).where(eq(sessions.key, token.sessionKey)).run();
			});
		},

		async ofUser(userId, now) {
			const { id, createdAt, usedAt, expiresAt, device, address } = sessions;
			return db
				.select({ id, createdAt, usedAt, expiresAt, device, address })
				.from(sessions)
				.where(and(eq(sessions.userKey, keys.ofUser(userId)), gt(sessions.expiresAt, now)))
				.orderBy(desc(sessions.usedAt), desc(sessions.key))
				.all();
		},

		async end(userId, id) {
			return atomic(db, (tx) => {
				const isIt = and(eq(sessions.userKey, keys.ofUser(userId)), eq(sessions.id, id));
				return tx.delete(sessions).where(isIt).returning({ key: sessions.key }).get() !== undefined;
			});
		},

		async endOthers(caller) {
			await atomic(db, (tx) => {
				const areOthers = and(eq(sessions.userKey, keys.ofCaller(caller)), ne(sessions.id, caller.sessionId ?? ""));
				tx.delete(sessions).where(areOthers).run();
			});
		},

		async sweep(now) {
			await inBatches(db, sessions, lte(sessions.expiresAt, now));
		},
	};
}
