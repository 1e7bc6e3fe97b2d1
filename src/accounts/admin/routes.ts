import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import type { Caller } from "../../core/caller";
import { type Auth, requireSession } from "../../http/auth";
import { body } from "../../http/body";
import type { OriginOf } from "../../http/client-info";
import { Body } from "../../http/form";
import { pageRequest, presentPage } from "../../http/page";
import { Problem } from "../../http/problem";
import type { Actor, AuditStore } from "../audit/store";
import { linkUrl, ResetLink } from "../invites/model";
import type { LinkService } from "../invites/service";
import { byUsername } from "../users/model";
import type { UserService } from "../users/service";
import type { UserStore } from "../users/store";
import {
	AuditPage,
	AuditQuery,
	ManagedUser,
	ManagedUserPage,
	ManagedUserQuery,
	ManagedUserUpdate,
	presentEntry,
	presentManaged,
} from "./model";

type Dependencies = {
	auth: Auth;
	accounts: UserService;
	users: UserStore;
	audit: AuditStore;
	links: LinkService;
	originOf: OriginOf;
	publicUrl: (request: Request) => string;
};

export const adminRoutes = ({ auth, accounts, users, audit, links, originOf, publicUrl }: Dependencies) => {
	const actorOf = (user: Caller, request: Request): Actor => ({
		id: user.id,
		address: originOf(request).address,
		caller: user,
	});

	return new Elysia({ name: "admin.routes", prefix: "/admin", tags: ["admin"] })
		.use(auth)
		.use(body)
		.get(
			"/users",
			async ({ query: { q: search, state, role, ...query }, request, set }) =>
				presentPage(await users.accounts(pageRequest(query), { search, state, role }), presentManaged, {
					request,
					set,
				}),
			{
				admin: true,
				query: ManagedUserQuery,
				response: { 200: ManagedUserPage, 403: Problem },
				detail: { operationId: "getAccounts", summary: "List and search accounts, the oldest first" },
			},
		)
		.patch(
			"/users/:username",
			async ({ user, params: { username }, body, request }) => {
				if (body.role) requireSession(user);
				return presentManaged(await accounts.managing.update(username, body, actorOf(user, request)));
			},
			{
				admin: true,
				accepts: "json",
				params: byUsername,
				body: Body(ManagedUserUpdate),
				response: { 200: ManagedUser, 403: Problem, 404: Problem, 409: Problem },
				detail: {
					operationId: "updateAccount",
					summary: "Approve, suspend or restore somebody, or change their role",
					description:
						"One write: both changes are made, or neither. `role` needs a session; a personal access token may only change `state`. " +
						"A suspension ends the invitations and reset links that the person made; so does the loss of the role `admin`.",
				},
			},
		)
		.delete(
			"/users/:username",
			async ({ user, params, request, status }) => {
				await accounts.managing.remove(params.username, actorOf(user, request));
				return status(204, undefined);
			},
			{
				adminSession: true,
				params: byUsername,
				response: { 204: Type.Void(), 403: Problem, 404: Problem, 409: Problem },
				detail: {
					operationId: "deleteAccount",
					summary: "Delete an account and all it made; also how to refuse one that waits",
				},
			},
		)
		.post(
			"/users/:username/reset-link",
			async ({ user, params, request, status }) => {
				const { id } = await accounts.byLogin(params.username);
				const { token, expiresAt } = await links.reset(id, actorOf(user, request));
				const url = linkUrl(publicUrl(request), "reset", token);
				return status(201, { token, url, expires_at: expiresAt.toISOString() });
			},
			{
				adminSession: true,
				params: byUsername,
				response: { 201: ResetLink, 403: Problem, 404: Problem },
				detail: {
					operationId: "createResetLink",
					summary: "Make a link for somebody who forgot their password, good for a day",
				},
			},
		)
		.get(
			"/audit",
			async ({ query: { action, user, ...query }, request, set }) =>
				presentPage(await audit.page({ action, user }, pageRequest(query)), presentEntry, { request, set }),
			{
				adminSession: true,
				query: AuditQuery,
				response: { 200: AuditPage, 403: Problem },
				detail: { operationId: "getAudit", summary: "Read what happened to accounts, the newest first" },
			},
		);
};
