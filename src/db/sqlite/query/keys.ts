import { and, eq, getTableName, type SQL, sql } from "drizzle-orm";
import type { Caller, Role } from "../../../core/caller";
import { AppError, adminsOnly, credentialEnded, waiting } from "../../../core/errors";
import { oncePer } from "../../../core/lazily";
import { accessTokens, type comments, type posts, sessions, users } from "../schema";
import type { Db } from "./atomic";
import { parameter } from "./parameter";
import { prepareRows } from "./prepared";

/** Stands for an anonymous viewer: no row has this key. */
export const noUserKey = 0;

type UserRow = [key: number, role: Role, suspendedAt: number | null, pendingSince: number | null];

/** Finds the keys that users' ids stand for. */
export const userKeys = oncePer((db: Db) => {
	const { key, role, suspendedAt, pendingSince } = users;
	const byId = prepareRows<UserRow>(db, () =>
		db
			.select({ key, role, suspendedAt, pendingSince })
			.from(users)
			.where(eq(users.id, parameter("id"))),
	);
	const credential = (table: typeof sessions | typeof accessTokens) =>
		prepareRows<[one: number]>(db, () =>
			db
				.select({ one: sql`1` })
				.from(table)
				.where(and(eq(table.id, parameter("id")), eq(table.userKey, parameter("user")))),
		);
	const session = credential(sessions);
	const accessToken = credential(accessTokens);

	/** A request may be admitted long before it writes: while its body arrives, a password is hashed or a picture rendered. */
	const writer = (id: string): { key: number; role: Role } => {
		const [found] = byId({ id });
		if (!found) throw new AppError("unauthenticated", "This account no longer exists.");
		const [key, role, suspendedAt, pendingSince] = found;
		if (suspendedAt !== null) throw new AppError("unauthenticated", "This account is suspended.");
		if (pendingSince !== null) throw waiting();
		return { key, role };
	};

	return {
		/** The key of an account in any state; `nobody` for an unknown id. */
		ofUser: (id: string): number => byId({ id })[0]?.[0] ?? noUserKey,

		/** The key of a viewer; `nobody` for null and for suspended, pending or deleted accounts. */
		ofViewer(id: string | null): number {
			const [found] = id === null ? [] : byId({ id });
			if (!found) return noUserKey;
			const [key, , suspendedAt, pendingSince] = found;
			return suspendedAt === null && pendingSince === null ? key : noUserKey;
		},

		/**
		 * The author of a write. Throws `unauthenticated` when the account was deleted or suspended while the request was on
		 * its way, and `forbidden` when it is pending.
		 */
		ofWriter: (id: string): number => writer(id).key,

		/**
		 * As `ofWriter`. Also verifies that the caller's session or token still exists, and that an administrator still has
		 * that role. Throws `unauthenticated` or `forbidden`.
		 */
		ofCaller(caller: Caller): number {
			const { key, role } = writer(caller.id);
			const isAdmitted =
				caller.sessionId === null
					? accessToken({ id: caller.tokenId, user: key }).length > 0
					: session({ id: caller.sessionId, user: key }).length > 0;
			if (!isAdmitted) throw credentialEnded();
			if (caller.role === "admin" && role !== "admin") throw adminsOnly();
			return key;
		},
	};
});

/**
 * The key of a new row: above all there are, as SQLite would choose it, and above those that were deleted and may come back
 * to where they were. Whatever adds rows to these tables gives them this one.
 */
export const nextKey = (table: "users" | "posts" | "comments" | "trash"): string => `(SELECT max(
		coalesce((SELECT max(key) FROM ${table}), 0), (SELECT highest FROM kept_keys WHERE kind = '${table}')
	) + 1)`;

/** As `nextKey`, for what drizzle inserts. */
export const newKey = (table: typeof users | typeof posts | typeof comments): SQL =>
	sql.raw(nextKey(getTableName(table) as Parameters<typeof nextKey>[0]));
