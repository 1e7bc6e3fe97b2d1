import { and, asc, eq, gt, isNotNull, or, type SQL, sql } from "drizzle-orm";
import { lazily } from "../../../core/lazily";
import type { Pages, TakeoutStore } from "../../../takeout/store";
import type { Db } from "../query/atomic";
import { userKeys } from "../query/keys";
import { limit, parameter } from "../query/parameter";
import { present } from "../query/present";
import { images, posts, users } from "../schema";
import { ownSessions, takeouts } from "../tables";
import { after, owner, type TakeoutList } from "../tables/takeout-list";

/** Rows of a page. Reading so many of the longest posts blocks other requests for a few milliseconds. */
const pageSize = 25;

/** Decides the order of rows that share the first position. */
const tie = parameter("tie");

type Position = { after: number; tie?: number };
type Values = { viewer: number; after: number; tie: number; limit: number };
type Statement<Item> = () => { all(values: Values): (Position & { item: Item })[] };

export function takeoutStore(db: Db): TakeoutStore {
	const keys = userKeys(db);
	const statements = new Map([ownSessions, ...takeouts].map((list) => [list.name, lazily(() => select(db, list))]));
	const pictures = picturesBySize(db);

	/** Reads page by page, each after the last row of the previous one. */
	async function* pages<Item>(statement: Statement<Item>, userId: string): Pages<Item> {
		let last: Position = { after: -1 };
		for (;;) {
			// Looked up for each page, so that the lists end when the account is suspended or deleted.
			const viewer = keys.ofViewer(userId);
			const rows = statement().all({ viewer, after: last.after, tie: last.tie ?? -1, limit: pageSize });
			const end = rows.at(-1);
			if (!end) return;
			yield rows.map(({ item }) => item);
			if (rows.length < pageSize) return;
			last = end;
		}
	}

	return {
		lists: () => takeouts,
		rows: (list, userId) => pages(statements.get(list) as Statement<object>, userId),
		pictures: (userId) => pages(pictures, userId),
	};
}

function select(db: Db, { table, fields, of, order, post, person, where }: TakeoutList) {
	const [first = of, second] = order;
	const isNext = second ? sql`(${first}, ${second}) > (${after}, ${tie})` : gt(first, after);
	const query = db
		.select({ after: sql<number>`${first}`, tie: sql<number>`${second ?? 0}`, item: fields })
		.from(table)
		.$dynamic();
	if (post) query.innerJoin(posts, eq(posts.key, post)).innerJoin(users, eq(users.key, posts.authorKey));
	if (person) query.innerJoin(users, eq(users.key, person));
	return query
		.where(where ?? and(eq(of, owner), person && present, isNext))
		.orderBy(...order.map((column) => asc(column)))
		.limit(limit)
		.prepare();
}

/** Pictures in the order of an index. Reading them by post could pass many posts without a picture. */
function picturesBySize(db: Db) {
	const at = (place: SQL | undefined) =>
		lazily(() =>
			db
				.select({
					after: images.bytes,
					tie: images.key,
					item: {
						name: images.name,
						postId: sql<string | null>`${posts.id}`,
						width: images.width,
						height: images.height,
						createdAt: images.createdAt,
					},
				})
				.from(images)
				.leftJoin(posts, eq(posts.imageKey, images.key))
				.leftJoin(users, eq(users.avatarKey, images.key))
				.where(and(eq(images.ownerKey, owner), place, or(isNotNull(posts.key), isNotNull(users.key))))
				.orderBy(asc(images.bytes), asc(images.key))
				.limit(limit)
				.prepare(),
		);
	// Two queries: one query would read all pictures of the same size for each page.
	const ofSameSize = at(and(eq(images.bytes, after), gt(images.key, tie)));
	const larger = at(gt(images.bytes, after));
	return () => ({
		all(values: Values) {
			const rows = ofSameSize().all(values);
			return rows.length < pageSize ? [...rows, ...larger().all({ ...values, limit: pageSize - rows.length })] : rows;
		},
	});
}
