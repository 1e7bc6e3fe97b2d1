import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { Body } from "../../http/form";
import { PageQuery, pageRequest, presentPage } from "../../http/page";
import type { Platform } from "../../http/platform";
import { Problem } from "../../http/problem";
import { byInviteId, InvitePage, linkUrl, MadeInvite, NewInvite, presentInvite } from "./model";
import type { OneTimeLinks } from "./service";

export const inviteRoutes = (platform: Platform, { oneTimeLinks }: { oneTimeLinks: OneTimeLinks }) =>
	new Elysia({ name: "links.routes", prefix: "/invites", tags: ["auth"] })
		.use(platform.route)
		.post(
			"",
			async ({ user, body: { uses = 1, expires_in_days: days = 7 }, request, status }) => {
				const { token, link } = await oneTimeLinks.invite(user, { uses, days }, platform.clientInfoOf(request).address);
				return status(201, {
					...presentInvite(link),
					token,
					url: linkUrl(platform.publicUrlOf(request), "invite", token),
				});
			},
			{
				session: true,
				accepts: "json",
				body: Body(NewInvite),
				response: { 201: MadeInvite, 403: Problem, 409: Problem },
				detail: { operationId: "createInvite", summary: "Invite somebody" },
			},
		)
		.get(
			"",
			async ({ user, query, request, set }) =>
				presentPage(await oneTimeLinks.invites(user, pageRequest(query)), presentInvite, { request, set }),
			{
				session: true,
				query: PageQuery,
				response: { 200: InvitePage, 403: Problem },
				detail: { operationId: "getInvites", summary: "List one's invitations; an administrator sees all" },
			},
		)
		.delete(
			"/:id",
			async ({ user, params, request, status }) => {
				await oneTimeLinks.removeInvite(user, params.id, platform.clientInfoOf(request).address);
				return status(204, undefined);
			},
			{
				session: true,
				params: byInviteId,
				response: { 204: Type.Void(), 403: Problem, 404: Problem },
				detail: { operationId: "deleteInvite", summary: "End an invitation" },
			},
		);
