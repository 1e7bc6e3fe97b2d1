import type { Trail } from "../audit/service";
import type { Caller } from "../auth/store";
import { AppError, notFound } from "../errors";
import type { Undo } from "../trash/service";
import type { Comment, CommentStore } from "./store";

export type CommentService = ReturnType<typeof commentService>;

export const commentService = ({
	comments,
	record,
	undo,
	now,
}: {
	comments: CommentStore;
	record: Trail;
	undo: Undo;
	now: () => Date;
}) => ({
	async create(author: Caller, postId: string, content: string): Promise<Comment> {
		const id = Bun.randomUUIDv7();
		const comment = await comments.create({
			id,
			postId,
			authorId: author.id,
			content,
			createdAt: now(),
		});
		if (!comment) throw notFound("post");
		return comment;
	},

	async remove(actor: Caller, id: string, address: string): Promise<void> {
		const comment = await comments.byId(id, actor.id);
		if (!comment) throw notFound("comment");
		if (comment.author.id !== actor.id && actor.role !== "admin")
			throw new AppError("forbidden", "Only its author or an administrator may delete a comment.");
		const isOwn = comment.author.id === actor.id;
		await comments.remove(id, undo.bin(isOwn));
		if (!isOwn) await record("comment_deleted", { id: actor.id, address }, comment.author.id);
	},
});
