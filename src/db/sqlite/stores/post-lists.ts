import { and, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import type { Sort } from "../../../social/posts/store";
import type { Db } from "../query/atomic";
import { noUserKey } from "../query/keys";
import { limit, parameter } from "../query/parameter";
import { prepareRows } from "../query/prepared";
import { type PostRow, selectPosts } from "../query/select";
import { isAccountLive, isPostLive, viewer, visible } from "../query/visible";
import { follows, posts, users } from "../schema";

type List = { sort: Sort; author?: string };
/** `key` and `likes` of the last post of the previous page. */
type Values = { viewer: number; key: number; likes: number; limit: number };

/** Number of an author's newest public posts that are sorted by likes. */
const maxSorted = 5_000;
/** Number of newest keys that a signed-in viewer's list reads first: 0.3 ms if all are hidden from the viewer. */
const lookBack = 512;

const author = sql`(select ${users.key} from ${users} where ${users.username} = ${parameter("author")})`;

/**
 * Pages of posts that the viewer may see. One index has the public posts. Another index has the other posts by author; the
 * query reads only authors that the viewer follows. So hidden posts do not slow a page down.
 */
export function postLists(db: Db): (list: List, values: Values) => PostRow[] {
	const read = (sort: Sort, where: () => SQL | undefined) =>
		prepareRows<PostRow>(db, () => selectPosts(db).where(where()).orderBy(order(sort, posts)).limit(limit));
	const amongNewest = read("newest", isAmongNewest);
	const pages = new Map(shapes.map((shape) => [nameOf(shape), read(shape.sort, () => isInList(shape))]));

	return ({ sort, author }, values) => {
		const byAuthor = author !== undefined;
		const isSignedIn = values.viewer !== noUserKey;
		if (isSignedIn && sort === "newest" && !byAuthor) {
			// Usually fills the page, as fast as the public list.
			const recent = amongNewest(values);
			if (recent.length === values.limit) return recent;
		}
		return pages.get(nameOf({ sort, byAuthor, isSignedIn }))?.({ ...values, author }) ?? [];
	};
}

type Shape = { sort: Sort; byAuthor: boolean; isSignedIn: boolean };
const either = [false, true];
const shapes: Shape[] = (["newest", "oldest", "popular"] as const).flatMap((sort) =>
	either.flatMap((byAuthor) => either.map((isSignedIn) => ({ sort, byAuthor, isSignedIn }))),
);
const nameOf = ({ sort, byAuthor, isSignedIn }: Shape) => `${sort} ${byAuthor} ${isSignedIn}`;

function isInList({ sort, byAuthor, isSignedIn }: Shape): SQL | undefined {
	const isSortedByLikes = byAuthor && sort === "popular";
	if (!isSignedIn && !isSortedByLikes) {
		const isTheirs = byAuthor ? sql`${posts.authorKey} = ${author}` : undefined;
		return and(sql`${posts.visibility} = 'public'`, isTheirs, after(sort, posts), isPostLive);
	}
	const found = part(sort, isSortedByLikes ? newestOfAuthor : publicPosts(byAuthor));
	if (!isSignedIn) return sql`${posts.key} in (${found}) and ${visible}`;
	const hidden = part(sort, hiddenPosts(byAuthor ? audienceOfAuthor : audience));
	const keys = sql`select key from (${found}) union all select key from (${hidden})`;
	return sql`${posts.key} in (${keys}) and ${visible}`;
}

const isAmongNewest = () =>
	sql`${after("newest", posts)} and ${posts.key} >= min(${parameter("key")}, (select max(key) + 1 from ${posts})) - ${sql.raw(String(lookBack))} and ${visible}`;

const publicPosts = (byAuthor: boolean) =>
	byAuthor
		? sql`${posts} p where p.visibility = 'public' and p.author_key = ${author}`
		: sql`${posts} p where p.visibility = 'public'`;

const newestOfAuthor = sql`(
	select p.key, p.like_count, p.author_key from ${posts} p where p.visibility = 'public' and p.author_key = ${author}
	order by p.key desc limit ${sql.raw(String(maxSorted))}
) p where true`;

/** Authors whose non-public posts the viewer may see. `hidden` is 1 for private posts, which only the author sees. */
const audience = sql`
	select ${follows.followingKey} as author, 0 as hidden from ${follows} where ${follows.followerKey} = ${viewer}
	union all select ${viewer}, 0 union all select ${viewer}, 1`;

/** The same for one author. */
const audienceOfAuthor = sql`
	select ${author} as author, 0 as hidden where ${author} = ${viewer} or exists (
		select 1 from ${follows} where ${follows.followerKey} = ${viewer} and ${follows.followingKey} = ${author}
	)
	union all select ${author}, 1 where ${author} = ${viewer}`;

const hiddenPosts = (audience: SQL) => sql`
	(${audience}) cross join ${posts} p on p.author_key = author and p.is_private = hidden
	where p.visibility <> 'public'`;

const p = { key: sql`p.key`, likeCount: sql`p.like_count` };
type Columns = Record<keyof typeof p, SQLWrapper>;

/** The keys of a page of the table `p`. */
const part = (sort: Sort, from: SQL) =>
	sql`select p.key from ${from} and ${after(sort, p)} and ${isAccountLive(sql`p.author_key`)} order by ${order(sort, p)} limit ${limit}`;

function after(sort: Sort, { key, likeCount }: Columns): SQL {
	const last = parameter("key");
	if (sort === "popular") return sql`(${likeCount}, ${key}) < (${parameter("likes")}, ${last})`;
	return sort === "newest" ? sql`${key} < ${last}` : sql`${key} > ${last}`;
}

function order(sort: Sort, { key, likeCount }: Columns): SQL {
	if (sort === "popular") return sql`${likeCount} desc, ${key} desc`;
	return sort === "newest" ? sql`${key} desc` : sql`${key}`;
}
