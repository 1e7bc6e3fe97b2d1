import type { AuditLog } from "../../accounts/audit/service";
import type { Caller } from "../../core/caller";
import { notFound } from "../../core/errors";
import { authorize } from "../../core/permissions";
import type { Retention } from "../../core/retention";
import type { Comment, CommentStore, Removable } from "./store";

export type CommentService = ReturnType<typeof commentService>;

export const commentService = ({
	comments,
	auditLog,
	retention,
	now,
}: {
	comments: CommentStore;
	auditLog: AuditLog;
	retention: Retention;
	now: () => Date;
}) => ({
	async create(author: Caller, postId: string, content: string): Promise<Comment> {
		const written = { id: Bun.randomUUIDv7(), postId, authorId: author.id, content, createdAt: now() };
		const comment = await comments.create(written, author);
		if (!comment) throw notFound("post");
		return comment;
	},

	/** Authors may delete their comments even if they can no longer see the post. */
	async remove(actor: Caller, id: string, address: string): Promise<void> {
		const decide = (comment: Removable) => {
			const { authorId: ownerId, isVisible } = comment;
			if (ownerId !== actor.id && !isVisible) throw notFound("comment");
			return retention.moveToTrash(authorize("comments.delete", actor, { subject: comment, ownerId }).isOwn);
		};
		const authorId = await comments.remove(id, actor.id, decide, actor);
		if (authorId === null) throw notFound("comment");
		if (authorId !== actor.id) await auditLog.record("comment_deleted", { id: actor.id, address }, authorId);
	},
});
