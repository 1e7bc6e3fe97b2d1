import { Elysia } from "elysia";
import { PageQuery, pageRequest, presentPage } from "../../http/page";
import type { Platform } from "../../http/platform";
import type { PictureUrls } from "../../media/signed-urls";
import { PostPage, presentPost } from "../posts/model";
import type { FeedStore } from "./store";

type Dependencies = { feed: FeedStore; pictureUrls: PictureUrls };

export const feedRoutes = (platform: Platform, { feed, pictureUrls }: Dependencies) =>
	new Elysia({ name: "feed.routes", prefix: "/feed", tags: ["feed"] }).use(platform.route).get(
		"/",
		async ({ user, query, request, set }) =>
			presentPage(await feed.page(user.id, pageRequest(query)), presentPost(pictureUrls.ofViewer(user.id)), {
				request,
				set,
			}),
		{
			permission: "participate",
			query: PageQuery,
			response: { 200: PostPage },
			detail: {
				operationId: "getFeed",
				summary: "List your posts and those of people you follow, newest first",
			},
		},
	);
