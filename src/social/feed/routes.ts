import { Elysia } from "elysia";
import type { Auth } from "../../http/auth";
import { PageQuery, pageRequest, presentPage } from "../../http/page";
import type { ImageLinks } from "../../media/signed-urls";
import { PostPage, presentPost } from "../posts/model";
import type { FeedStore } from "./store";

type Dependencies = { auth: Auth; feed: FeedStore; links: ImageLinks };

export const feedRoutes = ({ auth, feed, links }: Dependencies) =>
	new Elysia({ name: "feed.routes", prefix: "/feed", tags: ["feed"] }).use(auth).get(
		"/",
		async ({ user, query, request, set }) =>
			presentPage(await feed.page(user.id, pageRequest(query)), presentPost(links.ofViewer(user.id)), {
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
