import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { Body } from "../../http/form";
import { pageRequest, presentPage } from "../../http/page";
import type { Platform } from "../../http/platform";
import { Problem } from "../../http/problem";
import type { AuditStore } from "../audit/store";
import { linkUrl, ResetLink } from "../invites/model";
import type { OneTimeLinks } from "../invites/service";
import { byUsername } from "../users/model";
import type { AccountService } from "../users/service";
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
	accounts: AccountService;
	users: UserStore;
	audit: AuditStore;
	oneTimeLinks: OneTimeLinks;
};

export const adminRoutes = (platform: Platform, { accounts, users, audit, oneTimeLinks }: Dependencies) =>
	new Elysia({ name: "admin.routes", prefix: "/admin", tags: ["admin"] })
		.use(platform.route)
		.get(
			"/users",
			async ({ query: { q: search, state, role, ...query }, request, set }) =>
				presentPage(await users.accounts(pageRequest(query), { search, state, role }), presentManaged, {
					request,
					set,
				}),
			{
				permission: "accounts.manage",
				query: ManagedUserQuery,
				response: { 200: ManagedUserPage, 403: Problem },
				detail: { operationId: "getAccounts", summary: "List and search accounts, the oldest first" },
			},
		)
		.patch(
			"/users/:username",
			async ({ user, params: { username }, body, request }) => {
				const role = body.role && { name: body.role, by: platform.permit("accounts.control", user, request) };
				const by = platform.permit("accounts.manage", user, request);
				return presentManaged(await accounts.admin.update(username, { state: body.state, role }, by));
			},
			{
				permission: "accounts.manage",
				accepts: "json",
				params: byUsername,
				body: Body(ManagedUserUpdate),
				response: { 200: ManagedUser, 403: Problem, 404: Problem, 409: Problem },
				detail: {
					operationId: "updateAccount",
					summary: "Approve, suspend or unsuspend an account, or change its role",
					description:
						"The server makes both changes or neither. `role` needs a session; a personal access token may only change `state`. " +
						"A suspension ends the invitations and reset links that the person made; so does the loss of the role `admin`.",
				},
			},
		)
		.delete(
			"/users/:username",
			async ({ user, params, request, status }) => {
				await accounts.admin.remove(params.username, platform.permit("accounts.control", user, request));
				return status(204, undefined);
			},
			{
				permission: "accounts.control",
				params: byUsername,
				response: { 204: Type.Void(), 403: Problem, 404: Problem, 409: Problem },
				detail: {
					operationId: "deleteAccount",
					summary: "Delete an account and everything it made, or refuse a pending one",
				},
			},
		)
		.post(
			"/users/:username/reset-link",
			async ({ user, params, request, status }) => {
				const { id } = await accounts.byLogin(params.username);
				const { token, expiresAt } = await oneTimeLinks.reset(id, platform.permit("accounts.control", user, request));
				const url = linkUrl(platform.publicUrlOf(request), "reset", token);
				return status(201, { token, url, expires_at: expiresAt.toISOString() });
			},
			{
				permission: "accounts.control",
				params: byUsername,
				response: { 201: ResetLink, 403: Problem, 404: Problem },
				detail: {
					operationId: "createResetLink",
					summary: "Make a password reset link, valid for one day",
				},
			},
		)
		.get(
			"/audit",
			async ({ query: { action, user, ...query }, request, set }) =>
				presentPage(await audit.page({ action, user }, pageRequest(query)), presentEntry, { request, set }),
			{
				permission: "audit.read",
				query: AuditQuery,
				response: { 200: AuditPage, 403: Problem },
				detail: { operationId: "getAudit", summary: "Read the audit log of accounts, the newest event first" },
			},
		);
