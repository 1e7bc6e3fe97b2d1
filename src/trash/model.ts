import { type Static, Type } from "@sinclair/typebox";
import { PageOf } from "../http/page";
import { Id, nullable, ResponseSchema, Time } from "../http/schema";
import { PathText } from "../http/text";
import type { UrlsOf } from "../media/signed-urls";
import { Comment, presentComment } from "../social/comments/model";
import type { Comment as CommentOf } from "../social/comments/store";
import { Post, presentPost } from "../social/posts/model";
import type { Post as PostOf } from "../social/posts/store";
import type { Trashed } from "./service";
import type { TrashEntry } from "./store";

const id = { ...Id, description: "The id of the deleted post, comment or account" };
const Own = Type.Union([Type.Literal("post"), Type.Literal("comment")]);
const Any = Type.Union([Type.Literal("post"), Type.Literal("comment"), Type.Literal("account")]);
const excerpt = Type.String({ description: "The first 140 characters", examples: ["Hello, world"] });
const expires = Type.String({ ...Time, description: "When it is deleted permanently" });

export const TrashItem = ResponseSchema(
	{ id, kind: Own, excerpt, deleted_at: Time, expires_at: expires },
	{ $id: "TrashItem", description: "A post or comment that you deleted and can restore" },
);
export const TrashPage = PageOf(TrashItem);

export const ManagedTrashItem = ResponseSchema(
	{
		id,
		kind: Any,
		owner: ResponseSchema(
			{ id: Id, username: nullable(Type.String({ description: "Null when the account is gone" })) },
			{ $id: "TrashOwner" },
		),
		excerpt: nullable(Type.String({ description: "The first 140 characters; null for a text that was not public" })),
		deleted_by_owner: Type.Boolean({ description: "False: only administrators can restore it" }),
		deleted_at: Time,
		expires_at: expires,
	},
	{ $id: "ManagedTrashItem", description: "A deleted post, comment or account, for administrators" },
);
export const ManagedTrashPage = PageOf(ManagedTrashItem);

export const Restored = ResponseSchema(
	{
		id,
		kind: Own,
		post: Type.Union([Post, Type.Null()], { description: "The post, if it is one" }),
		comment: Type.Union([Comment, Type.Null()], {
			description: "The comment, if it is one; null when you may not see its post any more",
		}),
	},
	{ $id: "Restored", description: "A restored post or comment" },
);

export const ManagedRestored = ResponseSchema(
	{ id, kind: Any, owner_id: Id },
	{ $id: "ManagedRestored", description: "An entry that an administrator restored" },
);

export const byTrashId = Type.Object({
	id: PathText({ ...Id, description: "The id of the post, the comment or, for administrators, the account" }),
});

export const presentItem = ({ id, kind, excerpt, deletedAt, expiresAt }: Trashed): Static<typeof TrashItem> => ({
	id,
	kind: ownKind(kind),
	excerpt: excerpt ?? "",
	deleted_at: deletedAt.toISOString(),
	expires_at: expiresAt.toISOString(),
});

export const presentManagedItem = (item: Trashed): Static<typeof ManagedTrashItem> => ({
	id: item.id,
	kind: item.kind,
	owner: { id: item.ownerId, username: item.owner },
	excerpt: item.isPublic ? item.excerpt : null,
	deleted_by_owner: item.byOwner,
	deleted_at: item.deletedAt.toISOString(),
	expires_at: item.expiresAt.toISOString(),
});

type RestoredOf = Pick<TrashEntry, "id" | "kind"> & { post: PostOf | null; comment: CommentOf | null };

export const presentRestored =
	(urlsOf: UrlsOf) =>
	({ id, kind, post, comment }: RestoredOf): Static<typeof Restored> => ({
		id,
		kind: ownKind(kind),
		post: post && presentPost(urlsOf)(post),
		comment: comment && presentComment(comment),
	});

export const presentManagedRestored = ({ id, kind, ownerId }: TrashEntry): Static<typeof ManagedRestored> => ({
	id,
	kind,
	owner_id: ownerId,
});

/** A user's own trash has no accounts. */
const ownKind = (kind: TrashEntry["kind"]) => (kind === "comment" ? kind : "post");
