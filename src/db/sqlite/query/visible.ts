import { type SQL, type SQLWrapper, sql } from "drizzle-orm";
import { comments, follows, likes, posts, users } from "../schema";
import { parameter } from "./parameter";

/** The viewer's key, in every statement that reads posts, likes or comments. */
export const viewer = parameter("viewer");

/** Keys of accounts and posts that are being deleted: usually none. SQLite evaluates them once per statement. */
const goneUsers = sql`(select gone.key from ${users} as gone where gone.gone_at is not null)`;
const gonePosts = sql`(select gone.key from ${posts} as gone where gone.gone_at is not null)`;

/** False for the key of an account that is being deleted. For statements that read many rows. */
export const isAccountLive = (userKey: SQLWrapper): SQL => sql`${userKey} not in ${goneUsers}`;

/** Everyone sees a public post, followers a followers-only one, and authors all of theirs. */
const audience = sql`(
	${posts.visibility} = 'public'
	or ${posts.authorKey} = ${viewer}
	or (${posts.visibility} = 'followers' and exists (
		select 1 from ${follows} where ${follows.followerKey} = ${viewer} and ${follows.followingKey} = ${posts.authorKey}
	))
)`;

/** False while the post or its author is being deleted. */
export const isPostLive = sql`(${posts.goneAt} is null and not exists (
	select 1 from ${users} as gone where gone.key = ${posts.authorKey} and gone.gone_at is not null
))`;

/**
 * Decides whether the viewer may see a post. Every statement that returns posts, or their likes or comments, needs it in its
 * WHERE.
 */
export const visible = sql`(${isPostLive} and ${audience})`;

/** The same rule for statements that read many posts. It needs only columns of the index `posts_author`. */
export const visibleInWalk = sql`(${isAccountLive(posts.authorKey)} and ${posts.key} not in ${gonePosts} and ${audience})`;

/** A stored count minus the rows of accounts that are being deleted. `theirs` counts the rows of the account `gone.key`. */
const without = (count: SQLWrapper, theirs: SQL): SQL<number> =>
	sql<number>`case when exists ${goneUsers} then ${count} - (
		select coalesce(sum(${theirs}), 0) from ${users} as gone where gone.gone_at is not null
	) else ${count} end`;

const gone = sql.raw("gone.key");

/** The counts as readers see them. */
export const shownCounts = {
	likes: without(
		posts.likeCount,
		sql`exists (select 1 from ${likes} where ${likes.postKey} = ${posts.key} and ${likes.userKey} = ${gone})`,
	),
	comments: without(
		posts.commentCount,
		sql`(select count(*) from ${comments} where ${comments.postKey} = ${posts.key} and ${comments.authorKey} = ${gone})`,
	),
	followers: without(
		users.followersCount,
		sql`exists (select 1 from ${follows} where ${follows.followerKey} = ${gone} and ${follows.followingKey} = ${users.key})`,
	),
	following: without(
		users.followingCount,
		sql`exists (select 1 from ${follows} where ${follows.followerKey} = ${users.key} and ${follows.followingKey} = ${gone})`,
	),
};
