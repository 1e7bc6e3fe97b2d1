import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { notFound } from "../../core/errors";
import { type Auth, requireSession } from "../../http/auth";
import { body } from "../../http/body";
import type { OriginOf } from "../../http/client-info";
import type { Header } from "../../http/docs/openapi";
import { Body, PictureFile } from "../../http/form";
import { pageRequest, presentPage } from "../../http/page";
import { Problem } from "../../http/problem";
import type { BackupService } from "../../instance/backup/service";
import type { Doctor } from "../../instance/doctor/service";
import type { Trail } from "../audit/service";
import type { Actor, AuditStore } from "../audit/store";
import type { Caller } from "../auth/store";
import { linkUrl, ResetLink } from "../invites/model";
import type { LinkService } from "../invites/service";
import { byUsername } from "../users/model";
import type { UserService } from "../users/service";
import type { UserStore } from "../users/store";
import {
	AuditPage,
	AuditQuery,
	Backup,
	BackupList,
	byBackupName,
	ManagedUser,
	ManagedUserPage,
	ManagedUserQuery,
	ManagedUserUpdate,
	presentBackup,
	presentEntry,
	presentManaged,
	presentReport,
	Report,
} from "./model";

type Dependencies = {
	auth: Auth;
	accounts: UserService;
	users: UserStore;
	audit: AuditStore;
	links: LinkService;
	backups: BackupService;
	doctor: Doctor;
	record: Trail;
	originOf: OriginOf;
	publicUrl: (request: Request) => string;
};

const Archive = { ...PictureFile("a .tar.zst"), contentMediaType: "application/zstd", noValidate: true };
const ofFile: Header[] = ["Content-Disposition", "Accept-Ranges"];
const ofPart: Header[] = [...ofFile, "Content-Range"];

/** Seconds that a reader may be silent; usually it is 30. As for exports: who reads slowly empties what is in between first. */
const patience = 255;

export const adminRoutes = ({
	auth,
	accounts,
	users,
	audit,
	links,
	backups,
	doctor,
	record,
	originOf,
	publicUrl,
}: Dependencies) => {
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
		)
		.get("/doctor", async () => presentReport(await doctor()), {
			adminSession: true,
			response: { 200: Report, 403: Problem },
			detail: {
				operationId: "getDoctor",
				summary: "Look for what is wrong with the server and its data, and how it is mended",
				description: "Reads the whole database and the newest backup, by a process of its own: it may take a minute.",
			},
		})
		.get("/backups", async () => ({ items: (await backups.list()).map(presentBackup) }), {
			adminSession: true,
			response: { 200: BackupList, 403: Problem },
			detail: { operationId: "getBackups", summary: "List the backups, the newest first" },
		})
		.post(
			"/backups",
			async ({ user, request, status }) => {
				const begun = await backups.begin();
				await record("backup_created", actorOf(user, request), null);
				return status(202, presentBackup(begun));
			},
			{
				adminSession: true,
				response: { 202: Backup, 403: Problem, 409: Problem },
				detail: {
					operationId: "createBackup",
					summary: "Make a backup of everything, while the server goes on",
					description:
						"One at a time. The answer comes when it has begun; `state` in the list says when it is done, which it is when " +
						"it was read again and found right.",
				},
			},
		)
		.get(
			"/backups/:name",
			async ({ user, params: { name }, request, server }) => {
				const file = backups.file(name);
				if (!file) throw notFound("backup");
				if (request.method !== "HEAD") await record("backup_fetched", actorOf(user, request), null);
				server?.timeout(request, patience);
				const headers = {
					"content-type": "application/zstd",
					"content-disposition": `attachment; filename="${name}"`,
				};
				// Of a file Bun sends the range that was asked for, and says 416 where there is none.
				return new Response(file, { headers });
			},
			{
				adminSession: true, // it has what everybody wrote, and the key that signs tokens
				params: byBackupName,
				response: { 200: Archive, 206: Archive, 403: Problem, 404: Problem, 416: Type.Void() },
				detail: {
					operationId: "getBackup",
					summary: "Fetch a backup, or a part of it",
					...({ "x-headers": { 200: ofFile, 206: ofPart, 416: ofPart } } as object),
				},
			},
		);
};
