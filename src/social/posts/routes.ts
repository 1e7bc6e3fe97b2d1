import { type Static, Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { byUsername } from "../../accounts/users/model";
import type { UserStore } from "../../accounts/users/store";
import { invalid, notFound } from "../../core/errors";
import { PageQuery, pageRequest, presentPage } from "../../http/page";
import type { Platform } from "../../http/platform";
import { Problem } from "../../http/problem";
import { cleared } from "../../http/text";
import type { PictureUrls } from "../../media/signed-urls";
import { parseQuery, wordsIn } from "../search/query";
import { snippets } from "../search/snippet";
import { byPostId, NewPostBody, Post, PostPage, PostQuery, PostUpdateBody, presentPost } from "./model";
import type { Draft, PostService } from "./service";
import type { PostStore } from "./store";

type Dependencies = { service: PostService; posts: PostStore; pictureUrls: PictureUrls };

export const postRoutes = (platform: Platform, { service, posts, pictureUrls }: Dependencies) =>
	new Elysia({ name: "posts.routes", prefix: "/posts", tags: ["posts"] })
		.use(platform.route)
		.post(
			"/",
			async ({ user, body, set, status }) => {
				const post = await service.create(user, draftOf(body));
				set.headers.location = `/posts/${post.id}`;
				return status(201, presentPost(pictureUrls.ofViewer(user.id))(post));
			},
			{
				permission: "participate",
				limit: ["post", "upload"],
				acceptsPicture: "image",
				body: NewPostBody,
				response: { 201: Post },
				detail: { operationId: "createPost", summary: "Write a post" },
			},
		)
		.get(
			"/",
			async ({ query, viewer, request, set }) => {
				const viewerId = viewer?.id ?? null;
				const list = listOf(query);
				const page = await posts.page(list, pageRequest(query), viewerId);
				const words = "query" in list ? wordsIn(list.query) : [];
				const snippetOf = words.length > 0 ? snippets(words) : undefined;
				return presentPage(page, presentPost(pictureUrls.ofViewer(viewerId), snippetOf), { request, set });
			},
			{
				viewer: true,
				limit: "search",
				query: PostQuery,
				response: { 200: PostPage },
				detail: { operationId: "getPosts", summary: "List, search and sort the posts that you may see" },
			},
		)
		.get(
			"/:post_id",
			async ({ params, viewer }) => {
				const viewerId = viewer?.id ?? null;
				return presentPost(pictureUrls.ofViewer(viewerId))(await service.read(params.post_id, viewerId));
			},
			{
				viewer: true,
				etag: true,
				params: byPostId,
				response: { 200: Post, 404: Problem },
				detail: { operationId: "getPost", summary: "Read a post" },
			},
		)
		.patch(
			"/:post_id",
			async ({ user, params, body }) =>
				presentPost(pictureUrls.ofViewer(user.id))(
					await service.update(await service.authorized("posts.edit", user, params.post_id), draftOf(body)),
				),
			{
				permission: "posts.edit",
				limit: ["post", "upload"],
				acceptsPicture: "image",
				params: byPostId,
				body: PostUpdateBody,
				response: { 200: Post, 403: Problem, 404: Problem },
				detail: { operationId: "updatePost", summary: "Change your post" },
			},
		)
		.delete(
			"/:post_id",
			async ({ user, params, request, status }) => {
				await service.remove(
					await service.authorized("posts.delete", user, params.post_id),
					platform.clientInfoOf(request).address,
				);
				return status(204, undefined);
			},
			{
				permission: "posts.delete",
				limit: "react",
				params: byPostId,
				response: { 204: Type.Void(), 403: Problem, 404: Problem },
				detail: { operationId: "deletePost", summary: "Delete your post, or any post as an administrator" },
			},
		);

type PeopleDependencies = Omit<Dependencies, "service"> & { users: Pick<UserStore, "profileByUsername"> };

export const userPostRoutes = (platform: Platform, { users, posts, pictureUrls }: PeopleDependencies) =>
	new Elysia({ name: "posts.users.routes", prefix: "/users", tags: ["users"] }).use(platform.route).get(
		"/:username/posts",
		async ({ params: { username }, query, viewer, request, set }) => {
			if (!(await users.profileByUsername(username, null))) throw notFound("user");
			const list = { sort: "newest", author: username } as const;
			const viewerId = viewer?.id ?? null;
			const page = await posts.page(list, pageRequest(query), viewerId);
			return presentPage(page, presentPost(pictureUrls.ofViewer(viewerId)), { request, set });
		},
		{
			viewer: true,
			params: byUsername,
			query: PageQuery,
			response: { 200: PostPage, 404: Problem },
			detail: { operationId: "getUserPosts", summary: "List the posts of a person, newest first" },
		},
	);

/** A blank `q` is not a search. */
function listOf({ q = "", sort = "newest", author }: Static<typeof PostQuery>): Parameters<PostStore["page"]>[0] {
	if (q.trim()) return { sort, author, query: parseQuery(q) };
	if (sort === "relevance") throw invalid("/sort", "Sorting by relevance needs a search: add q.");
	return { sort, author };
}

type PostBody = Static<typeof NewPostBody> | Static<typeof PostUpdateBody>;
/** Renames the fields of a body for the service. */
const draftOf = ({ image_alt, content, ...body }: PostBody): Draft => ({
	...body,
	content: cleared(content),
	imageAlt: cleared(image_alt),
});
