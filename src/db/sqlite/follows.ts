import { and, desc, eq, type SQLWrapper, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { FollowStore } from "../../follows/store";
import type { PageRequest } from "../../page";
import { atomic } from "./atomic";
import type { Db } from "./connect";
import { type Cursors, paged } from "./cursor";
import { userKeys } from "./keys";
import { limit, parameter } from "./parameter";
import { follows, users } from "./schema";
import { cardColumns } from "./select";

export function followStore(db: Db, cursors: Cursors): FollowStore {
	const keys = userKeys(db);
	const person = db
		.select({ key: users.key })
		.from(users)
		.where(eq(users.username, parameter("username")))
		.prepare();
	const keyOf = (username: string) => person.get({ username: username.toLowerCase() })?.key ?? null;
	const edge = (follower: SQLWrapper | number, following: SQLWrapper | number) =>
		and(eq(follows.followerKey, follower), eq(follows.followingKey, following));
	const exists = db
		.select({ one: sql`1` })
		.from(follows)
		.where(edge(parameter("follower"), parameter("following")))
		.prepare();
	const relationship = (me: number, them: number) => ({
		following: exists.get({ follower: me, following: them }) !== undefined,
		followedBy: exists.get({ follower: them, following: me }) !== undefined,
	});

	/** Pages through one side of the edges: the people at `shown` whose other end is `of`. */
	const pages = (name: string, of: SQLiteColumn, shown: typeof follows.followerKey | typeof follows.followingKey) => {
		const statement = db
			.select({
				card: cardColumns,
				at: sql<number>`${follows.createdAt}`,
				user: shown,
			})
			.from(follows)
			.innerJoin(users, eq(users.key, shown))
			.where(
				and(
					eq(of, parameter("of")),
					sql`(${follows.createdAt}, ${shown}) < (${parameter("at")}, ${parameter("user")})`,
				),
			)
			.orderBy(desc(follows.createdAt), desc(shown))
			.limit(limit)
			.prepare();
		return async (username: string, page: PageRequest) => {
			const list = `${name}:${username.toLowerCase()}`;
			const [at, user] = cursors.open(list, page.cursor) ?? [Number.MAX_SAFE_INTEGER, 0];
			const key = keyOf(username);
			if (key === null) return null;
			return paged(statement.all({ of: key, at, user, limit: page.limit + 1 }), page, {
				item: ({ card }) => card,
				position: ({ at, user }) => [at, user],
				seal: (position) => cursors.seal(list, position),
			});
		};
	};

	return {
		async add({ followerId, username, createdAt }) {
			const follower = keys.ofWriter(followerId);
			return atomic(db, (tx) => {
				const following = keyOf(username);
				if (following === null) return null;
				tx.insert(follows)
					.values({ followerKey: follower, followingKey: following, createdAt })
					.onConflictDoNothing()
					.run();
				return relationship(follower, following);
			});
		},

		async remove({ followerId, username }) {
			const follower = keys.ofWriter(followerId);
			return atomic(db, (tx) => {
				const following = keyOf(username);
				if (following === null) return null;
				tx.delete(follows).where(edge(follower, following)).run();
				return relationship(follower, following);
			});
		},

		followers: pages("followers", follows.followingKey, follows.followerKey),
		following: pages("following", follows.followerKey, follows.followingKey),
	};
}
