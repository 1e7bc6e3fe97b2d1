import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import type { AuditStore } from "../audit/store";
import type { Auth } from "../http/auth";
import { body } from "../http/body";
import type { OriginOf } from "../http/origin";
import { pageRequest, presentPage } from "../http/page";
import { Problem } from "../http/problem";
import { linkUrl, ResetLink } from "../links/model";
import type { LinkService } from "../links/service";
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

export const adminRoutes = ({ auth, accounts, users, audit, links, originOf, publicUrl }: Dependencies) =>
	new Elysia({ name: "admin.routes", prefix: "/admin", tags: ["admin"] })
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
			async ({ user, params: { username }, body: { role, state }, request }) => {
				const by = { id: user.id, address: originOf(request).address };
				const { managing } = accounts;
				if (state === "suspended") await managing.suspend(username, by);
				if (state === "active") await managing.restore(username, by);
				if (role) await managing.setRole(username, role, by);
				return presentManaged(await accounts.byLogin(username));
			},
			{
				admin: true,
				accepts: "json",
				params: byUsername,
				body: ManagedUserUpdate,
				response: { 200: ManagedUser, 403: Problem, 404: Problem, 409: Problem },
				detail: {
					operationId: "updateAccount",
					summary: "Approve, suspend or restore somebody, or change their role",
				},
			},
		)
		.delete(
			"/users/:username",
			async ({ user, params, request, status }) => {
				await accounts.managing.remove(params.username, { id: user.id, address: originOf(request).address });
				return status(204, undefined);
			},
			{
				admin: true,
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
				const by = { id: user.id, address: originOf(request).address };
				const { id } = await accounts.byLogin(params.username);
				const { token, expiresAt } = await links.reset(id, by);
				const url = linkUrl(publicUrl(request), "reset", token);
				return status(201, { token, url, expires_at: expiresAt.toISOString() });
			},
			{
				admin: true,
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
				admin: true,
				query: AuditQuery,
				response: { 200: AuditPage, 403: Problem },
				detail: { operationId: "getAudit", summary: "Read what happened to accounts, the newest first" },
			},
		);
