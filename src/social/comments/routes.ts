import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { notFound } from "../../core/errors";
import { Body } from "../../http/form";
import { pageRequest, presentPage } from "../../http/page";
import type { Platform } from "../../http/platform";
import { Problem } from "../../http/problem";
import { byPostId } from "../posts/model";
import { byCommentId, Comment, CommentPage, CommentQuery, NewComment, presentComment } from "./model";
import type { CommentService } from "./service";
import type { CommentStore } from "./store";

type Dependencies = { service: CommentService; comments: CommentStore };

export const commentRoutes = (platform: Platform, { service, comments }: Dependencies) =>
	new Elysia({
		name: "comments.routes",
		prefix: "/comments",
		tags: ["comments"],
	})
		.use(platform.route)
		.post(
			"/posts/:post_id/comments",
			async ({ user, params, body, status }) =>
				status(201, presentComment(await service.create(user, params.post_id, body.content))),
			{
				permission: "participate",
				limit: "comment",
				accepts: "json",
				params: byPostId,
				body: Body(NewComment),
				response: { 201: Comment, 404: Problem },
				detail: { operationId: "createComment", summary: "Comment on a post" },
			},
		)
		.get(
			"/posts/:post_id/comments",
			async ({ params, query, viewer, request, set }) => {
				const list = { postId: params.post_id, sort: query.sort ?? "oldest" };
				const page = await comments.page(list, pageRequest(query), viewer?.id ?? null);
				if (!page) throw notFound("post");
				return presentPage(page, presentComment, { request, set });
			},
			{
				viewer: true,
				params: byPostId,
				query: CommentQuery,
				response: { 200: CommentPage, 404: Problem },
				detail: {
					operationId: "getComments",
					summary: "List the comments of a post, oldest first",
				},
			},
		)
		.delete(
			"/:comment_id",
			async ({ user, params, request, status }) => {
				await service.remove(user, params.comment_id, platform.clientInfoOf(request).address);
				return status(204, undefined);
			},
			{
				permission: "comments.delete",
				limit: "react",
				params: byCommentId,
				response: { 204: Type.Void(), 403: Problem, 404: Problem },
				detail: {
					operationId: "deleteComment",
					summary: "Delete your comment, or any comment as an administrator",
				},
			},
		);
