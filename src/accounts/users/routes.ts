import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { notFound } from "../../core/errors";
import { Body } from "../../http/form";
import { pageRequest, presentPage } from "../../http/page";
import type { Platform } from "../../http/platform";
import { Problem } from "../../http/problem";
import { cleared } from "../../http/text";
import {
	AccountRemoval,
	byUsername,
	Me,
	Profile,
	ProfileUpdateBody,
	presentAccount,
	presentCard,
	presentProfile,
	UserCardPage,
	UserSearch,
} from "./model";
import type { AccountService } from "./service";
import type { UserStore } from "./store";

type Dependencies = { accounts: AccountService; users: UserStore };

export const userRoutes = (platform: Platform, { accounts, users }: Dependencies) =>
	new Elysia({ name: "users.routes", prefix: "/users", tags: ["users"] })
		.use(platform.route)
		.get(
			"",
			async ({ query, request, set }) =>
				presentPage(await users.startingWith(query.q, pageRequest(query)), presentCard, { request, set }),
			{
				viewer: true,
				limit: "search",
				query: UserSearch,
				response: { 200: UserCardPage },
				detail: {
					operationId: "findUsers",
					summary: "Find people by the start of their username or display name",
				},
			},
		)
		.patch(
			"/me",
			async ({ user, body: { display_name, bio, avatar } }) =>
				presentAccount(await accounts.update(user, { displayName: cleared(display_name), bio: cleared(bio), avatar })),
			{
				permission: "participate",
				limit: ["post", "upload"],
				acceptsPicture: "avatar",
				body: ProfileUpdateBody,
				response: { 200: Me },
				detail: {
					operationId: "updateMe",
					summary: "Change your profile",
				},
			},
		)
		.delete(
			"/me",
			async ({ user, body, request, status }) => {
				const permanent = body.permanent || body.for_ever;
				await accounts.remove(user, body.password, { ...platform.clientInfoOf(request), permanent });
				return status(204, undefined);
			},
			{
				permission: "account.delete",
				limit: "password",
				accepts: "json",
				body: Body(AccountRemoval),
				response: { 204: Type.Void(), 403: Problem, 409: Problem },
				detail: {
					operationId: "deleteMe",
					summary: "Delete your account and everything it made; you can restore it for some days",
				},
			},
		)
		.get(
			"/:username",
			async ({ params, viewer }) => {
				const profile = await users.profileByUsername(params.username, viewer?.id ?? null);
				if (!profile) throw notFound("user");
				return presentProfile(profile);
			},
			{
				viewer: true,
				etag: true,
				params: byUsername,
				response: { 200: Profile, 404: Problem },
				detail: { operationId: "getUser", summary: "Read a person's profile" },
			},
		);
