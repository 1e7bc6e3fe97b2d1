import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import type { AuditLog } from "../../accounts/audit/service";
import { notFound } from "../../core/errors";
import type { Header } from "../../http/docs/openapi";
import { PictureFile } from "../../http/form";
import type { Platform } from "../../http/platform";
import { Problem } from "../../http/problem";
import { Backup, BackupList, byBackupName, presentBackup } from "./model";
import type { BackupService } from "./service";

type Dependencies = { backups: BackupService; auditLog: AuditLog };

const Archive = { ...PictureFile("a .tar.zst"), contentMediaType: "application/zstd", noValidate: true };
const fileHeaders: Header[] = ["Content-Disposition", "Accept-Ranges"];
const rangeHeaders: Header[] = [...fileHeaders, "Content-Range"];

/** For slow clients, instead of 30 seconds: between two reads they first drain the socket buffers. */
const idleTimeoutSeconds = 255;

export const backupRoutes = (platform: Platform, { backups, auditLog }: Dependencies) =>
	new Elysia({ name: "backups.routes", prefix: "/admin", tags: ["admin"] })
		.use(platform.route)
		.get("/backups", async () => ({ items: (await backups.list()).map(presentBackup) }), {
			permission: "backups.manage",
			response: { 200: BackupList, 403: Problem },
			detail: { operationId: "getBackups", summary: "List the backups, the newest first" },
		})
		.post(
			"/backups",
			async ({ user, request, status }) => {
				const started = await backups.begin();
				await auditLog.record("backup_created", platform.permit("backups.manage", user, request), null);
				return status(202, presentBackup(started));
			},
			{
				permission: "backups.manage",
				response: { 202: Backup, 403: Problem, 409: Problem },
				detail: {
					operationId: "createBackup",
					summary: "Make a backup of everything while the server runs",
					description:
						"The response comes when the backup starts. The `state` in the list is `done` after the server has verified the " +
						"backup. Only one backup runs at a time.",
				},
			},
		)
		.get(
			"/backups/:name",
			async ({ user, params: { name }, request, server }) => {
				const file = backups.file(name);
				if (!file) throw notFound("backup");
				if (request.method !== "HEAD")
					await auditLog.record("backup_fetched", platform.permit("backups.manage", user, request), null);
				server?.timeout(request, idleTimeoutSeconds);
				const headers = {
					"content-type": "application/zstd",
					"content-disposition": `attachment; filename="${name}"`,
				};
				// Bun answers range requests on files: 206, or 416 for an invalid range.
				return new Response(file, { headers });
			},
			{
				permission: "backups.manage", // a backup has all private content and the secret key
				params: byBackupName,
				response: { 200: Archive, 206: Archive, 403: Problem, 404: Problem, 416: Type.Void() },
				detail: {
					operationId: "getBackup",
					summary: "Download a backup, or a part of it",
					...({ "x-headers": { 200: fileHeaders, 206: rangeHeaders, 416: rangeHeaders } } as object),
				},
			},
		);
