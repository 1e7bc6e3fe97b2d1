import { sql } from "drizzle-orm";
import { type AnySQLiteColumn, blob, index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

// The tables as queries use them. The migrations create them; a test compares both.

const time = (name: string) => integer(name, { mode: "timestamp_ms" });
const count = (name: string) => integer(name).notNull().default(0);

export const users = sqliteTable(
	"users",
	{
		key: integer().primaryKey(),
		id: text().notNull().unique(),
		username: text().notNull().unique(),
		email: text().notNull(),
		emailKey: text("email_key").notNull().unique(),
		passwordHash: text("password_hash").notNull(),
		role: text({ enum: ["user", "admin"] })
			.notNull()
			.default("user"),
		displayName: text("display_name").notNull(),
		displayNameKey: text("display_name_key").notNull(),
		bio: text().notNull().default(""),
		followersCount: count("followers_count"),
		followingCount: count("following_count"),
		postsCount: count("posts_count"),
		createdAt: time("created_at").notNull(),
		updatedAt: time("updated_at").notNull(),
		suspendedAt: time("suspended_at"),
		avatarKey: integer("avatar_key").references((): AnySQLiteColumn => images.key, { onDelete: "set null" }),
		pendingSince: time("pending_since"),
		goneAt: time("gone_at"),
		goneEntry: integer("gone_entry"),
	},
	(t) => [
		index("users_display_name").on(t.displayNameKey),
		index("users_gone").on(t.key),
		index("users_present").on(t.username),
		index("users_avatar").on(t.avatarKey),
		index("users_role").on(t.role),
	],
);

const userKey = (name: string) =>
	integer(name)
		.notNull()
		.references(() => users.key, { onDelete: "cascade" });

export const sessions = sqliteTable(
	"sessions",
	{
		key: integer().primaryKey(),
		id: text().notNull().unique(),
		userKey: userKey("user_key"),
		createdAt: time("created_at").notNull(),
		expiresAt: time("expires_at").notNull(),
		device: text().notNull().default(""),
		address: text().notNull().default(""),
		usedAt: time("used_at").notNull(),
	},
	(t) => [index("sessions_user").on(t.userKey), index("sessions_expiry").on(t.expiresAt)],
);

export const refreshTokens = sqliteTable(
	"refresh_tokens",
	{
		hash: blob({ mode: "buffer" }).primaryKey(),
		sessionKey: integer("session_key")
			.notNull()
			.references(() => sessions.key, { onDelete: "cascade" }),
		expiresAt: time("expires_at").notNull(),
		usedAt: time("used_at"),
	},
	(t) => [index("refresh_tokens_session").on(t.sessionKey)],
);

export const accessTokens = sqliteTable(
	"access_tokens",
	{
		key: integer().primaryKey(),
		id: text().notNull().unique(),
		hash: blob({ mode: "buffer" }).notNull().unique(),
		userKey: userKey("user_key"),
		name: text().notNull(),
		scope: text({ enum: ["read", "write"] }).notNull(),
		createdAt: time("created_at").notNull(),
		expiresAt: time("expires_at"),
		usedAt: time("used_at"),
	},
	(t) => [index("access_tokens_user").on(t.userKey)],
);

export const links = sqliteTable(
	"links",
	{
		key: integer().primaryKey(),
		id: text().notNull().unique(),
		hash: blob({ mode: "buffer" }).notNull().unique(),
		purpose: text({ enum: ["reset", "invite", "admin"] }).notNull(),
		userKey: integer("user_key").references(() => users.key, { onDelete: "cascade" }),
		creatorKey: integer("creator_key").references(() => users.key, { onDelete: "cascade" }),
		uses: count("uses"),
		maxUses: integer("max_uses").notNull(),
		createdAt: time("created_at").notNull(),
		expiresAt: time("expires_at").notNull(),
	},
	(t) => [
		index("links_user").on(t.userKey),
		index("links_creator").on(t.creatorKey),
		index("links_expiry").on(t.expiresAt),
	],
);

export const audit = sqliteTable(
	"audit",
	{
		key: integer().primaryKey(),
		at: time("at").notNull(),
		action: text().notNull(),
		actorId: text("actor_id"),
		subjectId: text("subject_id"),
		address: text().notNull(),
	},
	(t) => [
		index("audit_action").on(t.action),
		index("audit_actor").on(t.actorId),
		index("audit_subject").on(t.subjectId),
		index("audit_at").on(t.at),
	],
);

export const images = sqliteTable(
	"images",
	{
		key: integer().primaryKey(),
		name: text().notNull(),
		ownerKey: userKey("owner_key"),
		width: integer().notNull(),
		height: integer().notNull(),
		bytes: integer().notNull(),
		placeholder: text().notNull(),
		createdAt: time("created_at").notNull(),
	},
	(t) => [index("images_name").on(t.name), index("images_owner").on(t.ownerKey, t.bytes)],
);

export const instance = sqliteTable("instance", { id: text().primaryKey() });

export const removedImages = sqliteTable("removed_images", { name: text().primaryKey() });

export const posts = sqliteTable(
	"posts",
	{
		key: integer().primaryKey(),
		id: text().notNull().unique(),
		authorKey: userKey("author_key"),
		title: text(),
		content: text().notNull(),
		imageKey: integer("image_key").references(() => images.key, {
			onDelete: "set null",
		}),
		imageAlt: text("image_alt"),
		visibility: text({ enum: ["public", "followers", "private"] }).notNull(),
		likeCount: count("like_count"),
		commentCount: count("comment_count"),
		createdAt: time("created_at").notNull(),
		editedAt: time("edited_at"),
		marks: text().notNull().default(""),
		isPrivate: integer("is_private").generatedAlwaysAs(sql`(visibility = 'private')`),
		goneAt: time("gone_at"),
		goneEntry: integer("gone_entry"),
	},
	(t) => [
		index("posts_created").on(t.createdAt),
		index("posts_author").on(t.authorKey, t.isPrivate, t.key, t.visibility),
		index("posts_public").on(t.key),
		index("posts_public_author").on(t.authorKey, t.key),
		index("posts_popular").on(t.likeCount),
		index("posts_hidden").on(t.authorKey, t.isPrivate, t.key),
		index("posts_hidden_popular").on(t.authorKey, t.isPrivate, t.likeCount),
		index("posts_gone").on(t.key),
		index("posts_image").on(t.imageKey),
	],
);

const postKey = () =>
	integer("post_key")
		.notNull()
		.references(() => posts.key, { onDelete: "cascade" });

export const tags = sqliteTable(
	"tags",
	{
		key: integer().primaryKey(),
		name: text().notNull().unique(),
		postCount: count("post_count"),
		spelling: text().notNull().default(""),
	},
	(t) => [index("tags_public").on(t.name)],
);

export const postTags = sqliteTable(
	"post_tags",
	{
		postKey: postKey(),
		tagKey: integer("tag_key")
			.notNull()
			.references(() => tags.key, { onDelete: "cascade" }),
	},
	(t) => [primaryKey({ columns: [t.postKey, t.tagKey] }), index("post_tags_tag").on(t.tagKey)],
);

export const mentions = sqliteTable("mentions", { postKey: postKey(), userKey: userKey("user_key") }, (t) => [
	primaryKey({ columns: [t.postKey, t.userKey] }),
	index("mentions_user").on(t.userKey),
]);

export const comments = sqliteTable(
	"comments",
	{
		key: integer().primaryKey(),
		id: text().notNull().unique(),
		postKey: postKey(),
		authorKey: userKey("author_key"),
		content: text().notNull(),
		createdAt: time("created_at").notNull(),
	},
	(t) => [
		index("comments_post").on(t.postKey),
		index("comments_author").on(t.authorKey),
		index("comments_post_author").on(t.postKey, t.authorKey),
	],
);

export const likes = sqliteTable(
	"likes",
	{
		postKey: postKey(),
		userKey: userKey("user_key"),
		createdAt: time("created_at").notNull(),
	},
	(t) => [
		primaryKey({ columns: [t.postKey, t.userKey] }),
		index("likes_newest").on(t.postKey, t.createdAt, t.userKey),
		index("likes_user").on(t.userKey),
	],
);

export const follows = sqliteTable(
	"follows",
	{
		followerKey: userKey("follower_key"),
		followingKey: userKey("following_key"),
		createdAt: time("created_at").notNull(),
	},
	(t) => [
		primaryKey({ columns: [t.followerKey, t.followingKey] }),
		index("follows_following_newest").on(t.followerKey, t.createdAt, t.followingKey),
		index("follows_followers_newest").on(t.followingKey, t.createdAt, t.followerKey),
	],
);

export const searchBlocks = sqliteTable("search_blocks", {
	block: integer().primaryKey(),
	rules: text().notNull().default(""),
});

export const foldedNames = sqliteTable("folded_names", { rules: text().notNull() });

export const postTimes = sqliteTable("post_times", {
	span: integer().primaryKey(),
	oldest: time("oldest").notNull(),
	newest: time("newest").notNull(),
});

export const hiddenWords = sqliteTable(
	"hidden_words",
	{
		authorKey: integer("author_key").notNull(),
		isPrivate: integer("is_private").notNull(),
		word: text().notNull(),
		postKey: postKey(),
	},
	(t) => [
		primaryKey({ columns: [t.authorKey, t.isPrivate, t.word, t.postKey] }),
		index("hidden_words_post").on(t.postKey),
	],
);

export const trash = sqliteTable(
	"trash",
	{
		key: integer().primaryKey(),
		subject: blob({ mode: "buffer" }).notNull().unique(),
		owner: blob({ mode: "buffer" }).notNull(),
		kind: text({ enum: ["post", "comment", "account"] }).notNull(),
		byOwner: integer("by_owner", { mode: "boolean" }).notNull(),
		deletedAt: time("deleted_at").notNull(),
		bytes: integer().notNull(),
		restoring: count("restoring"),
		head: blob({ mode: "buffer" }).notNull(),
	},
	(t) => [
		index("trash_owner").on(t.owner, t.key),
		index("trash_deleted").on(t.deletedAt),
		index("trash_restoring").on(t.owner),
		index("trash_forgotten").on(t.key),
	],
);

const trashKey = () =>
	integer("trash_key")
		.notNull()
		.references(() => trash.key, { onDelete: "cascade" });

export const trashParts = sqliteTable(
	"trash_parts",
	{ trashKey: trashKey(), number: integer().notNull(), sealed: blob({ mode: "buffer" }).notNull() },
	(t) => [primaryKey({ columns: [t.trashKey, t.number] })],
);

export const trashLogins = sqliteTable(
	"trash_logins",
	{ trashKey: trashKey(), login: blob({ mode: "buffer" }).notNull() },
	(t) => [primaryKey({ columns: [t.trashKey, t.login] }), index("trash_logins_login").on(t.login)],
);

export const trashImages = sqliteTable("trash_images", { trashKey: trashKey(), name: text().notNull() }, (t) => [
	primaryKey({ columns: [t.trashKey, t.name] }),
	index("trash_images_name").on(t.name),
]);

export const keptKeys = sqliteTable("kept_keys", {
	kind: text().primaryKey(),
	highest: integer().notNull(),
});

export const clock = sqliteTable("clock", { doubtedFrom: time("doubted_from") });
