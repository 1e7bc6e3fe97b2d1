import { Elysia } from "elysia";
import { byUsername, presentCard, presentRelationship, Relationship, UserCardPage } from "../../accounts/users/model";
import { notFound } from "../../core/errors";
import { PageQuery, pageRequest, presentPage } from "../../http/page";
import type { Platform } from "../../http/platform";
import { Problem } from "../../http/problem";
import type { FollowService } from "./service";
import type { FollowStore } from "./store";

type Dependencies = { service: FollowService; follows: FollowStore };

export const followRoutes = (platform: Platform, { service, follows }: Dependencies) =>
	new Elysia({
		name: "follows.routes",
		prefix: "/users/:username",
		tags: ["users"],
	})
		.use(platform.route)
		.post("/follow", async ({ user, params }) => presentRelationship(await service.follow(user, params.username)), {
			permission: "participate",
			limit: "react",
			params: byUsername,
			response: { 200: Relationship, 404: Problem, 409: Problem, 422: Problem },
			detail: { operationId: "follow", summary: "Follow a person, 7,500 at most" },
		})
		.delete("/follow", async ({ user, params }) => presentRelationship(await service.unfollow(user, params.username)), {
			permission: "participate",
			limit: "react",
			params: byUsername,
			response: { 200: Relationship, 404: Problem },
			detail: {
				operationId: "unfollow",
				summary: "Unfollow a person",
			},
		})
		.get(
			"/followers",
			async ({ params, query, request, set }) => {
				const page = await follows.followers(params.username, pageRequest(query));
				if (!page) throw notFound("user");
				return presentPage(page, presentCard, { request, set });
			},
			{
				viewer: true,
				params: byUsername,
				query: PageQuery,
				response: { 200: UserCardPage, 404: Problem },
				detail: {
					operationId: "getFollowers",
					summary: "List the followers of a person, newest first",
				},
			},
		)
		.get(
			"/following",
			async ({ params, query, request, set }) => {
				const page = await follows.following(params.username, pageRequest(query));
				if (!page) throw notFound("user");
				return presentPage(page, presentCard, { request, set });
			},
			{
				viewer: true,
				params: byUsername,
				query: PageQuery,
				response: { 200: UserCardPage, 404: Problem },
				detail: {
					operationId: "getFollowing",
					summary: "List the people that a person follows, newest first",
				},
			},
		);
