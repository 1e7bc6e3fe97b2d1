import { type Static, Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { PageOf, pageQuery } from "../http/page";
import { notBlank, PathText, Text } from "../http/text";
import { Id, Time, View } from "../http/view";
import { presentCard, UserCard } from "../users/model";
import type { Comment as CommentOf } from "./store";

export const Comment = View({
	id: Id,
	post_id: Id,
	author: UserCard,
	content: Type.String(),
	created_at: Time,
});

export const NewComment = Type.Object({
	content: Text({
		minLength: 1,
		maxLength: 2000,
		pattern: notBlank,
		description: "1 to 2000 characters that are not all white space",
		examples: ["Well said"],
	}),
});

export const CommentQuery = Type.Object({
	...pageQuery,
	sort: Type.Optional(
		Type.Union([Type.Literal("oldest"), Type.Literal("newest")], {
			default: "oldest",
		}),
	),
});

export const byCommentId = Type.Object({
	comment_id: PathText({
		format: "uuid",
		examples: ["019b76f5-1d4e-7000-8b63-4f6f1a2b3c4d"],
	}),
});

export const commentModels = new Elysia({ name: "comments.models" }).model({
	Comment,
	CommentPage: PageOf(Comment),
	NewComment,
});

export const presentComment = ({ id, postId, author, content, createdAt }: CommentOf): Static<typeof Comment> => ({
	id,
	post_id: postId,
	author: presentCard(author),
	content,
	created_at: createdAt.toISOString(),
});
