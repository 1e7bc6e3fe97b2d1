import { Elysia } from "elysia";
import { PictureFile } from "../http/form";
import type { Platform } from "../http/platform";
import { Problem } from "../http/problem";
import { type ExportDependencies, exportService } from "./service";

const Archive = { ...PictureFile("a ZIP with a README.txt"), contentMediaType: "application/zip", noValidate: true };

/**
 * Idle timeout in seconds; usually it is 30. A slow client first empties the buffers in between, which hold a few megabytes,
 * before the connection moves again.
 */
const idleTimeoutSeconds = 255;

export const exportRoutes = (platform: Platform, dependencies: ExportDependencies) => {
	const service = exportService(dependencies);
	return new Elysia({ name: "export.routes", prefix: "/users", tags: ["users"] }).use(platform.route).get(
		"/me/export",
		async ({ user, request, server }) => {
			server?.timeout(request, idleTimeoutSeconds);
			const headers = {
				"content-type": "application/zip",
				"content-disposition": `attachment; filename="${service.nameOf(user)}"`,
			};
			// Elysia makes the answer to HEAD of this one, and would read all of it to tell its length.
			const body = request.method === "HEAD" ? null : await service.open(user, request.signal);
			return new Response(body, { headers });
		},
		{
			permission: "account.export", // it tells of one's sessions
			response: { 200: Archive, 403: Problem },
			detail: {
				operationId: "exportMe",
				summary: "Download all your data",
				description:
					"A ZIP, made as it is read, of one's account, posts, comments, likes and follows as JSON, and of one's pictures. " +
					"One at a time.",
			},
		},
	);
};
