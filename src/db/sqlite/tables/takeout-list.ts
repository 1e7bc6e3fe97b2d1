import { type SQL, type SQLWrapper, sql } from "drizzle-orm";
import { getTableConfig, type SQLiteColumn, type SQLiteTable } from "drizzle-orm/sqlite-core";
import { limit, parameter } from "../query/parameter";
import { shownCounts, visible } from "../query/visible";
import { audit, images, posts, users } from "../schema";
import { referenceOf } from "./table";

/** The key of the person of a takeout, who is also its viewer. */
export const owner = parameter("viewer");
/** Position of the last row of the previous page. */
export const after = parameter("after");

/** A list of a takeout. */
export type TakeoutList = {
	/** Name of its file. */
	name: string;
	/** Its line in the README of the archive. */
	about: string;
	table: SQLiteTable;
	/** The column with the person's key. */
	of: SQLiteColumn;
	/** Columns that order the rows. The second one orders rows with the same first value. */
	order: SQLiteColumn[];
	/** Fields of an item. The archive has times as ISO 8601. */
	fields: Record<string, SQLiteColumn | SQL>;
	/** The post of a row. */
	post?: SQLiteColumn;
	/** The other person of a row. */
	person?: SQLiteColumn;
	/** Replaces the condition on `of`. */
	where?: SQL;
};

/** Derives a list from a table. By default it has all columns, with posts and people by id, in the order of the key. */
export function listOf(
	table: SQLiteTable,
	list: Pick<TakeoutList, "name" | "about" | "of"> & Partial<TakeoutList>,
): TakeoutList {
	const { columns } = getTableConfig(table);
	const others = columns.filter((column) => column !== list.of && column.name !== "key");
	const isTo = (name: string) => (column: SQLiteColumn) => referenceOf(table, column) === name;
	const [post, person] = [others.find(isTo("posts")), others.find(isTo("users"))];
	const key = columns.find(({ name }) => name === "key") ?? post ?? list.of;
	const fields = Object.assign(
		{},
		...others.map((column) => (column === post ? ofPost : column === person ? ofPerson : { [column.name]: column })),
	);
	return { table, order: [key], fields, post, person, ...list };
}

const ofPost = {
	post_id: posts.id,
	// Null when the person may no longer see the post.
	post_author: sql`case when ${visible} then ${users.username} end`,
};
const ofPerson = { id: users.id, username: users.username, display_name: users.displayName };

/** Reads at most one page from a range of an index. The list joins the ranges of private and of other posts. */
const postsThatAre = (isPrivate: "0" | "1") => sql`select key from (
	select key from ${posts} where author_key = ${owner} and is_private = ${sql.raw(isPrivate)} and key > ${after}
	order by key limit ${limit}
)`;

export const ownPosts = listOf(posts, {
	name: "posts",
	about: "all your posts, public or not",
	of: posts.authorKey,
	where: sql`${posts.key} in (${postsThatAre("0")} union all ${postsThatAre("1")})`,
	fields: {
		id: posts.id,
		title: posts.title,
		content: posts.content,
		image: sql`(
			select json_object('width', ${images.width}, 'height', ${images.height}, 'alt', coalesce(${posts.imageAlt}, ''))
			from ${images} where ${images.key} = ${posts.imageKey}
		)`.mapWith(JSON.parse),
		visibility: posts.visibility,
		like_count: shownCounts.likes,
		comment_count: shownCounts.comments,
		created_at: posts.createdAt,
		edited_at: posts.editedAt,
	},
});

const ownId = sql`(select ${users.id} from ${users} where ${users.key} = ${owner})`;
/** Reads at most one page of an index range. An attacked account has many failed logins. */
const eventsWith = (person: SQLWrapper) => sql`select key from (
	select ${audit.key} as key from ${audit} where ${person} = ${ownId} and ${audit.key} > ${after} order by ${audit.key} limit ${limit}
)`;

export const ownEvents = listOf(audit, {
	name: "record",
	about: "the audit log of your account: sign-ins, failed sign-ins and changes",
	of: audit.actorId,
	where: sql`${audit.key} in (${eventsWith(audit.actorId)} union all ${eventsWith(audit.subjectId)})`,
	fields: {
		at: audit.at,
		action: audit.action,
		by_me: sql`${audit.actorId} is ${ownId}`.mapWith(Boolean),
		// Hides the addresses of other people, such as administrators.
		address: sql`case when ${audit.actorId} is ${ownId} or ${audit.actorId} is null then ${audit.address} else '' end`,
	},
});
