import { Elysia } from "elysia";
import type { Auth } from "../http/auth";
import { PageQuery, pageRequest, presentPage } from "../http/page";
import { PostPage, presentPost } from "../posts/model";
import type { FeedStore } from "./store";

export const feedRoutes = ({ auth, feed }: { auth: Auth; feed: FeedStore }) =>
	new Elysia({ name: "feed.routes", prefix: "/feed", tags: ["feed"] }).use(auth).get(
		"/",
		async ({ user, query, request, set }) =>
			presentPage(await feed.page(user.id, pageRequest(query)), presentPost, {
				request,
				set,
			}),
		{
			user: true,
			query: PageQuery,
			response: { 200: PostPage },
			detail: {
				operationId: "getFeed",
				summary: "List the posts of those one follows and one's own, newest first",
			},
		},
	);
