import { and, asc, eq, gt, isNotNull, isNull, ne, or, type SQLWrapper, sql } from "drizzle-orm";
import type { Ended, Kept, Proofs, UserCard, UserStore } from "../../../accounts/users/store";
import type { Role } from "../../../core/caller";
import { AppError, wrongPassword } from "../../../core/errors";
import { fold } from "../../../core/fold";
import { lazily } from "../../../core/lazily";
import { foldName } from "../../../social/search/fold";
import { atomic, type Db, type Tx } from "../query/atomic";
import { type Cursors, paged } from "../query/cursor";
import { newKey, nobody, userKeys } from "../query/keys";
import { lastCharacter, parameter } from "../query/parameter";
import { rows } from "../query/prepared";
import { present, presentSql } from "../query/present";
import { type CardRow, cardColumns } from "../query/select";
import { shownCounts, viewer } from "../query/visible";
import { accessTokens, follows, links, sessions, users } from "../schema";
import { insertImage } from "./images";
import { spendLink } from "./links";
import type { Removal } from "./trash/removal";

export function userStore(db: Db, cursors: Cursors, removal: Removal): UserStore {
	const keys = userKeys(db);
	const id = parameter("id");
	const follow = (follower: SQLWrapper, following: SQLWrapper) =>
		sql`exists (
			select 1 from ${follows} where ${follows.followerKey} = ${follower} and ${follows.followingKey} = ${following}
		)`.mapWith(Boolean);

	const accountColumns = {
		...cardColumns,
		bio: users.bio,
		followersCount: shownCounts.followers,
		followingCount: shownCounts.following,
		postsCount: users.postsCount,
		createdAt: users.createdAt,
		email: users.email,
		role: users.role,
		updatedAt: users.updatedAt,
		suspendedAt: users.suspendedAt,
		pendingSince: users.pendingSince,
		viewer: {
			following: follow(viewer, users.key),
			followedBy: follow(users.key, viewer),
		},
	};
	const accounts = () => db.select(accountColumns).from(users);
	const account = rows<AccountRow>(db, () => accounts().where(eq(users.id, id)));
	const profile = rows<AccountRow>(db, () => accounts().where(and(eq(users.username, parameter("username")), present)));

	const credentials = () => db.select({ id: users.id, passwordHash: users.passwordHash }).from(users);
	const credentialsById = lazily(() => credentials().where(eq(users.id, id)).prepare());
	const login = parameter("login");
	const isLogin = or(eq(users.username, login), eq(users.emailKey, login));
	const credentialsByLogin = lazily(() => credentials().where(isLogin).prepare());
	const accountByLogin = lazily(() => accounts().where(isLogin).prepare());
	// One row whether there is an account or not, so that both take the same path.
	const idByLogin = lazily(() =>
		db.$client.prepare<{ id: string | null }, { login: string }>(
			"SELECT (SELECT id FROM users WHERE username = $login OR email_key = $login) AS id",
		),
	);

	// Without drizzle, for a start asks it. As `isActiveAdmin`.
	const activeAdmin = lazily(() =>
		db.$client.prepare(
			"SELECT 1 FROM users WHERE role = 'admin' AND suspended_at IS NULL AND pending_since IS NULL LIMIT 1",
		),
	);

	const avatar = "(SELECT name FROM images WHERE images.key = avatar_key) AS avatar";
	// Two index ranges, merged in order: SQLite reads no more of either than the page needs.
	const startingWith = lazily(() =>
		db.$client.prepare<
			{
				name: string;
				key: number;
				id: string;
				username: string;
				display_name: string;
				avatar: string | null;
			},
			{ prefix: string; end: string; name: string; key: number; limit: number }
		>(`
			SELECT username AS name, key, id, username, display_name, ${avatar} FROM users
			WHERE username >= $prefix AND username < $end AND (username, key) > ($name, $key) AND ${presentSql}
			UNION ALL
			SELECT display_name_key, key, id, username, display_name, ${avatar} FROM users
			WHERE display_name_key >= $prefix AND display_name_key < $end AND (display_name_key, key) > ($name, $key)
				AND NOT (username >= $prefix AND username < $end) AND ${presentSql}
			ORDER BY 1, 2 LIMIT $limit`),
	);

	/** Throws what `Proofs` says. */
	function prove(tx: Tx, id: string, { by, verified }: Proofs) {
		if (by) keys.ofCaller(by);
		if (verified === undefined) return;
		const found = tx.select({ passwordHash: users.passwordHash }).from(users).where(eq(users.id, id)).get();
		if (found?.passwordHash !== verified) throw wrongPassword();
	}

	return {
		async create({ createdAt, displayName, email, ...user }, link) {
			const emailKey = fold(email);
			await atomic(db, (tx) => {
				const purpose = link && spendLink(tx, link, ["invite", "admin"], createdAt).purpose;
				const invited = purpose ? { pendingSince: null } : {};
				const first = purpose === "admin" ? { role: "admin" as const } : {};
				const taken = tx
					.select({ username: users.username })
					.from(users)
					.where(or(eq(users.username, user.username), eq(users.emailKey, emailKey)))
					.get();
				if (taken)
					throw new AppError(
						"conflict",
						`This ${taken.username === user.username ? "username" : "e-mail address"} is taken.`,
					);
				tx.insert(users)
					.values({
						...user,
						key: newKey(users),
						email,
						emailKey,
						displayName,
						displayNameKey: foldName(displayName),
						createdAt,
						updatedAt: createdAt,
						...invited,
						...first,
					})
					.run();
			});
		},

		async accountById(id) {
			const [found] = account({ id, viewer: keys.ofViewer(id) });
			return found ? toAccount(found) : null;
		},

		async accountByLogin(login) {
			const found = accountByLogin().get({ login: fold(login), viewer: nobody });
			return found ? { ...found, viewer: null } : null;
		},

		async accounts(page, { state, role, search } = {}) {
			const list = `accounts:${JSON.stringify([state, role, search])}`;
			const [key] = cursors.open(list, page.cursor) ?? [0];
			const part = search === undefined ? undefined : fold(search);
			const found = db
				.select({ ...accountColumns, key: users.key })
				.from(users)
				.where(
					and(
						gt(users.key, Number(key)),
						isNull(users.goneAt),
						state && inState[state],
						role && eq(users.role, role),
						part === undefined ? undefined : or(contains(users.username, part), contains(users.emailKey, part)),
					),
				)
				.orderBy(asc(users.key))
				.limit(page.limit + 1)
				.prepare();
			return paged(found.all({ viewer: nobody }), page, {
				item: ({ key: _, ...account }) => ({ ...account, viewer: null }),
				position: ({ key }) => [key],
				seal: (position) => cursors.seal(list, position),
			});
		},

		async hasAdmin() {
			return activeAdmin().get() !== null;
		},

		async profileByUsername(username, viewerId) {
			const [found] = profile({ username: username.toLowerCase(), viewer: keys.ofViewer(viewerId) });
			if (!found) return null;
			const profiled = toAccount(found);
			return viewerId === null ? { ...profiled, viewer: null } : profiled;
		},

		async idByLogin(login) {
			return idByLogin().get({ login: fold(login) })?.id ?? null;
		},

		async credentialsByLogin(login) {
			return credentialsByLogin().get({ login: fold(login) }) ?? null;
		},

		async credentialsById(id) {
			return credentialsById().get({ id }) ?? null;
		},

		async changeProfile(id, decide, by) {
			await atomic(db, (tx) => {
				const key = by ? keys.ofCaller(by) : keys.ofWriter(id);
				const [row] = account({ id, viewer: key });
				const { displayName, avatar, ...changes } = decide(toAccount(row as AccountRow));
				const names = displayName === undefined ? {} : { displayName, displayNameKey: foldName(displayName) };
				const noAvatar = avatar === undefined ? {} : { avatarKey: null };
				tx.update(users)
					.set({ ...names, ...noAvatar, ...changes })
					.where(eq(users.key, key))
					.run();
				if (avatar)
					// After the old one has gone, whose bytes count no more.
					tx.update(users)
						.set({ avatarKey: insertImage(tx, key, avatar) })
						.where(eq(users.key, key))
						.run();
			});
		},

		async update(id, changes, { keep, ...proofs } = {}) {
			return atomic(db, (tx) => {
				prove(tx, id, proofs);
				const isShutOut = Boolean(changes.suspendedAt);
				if (changes.role === "user" || isShutOut) keepAdmin(tx, id);
				const before = tx.select({ key: users.key, role: users.role }).from(users).where(eq(users.id, id)).get();
				if (!before) return null;
				const { key } = before;
				tx.update(users).set(changes).where(eq(users.key, key)).run();
				if (isShutOut) endSessions(tx, key);
				if (isShutOut || (changes.role === "user" && before.role === "admin"))
					tx.delete(links).where(eq(links.creatorKey, key)).run();
				return changes.passwordHash === undefined ? { tokens: 0 } : endAccess(tx, key, keep);
			});
		},

		async reset(link, changes) {
			return atomic(db, (tx) => {
				const { userKey } = spendLink(tx, link, ["reset"], changes.updatedAt);
				const updated = tx
					.update(users)
					.set(changes)
					.where(eq(users.key, userKey ?? nobody))
					.returning({ id: users.id, key: users.key })
					.get();
				if (!updated) throw new AppError("gone", "This account no longer exists.");
				return { id: updated.id, ...endAccess(tx, updated.key) };
			});
		},

		async remove(id, bin, proofs = {}) {
			const removed = await atomic(db, (tx) => {
				prove(tx, id, proofs);
				const found = tx.select({ key: users.key }).from(users).where(eq(users.id, id)).get();
				if (!found) return null;
				keepAdmin(tx, id);
				return { key: found.key, isWhole: removal.account(tx, found.key, bin) };
			});
			if (removed?.isWhole) await removal.shred.now();
			else if (removed) await removal.untagAll(removed.key);
			return removed !== null;
		},

		async startingWith(typed, page) {
			const prefix = foldName(typed);
			const list = `users:${prefix}`;
			const [name = "", key = 0] = cursors.open(list, page.cursor) ?? [];
			const rows = startingWith().all({
				prefix,
				end: prefix + lastCharacter,
				name: String(name),
				key: Number(key),
				limit: page.limit + 1,
			});
			return paged(rows, page, {
				item: ({ id, username, display_name, avatar }): UserCard => ({
					id,
					username,
					displayName: display_name,
					avatar,
				}),
				position: (row) => [row.name, row.key],
				seal: (position) => cursors.seal(list, position),
			});
		},
	};
}

// biome-ignore format: in groups
type AccountRow = [
	...CardRow,
	bio: string, followersCount: number, followingCount: number, postsCount: number, createdAt: number,
	email: string, role: Role, updatedAt: number, suspendedAt: number | null, pendingSince: number | null,
	following: number, followedBy: number,
];

// biome-ignore format: as the row is
const toAccount = ([
	id, username, displayName, avatar,
	bio, followersCount, followingCount, postsCount, createdAt,
	email, role, updatedAt, suspendedAt, pendingSince,
	following, followedBy,
]: AccountRow) => ({
	id, username, displayName, avatar,
	bio, followersCount, followingCount, postsCount, createdAt: new Date(createdAt),
	email, role, updatedAt: new Date(updatedAt), suspendedAt: dateOf(suspendedAt), pendingSince: dateOf(pendingSince),
	viewer: { following: following === 1, followedBy: followedBy === 1 },
});

const dateOf = (time: number | null) => (time === null ? null : new Date(time));

const inState = {
	active: and(isNull(users.suspendedAt), isNull(users.pendingSince)),
	pending: and(isNull(users.suspendedAt), isNotNull(users.pendingSince)),
	suspended: isNotNull(users.suspendedAt),
};
const isActiveAdmin = and(eq(users.role, "admin"), inState.active);

/** Throws `conflict` when nobody else could administer the instance. */
function keepAdmin(tx: Tx, id: string) {
	const admins = tx.select({ id: users.id }).from(users).where(isActiveAdmin).limit(2).all();
	if (admins.length === 1 && admins[0]?.id === id)
		throw new AppError("conflict", "There has to be an administrator. Make somebody else one first.");
}

function endSessions(tx: Tx, key: number, but?: string) {
	const isIt = and(eq(sessions.userKey, key), but === undefined ? undefined : ne(sessions.id, but));
	tx.delete(sessions).where(isIt).run();
}

/** Ends what somebody with the old password may have opened or made. */
function endAccess(tx: Tx, key: number, keep?: Kept): Ended {
	endSessions(tx, key, keep?.sessionId);
	tx.delete(links).where(eq(links.userKey, key)).run();
	if (keep?.tokens) return { tokens: 0 };
	return {
		tokens: tx.delete(accessTokens).where(eq(accessTokens.userKey, key)).returning({ key: accessTokens.key }).all()
			.length,
	};
}

/** Not LIKE: what somebody types has no wildcards, and may be of any length. */
const contains = (column: SQLWrapper, part: string) => sql`instr(${column}, ${part}) > 0`;
