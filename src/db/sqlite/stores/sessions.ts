import { and, desc, eq, gt, lte, ne, notInArray, sql } from "drizzle-orm";
import { maxSessions, type SessionStore } from "../../../accounts/auth/store";
import type { Role } from "../../../core/caller";
import type { Clock } from "../../../core/clock";
import { AppError, wrongLogin } from "../../../core/errors";
import { atomic, bestEffortWrite, type Db, prepareReturning, prepareWrite } from "../query/atomic";
import { userKeys } from "../query/keys";
import { parameter } from "../query/parameter";
import { prepareRows } from "../query/prepared";
import { refreshTokens, sessions, users } from "../schema";
import { refreshTokenRotation } from "./refresh-tokens";
import { inBatches } from "./sweep";

/** Shortest time between two recorded uses, in milliseconds, because each record costs a write. */
export const usedEveryMs = 15 * 60_000;

/** The columns of an account that every request with a session or a token reads. */
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
	return { ...signIn(db, clock), ...callers(db), ...refreshTokenRotation(db, clock), ...sessionLists(db) };
}

function signIn(db: Db, clock: Pick<Clock, "isTrusted">): Pick<SessionStore, "create"> {
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
			.limit(maxSessions - 1);
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
				// The password may have been reset, or the account suspended, during the comparison.
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
	};
}

function callers(db: Db): Pick<SessionStore, "caller"> {
	const caller = prepareRows<CallerRow>(db, () =>
		db
			.select({ ...callerColumns, key: sessions.key, expiresAt: sessions.expiresAt, usedAt: sessions.usedAt })
			.from(sessions)
			.innerJoin(users, eq(users.key, sessions.userKey))
			.where(eq(sessions.id, parameter("id"))),
	);

	return {
		async caller({ id, userId }, now) {
			const [found] = caller({ id });
			if (!found) return null;
			const [owner, username, role, suspendedAt, pendingSince, key, expiresAt, usedAt] = found;
			const time = now.getTime();
			if (owner !== userId || expiresAt <= time || suspendedAt !== null) return null;
			// The absolute difference: a clock that was ahead may have recorded a later time.
			if (Math.abs(time - usedAt) > usedEveryMs)
				bestEffortWrite(db, (tx) => tx.update(sessions).set({ usedAt: now }).where(eq(sessions.key, key)).run());
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
	};
}

function sessionLists(db: Db): Pick<SessionStore, "ofUser" | "end" | "endOthers" | "sweep"> {
	const keys = userKeys(db);
	return {
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
