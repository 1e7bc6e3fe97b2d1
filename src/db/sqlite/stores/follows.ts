import { and, eq, isNull, type SQLWrapper, sql } from "drizzle-orm";
import { AppError } from "../../../core/errors";
import { lazily } from "../../../core/lazily";
import { type FollowStore, maxFollowed } from "../../../social/follows/store";
import { atomic, type Db, prepareReturning, prepareWrite } from "../query/atomic";
import type { Cursors } from "../query/cursor";
import { userKeys } from "../query/keys";
import { parameter } from "../query/parameter";
import { peoplePages } from "../query/people";
import { present } from "../query/present";
import { follows, users } from "../schema";

export function followStore(db: Db, cursors: Cursors): FollowStore {
	const people = peopleByName(db);
	return { ...follow(db, people), ...followLists(db, cursors, people) };
}

type People = ReturnType<typeof peopleByName>;

function peopleByName(db: Db) {
	const person = lazily(() =>
		db
			.select({ key: users.key, isPresent: present.mapWith(Boolean) })
			.from(users)
			.where(and(eq(users.username, parameter("username")), isNull(users.goneAt)))
			.prepare(),
	);
	const find = (username: string) => person().get({ username: username.toLowerCase() });
	/** Null for accounts that are pending, suspended or unknown. */
	const keyOf = (username: string): number | null => {
		const found = find(username);
		return found?.isPresent ? found.key : null;
	};
	return { find, keyOf };
}

function follow(db: Db, people: People): Pick<FollowStore, "add" | "remove"> {
	const keys = userKeys(db);
	const edge = (follower: SQLWrapper, following: SQLWrapper) =>
		and(eq(follows.followerKey, follower), eq(follows.followingKey, following));
	const exists = lazily(() =>
		db
			.select({ one: sql`1` })
			.from(follows)
			.where(edge(parameter("follower"), parameter("following")))
			.prepare(),
	);
	const relationship = (me: number, them: number) => ({
		following: exists().get({ follower: me, following: them }) !== undefined,
		followedBy: exists().get({ follower: them, following: me }) !== undefined,
	});

	const followed = lazily(() =>
		db
			.select({ count: users.followingCount })
			.from(users)
			.where(eq(users.key, parameter("follower")))
			.prepare(),
	);

	const row = {
		followerKey: sql.placeholder("follower"),
		followingKey: sql.placeholder("following"),
		createdAt: sql.placeholder("createdAt"),
	};
	const insert = prepareWrite(db, (db) => db.insert(follows).values(row).onConflictDoNothing());
	const remove = prepareReturning(db, (db) =>
		db.delete(follows).where(edge(row.followerKey, row.followingKey)).returning({ following: follows.followingKey }),
	);

	return {
		async add({ followerId, username, createdAt }) {
			return atomic(db, (tx) => {
				const follower = keys.ofWriter(followerId);
				const following = people.keyOf(username);
				if (following === null) return null;
				const isNew = exists().get({ follower, following }) === undefined;
				if (isNew && (followed().get({ follower })?.count ?? 0) >= maxFollowed)
					throw new AppError(
						"conflict",
						`You already follow ${maxFollowed} people, the maximum. Unfollow a person first.`,
					);
				insert(tx, { follower, following, createdAt });
				return relationship(follower, following);
			});
		},

		async remove({ followerId, username }) {
			return atomic(db, (tx) => {
				const follower = keys.ofWriter(followerId);
				const found = people.find(username);
				if (!found) return null;
				const { key: following, isPresent } = found;
				const removed = remove(tx, { follower, following });
				// Earlier versions allowed to follow a pending account, which is hidden from its followers now.
				return removed || isPresent ? relationship(follower, following) : null;
			});
		},
	};
}

function followLists(db: Db, cursors: Cursors, { keyOf }: People): Pick<FollowStore, "followers" | "following"> {
	const since = follows.createdAt;
	const followers = peoplePages(db, cursors, {
		table: follows,
		subject: follows.followingKey,
		person: follows.followerKey,
		since,
	});
	const following = peoplePages(db, cursors, {
		table: follows,
		subject: follows.followerKey,
		person: follows.followingKey,
		since,
	});

	return {
		async followers(username, page) {
			return followers(`followers:${username.toLowerCase()}`, page, () => keyOf(username));
		},

		async following(username, page) {
			return following(`following:${username.toLowerCase()}`, page, () => keyOf(username));
		},
	};
}
