import { type Static, Type } from "@sinclair/typebox";
import { presentCard, UserCard } from "../../accounts/users/model";
import { PageOf, pageQuery } from "../../http/page";
import { Id, ResponseSchema, Time } from "../../http/schema";
import { PathText, ShownText } from "../../http/text";
import type { Comment as CommentOf } from "./store";

export const Comment = ResponseSchema(
	{
		id: Id,
		post_id: Id,
		author: UserCard,
		content: Type.String({ examples: ["Well said"] }),
		created_at: Time,
	},
	{ $id: "Comment" },
);

export const NewComment = Type.Object(
	{
		content: ShownText({
			maxLength: 2000,
			description: "1 to 2000 characters, at least one of them visible",
			examples: ["Well said"],
		}),
	},
	{ $id: "NewComment" },
);

export const CommentQuery = Type.Object({
	sort: Type.Optional(
		Type.Union([Type.Literal("oldest"), Type.Literal("newest")], {
			default: "oldest",
			description: "the order: oldest or newest first",
		}),
	),
	...pageQuery,
});

export const byCommentId = Type.Object({
	comment_id: PathText({ ...Id, description: "The id of the comment" }),
});

export const CommentPage = PageOf(Comment);

export const presentComment = ({ id, postId, author, content, createdAt }: CommentOf): Static<typeof Comment> => ({
	id,
	post_id: postId,
	author: presentCard(author),
	content,
	created_at: createdAt.toISOString(),
});
