import { sql } from "drizzle-orm";
import { parameter } from "./parameter";
import { follows, posts } from "./schema";

/** The viewer's key in every statement that reads posts or what hangs on them. */
export const viewer = parameter("viewer");

/**
 * The one rule of who may see a post: everyone a public one, followers a followers-only one, the author all of theirs.
 * Every statement that yields posts, or anything that hangs on one, has it in its WHERE.
 */
export const visible = sql`(
	${posts.visibility} = 'public'
	or ${posts.authorKey} = ${viewer}
	or (${posts.visibility} = 'followers' and exists (
		select 1 from ${follows} where ${follows.followerKey} = ${viewer} and ${follows.followingKey} = ${posts.authorKey}
	))
)`;
