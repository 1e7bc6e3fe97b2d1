import type { SQLQueryBindings } from "bun:sqlite";
import type { Action } from "../../../accounts/audit/store";
import type { Role } from "../../../core/caller";
import { fold } from "../../../core/fold";
import { lazily } from "../../../core/lazily";
import type { Visibility } from "../../../social/posts/store";
import { foldName } from "../../../social/search/fold";
import { mentionsIn } from "../../../social/search/hashtags";
import type { Pages } from "../../../takeout/store";
import { type Kind, type Moved, type MovedImage, type MovedPicture, type MoveStore, Unfit } from "../../transfer";
import { sqliteCode } from "../file/error-codes";
import { atomic, type Db } from "../query/atomic";
import { nextKey } from "../query/keys";
import { searchIndex } from "./search-index";
import { type Marks, marksOn, textOf } from "./search-terms";

/** Rows that are read at once. */
const pageSize = 500;

type ImageRow = {
	image: string | null;
	width: number;
	height: number;
	bytes: number;
	placeholder: string;
	image_at: number;
};
type Rows = {
	users: ImageRow & {
		id: string;
		username: string;
		email: string;
		password_hash: string;
		role: Role;
		display_name: string;
		bio: string;
		created_at: number;
		updated_at: number;
		suspended_at: number | null;
		pending_since: number | null;
	};
	posts: ImageRow & {
		id: string;
		author: string;
		title: string | null;
		content: string;
		visibility: Visibility;
		image_alt: string | null;
		mentions: string;
		created_at: number;
		edited_at: number | null;
	};
	comments: { id: string; post: string; author: string; content: string; created_at: number };
	likes: { post: string; person: string; created_at: number };
	follows: { follower: string; following: string; created_at: number };
	audit: { at: number; action: Action; actor_id: string | null; subject_id: string | null; address: string };
};

const image =
	"images.name AS image, images.width, images.height, images.bytes, images.placeholder, images.created_at AS image_at";
const idOf = (key: string) => `(SELECT id FROM users WHERE users.key = ${key})`;
const postOf = "(SELECT id FROM posts WHERE posts.key = post_key)";
const byKey = (table: string) =>
	`WHERE ${table}.key > $after AND $tie IS NOT NULL ORDER BY ${table}.key LIMIT ${pageSize}`;
const byKeys = (first: string, second: string) =>
	`WHERE (${first}, ${second}) > ($after, $tie) ORDER BY ${first}, ${second} LIMIT ${pageSize}`;

/** Pages of all rows, each from behind the place of the last one. */
const selects: Record<Kind, string> = {
	users: `SELECT users.key AS after, 0 AS tie, users.*, ${image}
		FROM users LEFT JOIN images ON images.key = avatar_key ${byKey("users")}`,
	posts: `SELECT posts.key AS after, 0 AS tie, posts.id, title, content, visibility, image_alt, posts.created_at,
			edited_at, ${idOf("author_key")} AS author, ${image}, (
			SELECT json_group_array(id) FROM (
				SELECT id FROM mentions JOIN users ON users.key = user_key WHERE post_key = posts.key ORDER BY user_key
			)
		) AS mentions
		FROM posts LEFT JOIN images ON images.key = image_key ${byKey("posts")}`,
	comments: `SELECT key AS after, 0 AS tie, id, ${postOf} AS post, ${idOf("author_key")} AS author, content, created_at
		FROM comments ${byKey("comments")}`,
	likes: `SELECT post_key AS after, user_key AS tie, ${postOf} AS post, ${idOf("user_key")} AS person, created_at
		FROM likes ${byKeys("post_key", "user_key")}`,
	follows: `SELECT follower_key AS after, following_key AS tie, ${idOf("follower_key")} AS follower,
			${idOf("following_key")} AS following, created_at
		FROM follows ${byKeys("follower_key", "following_key")}`,
	audit: `SELECT key AS after, 0 AS tie, at, action, actor_id, subject_id, address FROM audit ${byKey("audit")}`,
};

const dateOf = (time: number | null) => (time === null ? null : new Date(time));

const toImage = ({ image, width, height, bytes, placeholder, image_at }: ImageRow): MovedImage | null =>
	image === null ? null : { name: image, width, height, bytes, placeholder, createdAt: new Date(image_at) };

const toItem: { [K in Kind]: (row: Rows[K]) => Moved[K] } = {
	users: (row) => ({
		id: row.id,
		username: row.username,
		email: row.email,
		passwordHash: row.password_hash,
		role: row.role,
		displayName: row.display_name,
		bio: row.bio,
		avatar: toImage(row),
		createdAt: new Date(row.created_at),
		updatedAt: new Date(row.updated_at),
		suspendedAt: dateOf(row.suspended_at),
		pendingSince: dateOf(row.pending_since),
	}),
	posts(row) {
		const image = toImage(row);
		return {
			id: row.id,
			authorId: row.author,
			title: row.title,
			content: row.content,
			visibility: row.visibility,
			image: image && { ...image, alt: row.image_alt ?? "" },
			mentions: JSON.parse(row.mentions),
			createdAt: new Date(row.created_at),
			editedAt: dateOf(row.edited_at),
		};
	},
	comments: ({ id, post, author, content, created_at }) => ({
		id,
		postId: post,
		authorId: author,
		content,
		createdAt: new Date(created_at),
	}),
	likes: ({ post, person, created_at }) => ({ postId: post, userId: person, createdAt: new Date(created_at) }),
	follows: ({ follower, following, created_at }) => ({
		followerId: follower,
		followingId: following,
		createdAt: new Date(created_at),
	}),
	audit: ({ at, action, actor_id, subject_id, address }) => ({
		at: new Date(at),
		action,
		actorId: actor_id,
		subjectId: subject_id,
		address,
	}),
};

export function moveStore(db: Db): MoveStore {
	const client = db.$client;
	const adding = lazily(() => addTo(db));

	async function* pages<Row extends object, T>(sql: string, first: string | number, item: (row: Row) => T): Pages<T> {
		const statement = client.prepare<Row & Place, Place>(sql);
		for (let last: Place = { after: first, tie: -1 }; ; ) {
			const rows = statement.all({ after: last.after, tie: last.tie });
			const end = rows.at(-1);
			if (!end) return;
			yield rows.map(item);
			last = end;
		}
	}

	return {
		async count(kind) {
			return client.prepare<{ n: number }, []>(`SELECT count(*) AS n FROM ${kind}`).get()?.n ?? 0;
		},
		all: <K extends Kind>(kind: K) => pages<Rows[K], Moved[K]>(selects[kind], -1, toItem[kind]),
		pictures: () =>
			pages<Omit<MovedPicture, "agreed"> & { agreed: number }, MovedPicture>(
				`SELECT name AS after, 0 AS tie, name, min(width) AS width, min(height) AS height, min(bytes) AS bytes,
					(min(width), min(height), min(bytes)) = (max(width), max(height), max(bytes)) AS agreed
				FROM images WHERE name > $after AND $tie IS NOT NULL GROUP BY name ORDER BY name LIMIT ${pageSize}`,
				"",
				({ name, width, height, bytes, agreed }) => ({ name, width, height, bytes, agreed: agreed === 1 }),
			),
		async newestPost() {
			return dateOf(
				client.prepare<{ at: number | null }, []>("SELECT max(created_at) AS at FROM posts").get()?.at ?? null,
			);
		},
		async add(kind, items) {
			const insert = adding()[kind];
			await atomic(db, () => {
				items.forEach((item, index) => {
					try {
						insert(item);
					} catch (error) {
						throw unfit(error, index);
					}
				});
			});
		},
	};
}

type Place = { after: string | number; tie: number };
type Adding = { [K in Kind]: (item: Moved[K]) => void };

/** What one item of those that are added does not agree with. */
class Misfit extends Error {}

function unfit(error: unknown, index: number): unknown {
	if (error instanceof Misfit) return new Unfit(index, error.message);
	if (!/^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)/.test(sqliteCode(error))) return error;
	const [, column = ""] = /: \w+\.(id|username|email)(?:_key)?$/.exec((error as Error).message) ?? [];
	return new Unfit(index, column ? `its ${column} is there already` : "it is there already");
}

/** What adds one item of each kind, inside of a transaction of the caller. */
function addTo({ $client: client }: Db): Adding {
	const inserting = (table: string, columns: string) => {
		const values = columns.replaceAll(/\w+/g, "?");
		const isKeyed = table === "users" || table === "posts" || table === "comments";
		const [named, given] = isKeyed ? [`key, ${columns}`, `${nextKey(table)}, ${values}`] : [columns, values];
		const statement = client.prepare<{ key: number }, SQLQueryBindings[]>(
			`INSERT INTO ${table} (${named}) VALUES (${given}) ${/likes|follows/.test(table) ? "" : "RETURNING key"}`,
		);
		return (...values: SQLQueryBindings[]): number => statement.get(...values)?.key ?? 0;
	};
	const keyIn = (table: "users" | "posts") => {
		const statement = client.prepare<{ key: number }, [string]>(`SELECT key FROM ${table} WHERE id = ?`);
		return (id: string, field: string): number => {
			const found = statement.get(id);
			if (!found) throw new Misfit(`its ${field} names nothing that is there`);
			return found.key;
		};
	};
	const [user, post] = [keyIn("users"), keyIn("posts")];
	const username = client.prepare<{ username: string }, [number]>("SELECT username FROM users WHERE key = ?");
	const marks = marksOn(client);
	const index = searchIndex(client);
	const insert = {
		image: inserting("images", "name, owner_key, width, height, bytes, placeholder, created_at"),
		user: inserting(
			"users",
			"id, username, email, email_key, password_hash, role, display_name, display_name_key, bio, created_at, updated_at, suspended_at, pending_since",
		),
		post: inserting(
			"posts",
			"id, author_key, title, content, image_key, image_alt, visibility, created_at, edited_at, marks",
		),
		comment: inserting("comments", "id, post_key, author_key, content, created_at"),
		like: inserting("likes", "post_key, user_key, created_at"),
		follow: inserting("follows", "follower_key, following_key, created_at"),
		event: inserting("audit", "at, action, actor_id, subject_id, address"),
	};
	const setAvatar = client.prepare<null, [number, number]>("UPDATE users SET avatar_key = ? WHERE key = ?");
	const time = (date: Date | null) => date?.getTime() ?? null;
	const addImage = ({ name, width, height, bytes, placeholder, createdAt }: MovedImage, owner: number) =>
		insert.image(name, owner, width, height, bytes, placeholder, time(createdAt));

	/**
	 * The listed accounts whose names the text mentions: a name that was free then mentions no later account. Older versions
	 * listed names that are no mention today.
	 */
	const mentioned = (post: Moved["posts"], found: Marks): Marks => {
		const { mentions } = post;
		if (mentions === null) return found;
		const names = mentionsIn(textOf(post));
		const keys = mentions
			.map((id) => user(id, "mentions"))
			.filter((key) => names.includes(username.get(key)?.username ?? ""));
		const dropped = found.mentioned.filter((key) => !keys.includes(key));
		return { ...found, mentioned: keys, marks: marks.without(found.marks, dropped) };
	};

	return {
		users({ email, displayName, avatar, ...person }) {
			const key = insert.user(
				person.id,
				person.username,
				email,
				fold(email),
				person.passwordHash,
				person.role,
				displayName,
				foldName(displayName),
				person.bio,
				time(person.createdAt),
				time(person.updatedAt),
				time(person.suspendedAt),
				time(person.pendingSince),
			);
			if (avatar) setAvatar.run(addImage(avatar, key), key);
		},
		posts(item) {
			const { id, title, content, image, visibility } = item;
			const author = user(item.authorId, "author_id");
			const found = mentioned(item, marks.of(item));
			const imageKey = image && addImage(image, author);
			const times = [time(item.createdAt), time(item.editedAt)] as const;
			const alt = image?.alt ?? null;
			const key = insert.post(id, author, title, content, imageKey, alt, visibility, ...times, found.marks);
			marks.link(key, found);
			index.add({ key, authorKey: author, visibility, title, content, marks: found.marks });
		},
		comments({ id, postId, authorId, content, createdAt }) {
			insert.comment(id, post(postId, "post_id"), user(authorId, "author_id"), content, time(createdAt));
		},
		likes({ postId, userId, createdAt }) {
			insert.like(post(postId, "post_id"), user(userId, "user_id"), time(createdAt));
		},
		follows({ followerId, followingId, createdAt }) {
			if (followerId === followingId) throw new Misfit("nobody follows themselves");
			insert.follow(user(followerId, "follower_id"), user(followingId, "following_id"), time(createdAt));
		},
		audit({ at, action, actorId, subjectId, address }) {
			insert.event(time(at), action, actorId, subjectId, address);
		},
	};
}
