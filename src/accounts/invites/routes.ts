import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import type { Auth } from "../../http/auth";
import { body } from "../../http/body";
import type { OriginOf } from "../../http/client-info";
import { Body } from "../../http/form";
import { PageQuery, pageRequest, presentPage } from "../../http/page";
import { Problem } from "../../http/problem";
import { byInviteId, InvitePage, linkUrl, MadeInvite, NewInvite, presentInvite } from "./model";
import type { LinkService } from "./service";

type Dependencies = { auth: Auth; links: LinkService; originOf: OriginOf; publicUrl: (request: Request) => string };

export const inviteRoutes = ({ auth, links, originOf, publicUrl }: Dependencies) =>
	new Elysia({ name: "links.routes", prefix: "/invites", tags: ["auth"] })
		.use(auth)
		.use(body)
		.post(
			"",
			async ({ user, body: { uses = 1, expires_in_days: days = 7 }, request, status }) => {
				const { token, link } = await links.invite(user, { uses, days }, originOf(request).address);
				return status(201, { ...presentInvite(link), token, url: linkUrl(publicUrl(request), "invite", token) });
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
				presentPage(await links.invites(user, pageRequest(query)), presentInvite, { request, set }),
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
				await links.removeInvite(user, params.id, originOf(request).address);
				return status(204, undefined);
			},
			{
				session: true,
				params: byInviteId,
				response: { 204: Type.Void(), 403: Problem, 404: Problem },
				detail: { operationId: "deleteInvite", summary: "End an invitation" },
			},
		);
