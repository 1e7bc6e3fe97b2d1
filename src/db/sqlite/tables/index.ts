import { sql } from "drizzle-orm";
import { fold } from "../../../core/fold";
import { foldName } from "../../../social/search/fold";
import * as schema from "../schema";
import { countOf } from "./counter";
import { describe } from "./table";
import { listOf, ownEvents, ownPosts } from "./takeout-list";

// Describes each table once. The lists below name the tables of transfer, trash and takeout, in order.

export const users = describe(schema.users, {
	columns: [
		schema.users.id,
		schema.users.username,
		schema.users.email,
		schema.users.passwordHash,
		schema.users.role,
		schema.users.displayName,
		schema.users.bio,
		schema.users.avatarKey,
		schema.users.createdAt,
		schema.users.updatedAt,
		schema.users.suspendedAt,
		schema.users.pendingSince,
	],
	derive: ({ email, display_name }) => ({ email_key: fold(email), display_name_key: foldName(display_name) }),
});

export const posts = describe(schema.posts, {
	columns: [
		schema.posts.id,
		schema.posts.authorKey,
		schema.posts.title,
		schema.posts.content,
		schema.posts.visibility,
		schema.posts.imageKey,
		schema.posts.createdAt,
		schema.posts.editedAt,
	],
	lists: [{ table: schema.mentions, before: schema.posts.createdAt }],
});

export const comments = describe(schema.comments);
const likes = describe(schema.likes);
const follows = describe(schema.follows);
const mentions = describe(schema.mentions);
const audit = describe(schema.audit);

/** Tables of an instance transfer, each after the tables that it refers to. */
export const transferred = [users, posts, comments, likes, follows, audit];

/** Tables whose rows go into the trash with their posts and accounts, in the order of deletion. */
export const trashed = [follows, comments, likes, mentions];

/** Lists of a takeout, in the order of its archive. */
export const takeouts = [
	listOf(schema.accessTokens, {
		name: "tokens",
		about: "the names of your personal access tokens",
		of: schema.accessTokens.userKey,
		fields: {
			name: schema.accessTokens.name,
			scopes: sql`iif(${schema.accessTokens.scope} = 'write', '["read","write"]', '["read"]')`.mapWith(JSON.parse),
			created_at: schema.accessTokens.createdAt,
			expires_at: schema.accessTokens.expiresAt,
		},
	}),
	ownEvents,
	ownPosts,
	listOf(schema.comments, {
		name: "comments",
		about: "your comments",
		of: schema.comments.authorKey,
	}),
	listOf(schema.likes, { name: "likes", about: "the posts you like", of: schema.likes.userKey }),
	listOf(schema.follows, {
		name: "following",
		about: "the people you follow, and since when",
		of: schema.follows.followerKey,
		order: [schema.follows.createdAt, schema.follows.followingKey],
	}),
	listOf(schema.follows, {
		name: "followers",
		about: "the people who follow you, and since when",
		of: schema.follows.followingKey,
		order: [schema.follows.createdAt, schema.follows.followerKey],
	}),
];

/** The sessions in the file `account.json` of a takeout. */
export const ownSessions = listOf(schema.sessions, {
	name: "sessions",
	about: "",
	of: schema.sessions.userKey,
	fields: {
		device: schema.sessions.device,
		address: schema.sessions.address,
		created_at: schema.sessions.createdAt,
		expires_at: schema.sessions.expiresAt,
	},
});

const isPublic = "(SELECT visibility = 'public' FROM posts WHERE posts.key = post_key)";

/** Counters that triggers maintain. */
export const counters = [
	countOf("likes of posts", schema.posts.likeCount, schema.likes.postKey),
	countOf("comments of posts", schema.posts.commentCount, schema.comments.postKey),
	countOf("posts of people", schema.users.postsCount, schema.posts.authorKey, "visibility = 'public'"),
	countOf("followers of people", schema.users.followersCount, schema.follows.followingKey),
	countOf("people followed", schema.users.followingCount, schema.follows.followerKey),
	countOf("posts of tags", schema.tags.postCount, schema.postTags.tagKey, isPublic),
];
