import { and, eq, gt, isNull, lte, sql } from "drizzle-orm";
import type { Rotated, Rotation, SessionStore } from "../../../accounts/auth/store";
import type { Clock } from "../../../core/clock";
import { atomic, type Db, type Tx } from "../query/atomic";
import { refreshTokens, sessions, users } from "../schema";

/** The methods of the session store that take a refresh token. */
export function refreshTokenRotation(
	db: Db,
	clock: Pick<Clock, "isTrusted">,
): Pick<SessionStore, "rotate" | "endByToken"> {
	return {
		async rotate(rotation) {
			return atomic(db, (tx): Rotated | null => {
				const sessionKey = consume(tx, rotation);
				if (sessionKey === null) return replay(tx, rotation, clock);
				renew(tx, sessionKey, rotation);
				const isExpired = and(eq(refreshTokens.sessionKey, sessionKey), lte(refreshTokens.expiresAt, rotation.now));
				if (clock.isTrusted()) tx.delete(refreshTokens).where(isExpired).run();
				return rotated(tx, sessionKey);
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
	};
}

/** Marks the presented token as used and returns the key of its session. Null for an unknown, used or expired token. */
function consume(tx: Tx, { presented, now }: Rotation): number | null {
	const spent = tx
		.update(refreshTokens)
		.set({ usedAt: now })
		.where(and(eq(refreshTokens.hash, presented), isNull(refreshTokens.usedAt), gt(refreshTokens.expiresAt, now)))
		.returning({ sessionKey: refreshTokens.sessionKey })
		.get();
	return spent?.sessionKey ?? null;
}

/** Inserts the successor token of a session and extends the session. */
function renew(tx: Tx, sessionKey: number, { successor, now, expiresAt, longestMs }: Rotation) {
	const session = tx
		.update(sessions)
		.set({ expiresAt: sql`min(${expiresAt.getTime()}, ${sessions.createdAt} + ${longestMs})`, usedAt: now })
		.where(eq(sessions.key, sessionKey))
		.returning({ sessionKey: sessions.key, expiresAt: sessions.expiresAt })
		.get();
	tx.insert(refreshTokens)
		.values({ hash: successor, ...session })
		.run();
}

/** Handles a used token: within `graceMs` it returns the session again, later it ends the session. */
function replay(
	tx: Tx,
	{ presented, successor, now, graceMs }: Rotation,
	clock: Pick<Clock, "isTrusted">,
): Rotated | null {
	const old = tx.select().from(refreshTokens).where(eq(refreshTokens.hash, presented)).get();
	if (!old?.usedAt || old.expiresAt <= now) return null;
	const next = tx.select().from(refreshTokens).where(eq(refreshTokens.hash, successor)).get();
	const session = rotated(tx, old.sessionKey);
	if (next && !next.usedAt && now.getTime() - old.usedAt.getTime() <= graceMs) return session;
	// A wrong clock may have jumped past the grace period while the owner repeats a refresh.
	if (!clock.isTrusted()) return null;
	tx.delete(sessions).where(eq(sessions.key, old.sessionKey)).run();
	return session && { outcome: "replayed", userId: session.userId };
}

function rotated(tx: Tx, sessionKey: number) {
	const found = tx
		.select({ sessionId: sessions.id, userId: users.id, expiresAt: sessions.expiresAt })
		.from(sessions)
		.innerJoin(users, eq(users.key, sessions.userKey))
		.where(eq(sessions.key, sessionKey))
		.get();
	return found ? { outcome: "rotated" as const, ...found } : null;
}
