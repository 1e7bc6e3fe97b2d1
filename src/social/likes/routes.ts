import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { presentCard, UserCardPage } from "../../accounts/users/model";
import { notFound } from "../../core/errors";
import { PageQuery, pageRequest, presentPage } from "../../http/page";
import type { Platform } from "../../http/platform";
import { Problem } from "../../http/problem";
import { Id, ResponseSchema } from "../../http/schema";
import { byPostId } from "../posts/model";
import type { LikeStore } from "./store";

const LikeState = ResponseSchema(
	{
		post_id: Id,
		liked: Type.Boolean(),
		like_count: Type.Integer(),
	},
	{ $id: "LikeState" },
);

type Dependencies = { likes: LikeStore; now: () => Date };

export const likeRoutes = (platform: Platform, { likes, now }: Dependencies) =>
	new Elysia({
		name: "likes.routes",
		prefix: "/likes/posts/:post_id",
		tags: ["likes"],
	})
		.use(platform.route)
		.post(
			"/like",
			async ({ user, params: { post_id } }) => {
				const like_count = await likes.add({
					postId: post_id,
					userId: user.id,
					createdAt: now(),
				});
				if (like_count === null) throw notFound("post");
				return { post_id, liked: true, like_count };
			},
			{
				permission: "participate",
				limit: "react",
				params: byPostId,
				response: { 200: LikeState, 404: Problem },
				detail: { operationId: "like", summary: "Like a post" },
			},
		)
		.delete(
			"/like",
			async ({ user, params: { post_id } }) => {
				const like_count = await likes.remove({
					postId: post_id,
					userId: user.id,
				});
				if (like_count === null) throw notFound("post");
				return { post_id, liked: false, like_count };
			},
			{
				permission: "participate",
				limit: "react",
				params: byPostId,
				response: { 200: LikeState, 404: Problem },
				detail: {
					operationId: "unlike",
					summary: "Unlike a post",
					description:
						"Also works for a post that became hidden from you: like_count is then 0, and a second call gets 404.",
				},
			},
		)
		.get(
			"/likes",
			async ({ params, query, viewer, request, set }) => {
				const page = await likes.page(params.post_id, pageRequest(query), viewer?.id ?? null);
				if (!page) throw notFound("post");
				return presentPage(page, presentCard, { request, set });
			},
			{
				viewer: true,
				params: byPostId,
				query: PageQuery,
				response: { 200: UserCardPage, 404: Problem },
				detail: {
					operationId: "getLikes",
					summary: "List the people who like a post, newest first",
				},
			},
		);
