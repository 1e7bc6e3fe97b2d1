import { and, asc, eq, gt, isNotNull, or, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import type { Action } from "../../../accounts/audit/store";
import { lazily } from "../../../core/lazily";
import type { ExportStore, Follow, Pages } from "../../../takeout/store";
import type { Db } from "../query/atomic";
import { userKeys } from "../query/keys";
import { limit, parameter } from "../query/parameter";
import { present } from "../query/present";
import { shownCounts, visible } from "../query/visible";
import { accessTokens, audit, comments, follows, images, likes, posts, sessions, users } from "../schema";

/** Rows of a page. As many of the longest posts are read in a few milliseconds, in which nobody else is served. */
const pageSize = 25;

const owner = parameter("viewer"); // who takes it away is who looks at it
const after = parameter("after");
/** Where a list is ordered by something that several rows may share, the key decides among them. */
const tie = parameter("tie");
const past = (first: SQLWrapper, second: SQLWrapper): SQL => sql`(${first}, ${second}) > (${after}, ${tie})`;

type Row = { after: number; tie?: number };
type Values = { viewer: number; after: number; tie: number; limit: number };
type Statement<R> = () => { all(values: Values): R[] };

export function exportStore(db: Db): ExportStore {
	const keys = userKeys(db);

	/** Reads on from where the page before ended. */
	async function* pages<R extends Row, T>(statement: Statement<R>, userId: string, item: (row: R) => T): Pages<T> {
		let last: Row = { after: -1, tie: -1 };
		for (;;) {
			// Each time: the account may be suspended meanwhile, or be deleted and its key become another's. The lists then end.
			const viewer = keys.ofViewer(userId);
			const rows = statement().all({ viewer, after: last.after, tie: last.tie ?? -1, limit: pageSize });
			const end = rows.at(-1);
			if (!end) return;
			yield rows.map(item);
			if (rows.length < pageSize) return;
			last = end;
		}
	}

	// Two ranges of one index, of which no more is read than a page needs.
	const ownPosts = (isPrivate: 0 | 1) => sql`select key from (
		select key from ${posts} where author_key = ${owner} and is_private = ${sql.raw(String(isPrivate))} and key > ${after}
		order by key limit ${limit}
	)`;
	const ofPosts = lazily(() =>
		db
			.select({
				after: posts.key,
				id: posts.id,
				title: posts.title,
				content: posts.content,
				width: images.width,
				height: images.height,
				alt: posts.imageAlt,
				visibility: posts.visibility,
				likeCount: shownCounts.likes,
				commentCount: shownCounts.comments,
				createdAt: posts.createdAt,
				editedAt: posts.editedAt,
			})
			.from(posts)
			.leftJoin(images, eq(images.key, posts.imageKey))
			.where(sql`${posts.key} in (${ownPosts(0)} union all ${ownPosts(1)})`)
			.orderBy(asc(posts.key))
			.limit(limit)
			.prepare(),
	);

	/** Of a post that the owner may not see any more, nothing is told. */
	const postAuthor = sql<string | null>`case when ${visible} then ${users.username} end`;
	const ofComments = lazily(() =>
		db
			.select({
				after: comments.key,
				id: comments.id,
				postId: posts.id,
				postAuthor,
				content: comments.content,
				createdAt: comments.createdAt,
			})
			.from(comments)
			.innerJoin(posts, eq(posts.key, comments.postKey))
			.innerJoin(users, eq(users.key, posts.authorKey))
			.where(and(eq(comments.authorKey, owner), gt(comments.key, after)))
			.orderBy(asc(comments.key))
			.limit(limit)
			.prepare(),
	);
	const ofLikes = lazily(() =>
		db
			.select({ after: likes.postKey, postId: posts.id, postAuthor, createdAt: likes.createdAt })
			.from(likes)
			.innerJoin(posts, eq(posts.key, likes.postKey))
			.innerJoin(users, eq(users.key, posts.authorKey))
			.where(and(eq(likes.userKey, owner), gt(likes.postKey, after)))
			.orderBy(asc(likes.postKey))
			.limit(limit)
			.prepare(),
	);

	const ofFollows = (of: typeof follows.followerKey | typeof follows.followingKey, person: typeof of) =>
		lazily(() =>
			db
				.select({
					after: sql<number>`${follows.createdAt}`,
					tie: sql<number>`${person}`,
					id: users.id,
					username: users.username,
					displayName: users.displayName,
					createdAt: follows.createdAt,
				})
				.from(follows)
				.innerJoin(users, eq(users.key, person))
				.where(and(eq(of, owner), present, past(follows.createdAt, person)))
				.orderBy(asc(follows.createdAt), asc(person))
				.limit(limit)
				.prepare(),
		);
	const ofFollowing = ofFollows(follows.followerKey, follows.followingKey);
	const ofFollowers = ofFollows(follows.followingKey, follows.followerKey);
	const toFollow = ({ after: _, tie: __, ...follow }: Follow & Row): Follow => follow;

	const ofSessions = lazily(() =>
		db
			.select({
				after: sessions.key,
				createdAt: sessions.createdAt,
				expiresAt: sessions.expiresAt,
				device: sessions.device,
				address: sessions.address,
			})
			.from(sessions)
			.where(and(eq(sessions.userKey, owner), gt(sessions.key, after)))
			.orderBy(asc(sessions.key))
			.limit(limit)
			.prepare(),
	);

	const ofTokens = lazily(() =>
		db
			.select({
				after: accessTokens.key,
				name: accessTokens.name,
				scope: accessTokens.scope,
				createdAt: accessTokens.createdAt,
				expiresAt: accessTokens.expiresAt,
			})
			.from(accessTokens)
			.where(and(eq(accessTokens.userKey, owner), gt(accessTokens.key, after)))
			.orderBy(asc(accessTokens.key))
			.limit(limit)
			.prepare(),
	);
	const ownId = sql`(select ${users.id} from ${users} where ${users.key} = ${owner})`;
	// A range of each index, and no more of either than the page needs: an account that is attacked has many failures.
	const eventsWith = (person: SQLWrapper) => sql`select key from (
		select ${audit.key} as key from ${audit} where ${person} = ${ownId} and ${audit.key} > ${after} order by ${audit.key} limit ${limit}
	)`;
	const ofEvents = lazily(() =>
		db
			.select({
				after: audit.key,
				at: audit.at,
				action: sql<Action>`${audit.action}`,
				byMe: sql`${audit.actorId} is ${ownId}`.mapWith(Boolean),
				// Where somebody else did it from is not theirs to know.
				address: sql<string>`case when ${audit.actorId} is ${ownId} or ${audit.actorId} is null then ${audit.address} else '' end`,
			})
			.from(audit)
			.where(sql`${audit.key} in (${eventsWith(audit.actorId)} union all ${eventsWith(audit.subjectId)})`)
			.orderBy(asc(audit.key))
			.limit(limit)
			.prepare(),
	);

	// By size, which is how an index has them. Looked for by way of the posts, a page could be at the end of many without one.
	const picturesAt = (place: SQL | undefined) =>
		lazily(() =>
			db
				.select({
					after: images.bytes,
					tie: images.key,
					name: images.name,
					postId: posts.id,
					width: images.width,
					height: images.height,
					createdAt: images.createdAt,
				})
				.from(images)
				.leftJoin(posts, eq(posts.imageKey, images.key))
				.leftJoin(users, eq(users.avatarKey, images.key))
				.where(and(eq(images.ownerKey, owner), place, or(isNotNull(posts.key), isNotNull(users.key))))
				.orderBy(asc(images.bytes), asc(images.key))
				.limit(limit)
				.prepare(),
		);
	// Asked for both at once, SQLite would walk through all of the same size for each page.
	const ofSameSize = picturesAt(and(eq(images.bytes, after), gt(images.key, tie)));
	const larger = picturesAt(gt(images.bytes, after));
	const ofPictures = () => ({
		all(values: Values) {
			const rows = ofSameSize().all(values);
			return rows.length < pageSize ? [...rows, ...larger().all({ ...values, limit: pageSize - rows.length })] : rows;
		},
	});

	return {
		posts: (userId) =>
			pages(ofPosts, userId, ({ after: _, width, height, alt, ...post }) => ({
				...post,
				image: width === null || height === null ? null : { width, height, alt: alt ?? "" },
			})),
		comments: (userId) => pages(ofComments, userId, ({ after: _, ...comment }) => comment),
		likes: (userId) => pages(ofLikes, userId, ({ after: _, ...like }) => like),
		following: (userId) => pages(ofFollowing, userId, toFollow),
		followers: (userId) => pages(ofFollowers, userId, toFollow),
		sessions: (userId) => pages(ofSessions, userId, ({ after: _, ...session }) => session),
		tokens: (userId) => pages(ofTokens, userId, ({ after: _, ...token }) => token),
		events: (userId) => pages(ofEvents, userId, ({ after: _, ...event }) => event),
		pictures: (userId) => pages(ofPictures, userId, ({ after: _, tie: __, ...picture }) => picture),
	};
}
