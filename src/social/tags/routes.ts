import { Elysia } from "elysia";
import { PageQuery, pageRequest, presentPage } from "../../http/page";
import type { Platform } from "../../http/platform";
import type { PictureUrls } from "../../media/signed-urls";
import { PostPage, presentPost } from "../posts/model";
import type { PostStore } from "../posts/store";
import { tagStart } from "../search/hashtags";
import { tagQuery } from "../search/query";
import { byTag, presentTag, TagPage, TagQuery } from "./model";
import type { TagStore } from "./store";

type Dependencies = {
	tags: TagStore;
	posts: PostStore;
	pictureUrls: PictureUrls;
	now: () => Date;
};

/** A flag may have any value but `false`, or none. */
const isFlagSet = (flag: string | undefined) => flag !== undefined && flag !== "false";

/** Trending counts the uses of a tag in the last seven days. */
const trendingMs = 7 * 24 * 3_600_000;

export const tagRoutes = (platform: Platform, { tags, posts, pictureUrls, now }: Dependencies) =>
	new Elysia({ name: "tags.routes", prefix: "/tags", tags: ["posts"] })
		.use(platform.route)
		.get(
			"",
			async ({ query, request, set }) => {
				const prefix = tagStart(query.q ?? "");
				const since = isFlagSet(query.trending) ? new Date(now().getTime() - trendingMs) : undefined;
				return presentPage(await tags.page({ prefix, since }, pageRequest(query)), presentTag, { request, set });
			},
			{
				viewer: true,
				limit: "search",
				query: TagQuery,
				response: { 200: TagPage },
				detail: { operationId: "findTags", summary: "Find hashtags by prefix, or trending ones" },
			},
		)
		.get(
			"/:tag",
			async ({ params, query, viewer, request, set }) => {
				const viewerId = viewer?.id ?? null;
				const page = await posts.page({ sort: "newest", query: tagQuery(params.tag) }, pageRequest(query), viewerId);
				return presentPage(page, presentPost(pictureUrls.ofViewer(viewerId)), { request, set });
			},
			{
				viewer: true,
				params: byTag,
				query: PageQuery,
				response: { 200: PostPage },
				detail: { operationId: "getTag", summary: "List the posts with a hashtag, newest first" },
			},
		);
