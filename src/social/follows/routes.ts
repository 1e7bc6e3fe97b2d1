import { Elysia } from "elysia";
import { byUsername, presentCard, presentRelationship, Relationship, UserCardPage } from "../../accounts/users/model";
import { notFound } from "../../core/errors";
import type { Auth } from "../../http/auth";
import { PageQuery, pageRequest, presentPage } from "../../http/page";
import { Problem } from "../../http/problem";
import type { Limits } from "../../http/rate-limit";
import type { FollowService } from "./service";
import type { FollowStore } from "./store";

type Dependencies = {
	auth: Auth;
	limits: Limits;
	following: FollowService;
	follows: FollowStore;
};

export const followRoutes = ({ auth, limits, following, follows }: Dependencies) =>
	new Elysia({
		name: "follows.routes",
		prefix: "/users/:username",
		tags: ["users"],
	})
		.use(auth)
		.use(limits.macro)
		.post("/follow", async ({ user, params }) => presentRelationship(await following.follow(user, params.username)), {
			user: true,
			limit: "react",
			params: byUsername,
			response: { 200: Relationship, 404: Problem, 409: Problem, 422: Problem },
			detail: { operationId: "follow", summary: "Follow a person; 7,500 at most" },
		})
		.delete(
			"/follow",
			async ({ user, params }) => presentRelationship(await following.unfollow(user, params.username)),
			{
				user: true,
				limit: "react",
				params: byUsername,
				response: { 200: Relationship, 404: Problem },
				detail: {
					operationId: "unfollow",
					summary: "No longer follow a person",
				},
			},
		)
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
					summary: "List who follows a person, newest first",
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
					summary: "List whom a person follows, newest first",
				},
			},
		);
