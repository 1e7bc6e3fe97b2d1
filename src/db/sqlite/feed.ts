import { and, desc, lt, sql } from "drizzle-orm";
import type { FeedStore } from "../../feed/store";
import { type Cursors, paged } from "./cursor";
import { userKeys } from "./keys";
import type { Db } from "./open";
import { follows, posts } from "./schema";
import { selectPosts, toPost } from "./select";
import { viewer, visible } from "./visible";

export function feedStore(db: Db, cursors: Cursors): FeedStore {
	const keys = userKeys(db);
	// As `IN (list of authors)` SQLite seeks each author's newest posts in the index and leaves their range as soon as it
	// falls behind the page: the cost grows with the number of the followed, not of their posts.
	const authors = sql`(
		select ${follows.followingKey} from ${follows} where ${follows.followerKey} = ${viewer} union all select ${viewer}
	)`;
	const page = selectPosts(db)
		.where(and(sql`${posts.authorKey} in ${authors}`, lt(posts.key, sql.placeholder("before")), visible))
		.orderBy(desc(posts.key))
		.limit(sql.placeholder("limit"))
		.prepare();

	return {
		async page(readerId, request) {
			const [before] = cursors.open("feed", request.cursor) ?? [Number.MAX_SAFE_INTEGER];
			const rows = page.all({
				viewer: keys.ofViewer(readerId),
				before,
				limit: request.limit + 1,
			});
			return paged(rows, request, {
				item: toPost,
				position: ({ key }) => [key],
				seal: (position) => cursors.seal("feed", position),
			});
		},
	};
}
