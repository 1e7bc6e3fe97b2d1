import { and, asc, eq, gt, isNotNull, isNull, or, type SQLWrapper, sql } from "drizzle-orm";
import type { UserStore } from "../../../../accounts/users/store";
import type { Role } from "../../../../core/caller";
import { fold } from "../../../../core/fold";
import { lazily } from "../../../../core/lazily";
import type { Db, Readable } from "../../query/atomic";
import { type Cursors, paged } from "../../query/cursor";
import { noUserKey, userKeys } from "../../query/keys";
import { parameter } from "../../query/parameter";
import { prepareRows } from "../../query/prepared";
import { present } from "../../query/present";
import { type CardRow, cardColumns } from "../../query/select";
import { shownCounts, viewer } from "../../query/visible";
import { follows, users } from "../../schema";
import { isLogin } from "./logins";

const isFollowing = (follower: SQLWrapper, following: SQLWrapper) =>
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
		following: isFollowing(viewer, users.key),
		followedBy: isFollowing(users.key, viewer),
	},
};

const selectAccounts = (db: Readable) => db.select(accountColumns).from(users);

/** The account of an id, with its relationship to the viewer. */
export const accountById = (db: Readable) =>
	prepareRows<AccountRow>(db, () => selectAccounts(db).where(eq(users.id, parameter("id"))));
export type AccountById = ReturnType<typeof accountById>;

type Lookups = Pick<UserStore, "accountById" | "accountByLogin" | "profileByUsername">;

export function accountLookups(db: Db, byId: AccountById): Lookups {
	const keys = userKeys(db);
	const byLogin = lazily(() => selectAccounts(db).where(isLogin).prepare());
	const byUsername = prepareRows<AccountRow>(db, () =>
		selectAccounts(db).where(and(eq(users.username, parameter("username")), present)),
	);

	return {
		async accountById(id) {
			const [found] = byId({ id, viewer: keys.ofViewer(id) });
			return found ? toAccount(found) : null;
		},

		async accountByLogin(login) {
			const found = byLogin().get({ login: fold(login), viewer: noUserKey });
			return found ? { ...found, viewer: null } : null;
		},

		async profileByUsername(username, viewerId) {
			const [found] = byUsername({ username: username.toLowerCase(), viewer: keys.ofViewer(viewerId) });
			if (!found) return null;
			const profile = toAccount(found);
			return viewerId === null ? { ...profile, viewer: null } : profile;
		},
	};
}

export function accountList(db: Db, cursors: Cursors): Pick<UserStore, "accounts"> {
	return {
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
			return paged(found.all({ viewer: noUserKey }), page, {
				item: ({ key: _, ...account }) => ({ ...account, viewer: null }),
				position: ({ key }) => [key],
				seal: (position) => cursors.seal(list, position),
			});
		},
	};
}

// biome-ignore format: in groups
export type AccountRow = [
	...CardRow,
	bio: string, followersCount: number, followingCount: number, postsCount: number, createdAt: number,
	email: string, role: Role, updatedAt: number, suspendedAt: number | null, pendingSince: number | null,
	following: number, followedBy: number,
];

// biome-ignore format: as the row is
export const toAccount = ([
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

export const inState = {
	active: and(isNull(users.suspendedAt), isNull(users.pendingSince)),
	pending: and(isNull(users.suspendedAt), isNotNull(users.pendingSince)),
	suspended: isNotNull(users.suspendedAt),
};

/** Unlike LIKE it has no wildcards and no limit on the length. */
const contains = (column: SQLWrapper, part: string) => sql`instr(${column}, ${part}) > 0`;
