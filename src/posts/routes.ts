import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import type { Auth } from "../http/auth";
import { body } from "../http/body";
import { pageRequest, presentPage } from "../http/page";
import { Problem } from "../http/problem";
import { byPostId, NewPost, Post, PostPage, PostQuery, PostUpdate, presentPost } from "./model";
import type { PostService } from "./service";
import type { PostStore } from "./store";

export const postRoutes = ({ auth, service, posts }: { auth: Auth; service: PostService; posts: PostStore }) =>
	new Elysia({ name: "posts.routes", prefix: "/posts", tags: ["posts"] })
		.use(auth)
		.use(body)
		.post(
			"/",
			async ({ user, body, set, status }) => {
				const post = await service.create(user, body);
				set.headers.location = `/posts/${post.id}`;
				return status(201, presentPost(post));
			},
			{
				user: true,
				accepts: "json",
				body: NewPost,
				response: { 201: Post },
				detail: { operationId: "createPost", summary: "Write a post" },
			},
		)
		.get(
			"/",
			async ({ query, viewer, request, set }) => {
				const { sort = "newest", author } = query;
				const search = query.q?.trim() || undefined;
				const page = await posts.page({ sort, author, search }, pageRequest(query), viewer?.id ?? null);
				return presentPage(page, presentPost, { request, set });
			},
			{
				viewer: true,
				query: PostQuery,
				response: { 200: PostPage },
				detail: {
					operationId: "getPosts",
					summary: "List, search and sort the posts the caller may see",
				},
			},
		)
		.get(
			"/:post_id",
			async ({ params, viewer }) => presentPost(await service.read(params.post_id, viewer?.id ?? null)),
			{
				viewer: true,
				params: byPostId,
				response: { 200: Post, 404: Problem },
				detail: { operationId: "getPost", summary: "Read a post" },
			},
		)
		.patch(
			"/:post_id",
			async ({ user, params, body }) => presentPost(await service.update(user, params.post_id, body)),
			{
				user: true,
				accepts: "json",
				params: byPostId,
				body: PostUpdate,
				response: { 200: Post, 403: Problem, 404: Problem },
				detail: { operationId: "updatePost", summary: "Change one's own post" },
			},
		)
		.delete(
			"/:post_id",
			async ({ user, params, status }) => {
				await service.remove(user, params.post_id);
				return status(204, undefined);
			},
			{
				user: true,
				params: byPostId,
				response: { 204: Type.Void(), 403: Problem, 404: Problem },
				detail: {
					operationId: "deletePost",
					summary: "Delete one's own post, or any as an administrator",
				},
			},
		);
