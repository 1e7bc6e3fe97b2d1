import { and, eq, ne, or } from "drizzle-orm";
import type { Ended, Kept, NewUser, Proofs, UserStore } from "../../../../accounts/users/store";
import { AppError, wrongPassword } from "../../../../core/errors";
import { fold } from "../../../../core/fold";
import { foldName } from "../../../../social/search/fold";
import { atomic, type Db, type Tx } from "../../query/atomic";
import { newKey, noUserKey, userKeys } from "../../query/keys";
import { accessTokens, links, sessions, users } from "../../schema";
import { insertImage } from "../images";
import { consumeLink } from "../links";
import type { Removal } from "../trash/removal";
import { type AccountById, type AccountRow, inState, toAccount } from "./accounts";

export function registration(db: Db): Pick<UserStore, "create"> {
	return {
		async create(user, link) {
			await atomic(db, (tx) => {
				const purpose = link && consumeLink(tx, link, ["invite", "admin"], user.createdAt).purpose;
				const invited = purpose ? { pendingSince: null } : {};
				const first = purpose === "admin" ? { role: "admin" as const } : {};
				insertUser(tx, { ...user, ...invited, ...first });
			});
		},
	};
}

function insertUser(tx: Tx, user: NewUser) {
	const { username, email, displayName, createdAt } = user;
	const emailKey = fold(email);
	const taken = tx
		.select({ username: users.username })
		.from(users)
		.where(or(eq(users.username, username), eq(users.emailKey, emailKey)))
		.get();
	if (taken)
		throw new AppError("conflict", `This ${taken.username === username ? "username" : "e-mail address"} is taken.`);
	tx.insert(users)
		.values({
			...user,
			key: newKey(users),
			emailKey,
			displayNameKey: foldName(displayName),
			updatedAt: createdAt,
		})
		.run();
}

export function profileChanges(db: Db, byId: AccountById): Pick<UserStore, "changeProfile"> {
	const keys = userKeys(db);
	return {
		async changeProfile(id, decide, by) {
			await atomic(db, (tx) => {
				const key = by ? keys.ofCaller(by) : keys.ofWriter(id);
				const [row] = byId({ id, viewer: key });
				const { displayName, avatar, ...changes } = decide(toAccount(row as AccountRow));
				const names = displayName === undefined ? {} : { displayName, displayNameKey: foldName(displayName) };
				const noAvatar = avatar === undefined ? {} : { avatarKey: null };
				tx.update(users)
					.set({ ...names, ...noAvatar, ...changes })
					.where(eq(users.key, key))
					.run();
				if (avatar)
					// After the old picture is released, so that its bytes no longer count.
					tx.update(users)
						.set({ avatarKey: insertImage(tx, key, avatar) })
						.where(eq(users.key, key))
						.run();
			});
		},
	};
}

type Management = Pick<UserStore, "update" | "reset" | "remove">;

export function accountManagement(db: Db, removal: Removal): Management {
	const keys = userKeys(db);

	/** Checks `Proofs` again inside the transaction. Throws the errors listed there. */
	function verify(tx: Tx, id: string, { by, verified }: Proofs) {
		if (by) keys.ofCaller(by);
		if (verified === undefined) return;
		const found = tx.select({ passwordHash: users.passwordHash }).from(users).where(eq(users.id, id)).get();
		if (found?.passwordHash !== verified) throw wrongPassword();
	}

	return {
		async update(id, changes, { keep, ...proofs } = {}) {
			return atomic(db, (tx) => {
				verify(tx, id, proofs);
				const isSuspension = Boolean(changes.suspendedAt);
				if (changes.role === "user" || isSuspension) keepAdmin(tx, id);
				const before = tx.select({ key: users.key, role: users.role }).from(users).where(eq(users.id, id)).get();
				if (!before) return null;
				const { key } = before;
				tx.update(users).set(changes).where(eq(users.key, key)).run();
				if (isSuspension) endSessions(tx, key);
				if (isSuspension || (changes.role === "user" && before.role === "admin"))
					tx.delete(links).where(eq(links.creatorKey, key)).run();
				return changes.passwordHash === undefined ? { tokens: 0 } : endAccess(tx, key, keep);
			});
		},

		async reset(link, changes) {
			return atomic(db, (tx) => {
				const { userKey } = consumeLink(tx, link, ["reset"], changes.updatedAt);
				const updated = tx
					.update(users)
					.set(changes)
					.where(eq(users.key, userKey ?? noUserKey))
					.returning({ id: users.id, key: users.key })
					.get();
				if (!updated) throw new AppError("gone", "This account no longer exists.");
				return { id: updated.id, ...endAccess(tx, updated.key) };
			});
		},

		async remove(id, moveToTrash, proofs = {}) {
			const removed = await atomic(db, (tx) => {
				verify(tx, id, proofs);
				const found = tx.select({ key: users.key }).from(users).where(eq(users.id, id)).get();
				if (!found) return null;
				keepAdmin(tx, id);
				return { key: found.key, isWhole: removal.account(tx, found.key, moveToTrash) };
			});
			if (removed?.isWhole) await removal.scrubber.now();
			else if (removed) await removal.removeTagsOfPosts(removed.key);
			return removed !== null;
		},
	};
}

const isActiveAdmin = and(eq(users.role, "admin"), inState.active);

/** Throws `conflict` for the only active administrator. */
function keepAdmin(tx: Tx, id: string) {
	const admins = tx.select({ id: users.id }).from(users).where(isActiveAdmin).limit(2).all();
	if (admins.length === 1 && admins[0]?.id === id)
		throw new AppError("conflict", "This is the only administrator. Make another account an administrator first.");
}

function endSessions(tx: Tx, key: number, but?: string) {
	const isIt = and(eq(sessions.userKey, key), but === undefined ? undefined : ne(sessions.id, but));
	tx.delete(sessions).where(isIt).run();
}

/** Ends all sessions, links and tokens that the old password may have created. */
function endAccess(tx: Tx, key: number, keep?: Kept): Ended {
	endSessions(tx, key, keep?.sessionId);
	tx.delete(links).where(eq(links.userKey, key)).run();
	if (keep?.tokens) return { tokens: 0 };
	const isTheirs = eq(accessTokens.userKey, key);
	return { tokens: tx.delete(accessTokens).where(isTheirs).returning({ key: accessTokens.key }).all().length };
}
