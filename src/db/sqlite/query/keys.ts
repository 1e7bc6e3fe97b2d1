import { and, eq, getTableName, type SQL, sql } from "drizzle-orm";
import type { Caller, Role } from "../../../core/caller";
import { AppError, adminsOnly, credentialEnded, waiting } from "../../../core/errors";
import { oncePer } from "../../../core/lazily";
import { accessTokens, type comments, type posts, sessions, users } from "../schema";
import type { Db } from "./atomic";
import { parameter } from "./parameter";
import { prepareRows } from "./prepared";

/** The key of anonymous viewers and unknown users. No row has it. */
export const noUserKey = 0;

type UserRow = [key: number, role: Role, suspendedAt: number | null, pendingSince: number | null];

/** Looks up users' keys by their ids. */
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

	/** Checks again in the transaction: the account may change while the body arrives, a password is hashed or a picture rendered. */
	const writer = (id: string): { key: number; role: Role } => {
		const [found] = byId({ id });
		if (!found) throw new AppError("unauthenticated", "This account no longer exists.");
		const [key, role, suspendedAt, pendingSince] = found;
		if (suspendedAt !== null) throw new AppError("unauthenticated", "This account is suspended.");
		if (pendingSince !== null) throw waiting();
		return { key, role };
	};

	return {
		/** The key of an account in any state; `noUserKey` for an unknown id. */
		ofUser: (id: string): number => byId({ id })[0]?.[0] ?? noUserKey,

		/** The key of a viewer; `noUserKey` for null and for suspended, pending or deleted accounts. */
		ofViewer(id: string | null): number {
			const [found] = id === null ? [] : byId({ id });
			if (!found) return noUserKey;
			const [key, , suspendedAt, pendingSince] = found;
			return suspendedAt === null && pendingSince === null ? key : noUserKey;
		},

		/**
		 * The key of a write's author. Throws `unauthenticated` when the account was deleted or suspended since the request began,
		 * and `forbidden` when it is pending.
		 */
		ofWriter: (id: string): number => writer(id).key,

		/**
		 * Returns the key like `ofWriter`. Also verifies that the session or token still exists, and that an administrator still has that role.
		 * Throws `unauthenticated` or `forbidden`.
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
 * SQL for the key of a new row: above all existing keys and all keys in the trash. Restored rows get their old keys. Every
 * insert into these tables must use it.
 */
export const nextKey = (table: "users" | "posts" | "comments" | "trash"): string => `(SELECT max(
		coalesce((SELECT max(key) FROM ${table}), 0), (SELECT highest FROM kept_keys WHERE kind = '${table}')
	) + 1)`;

/** Returns `nextKey` in the form that inserts with drizzle need. */
export const newKey = (table: typeof users | typeof posts | typeof comments): SQL =>
	sql.raw(nextKey(getTableName(table) as Parameters<typeof nextKey>[0]));
