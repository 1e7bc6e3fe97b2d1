import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { AccountRestoration, presentSession, Session } from "../accounts/auth/model";
import type { AuthService } from "../accounts/auth/service";
import { Body } from "../http/form";
import { PageQuery, pageRequest, presentPage } from "../http/page";
import type { Platform } from "../http/platform";
import { Problem } from "../http/problem";
import type { PictureUrls } from "../media/signed-urls";
import {
	byTrashId,
	ManagedRestored,
	ManagedTrashPage,
	presentItem,
	presentManagedItem,
	presentManagedRestored,
	presentRestored,
	Restored,
	TrashPage,
} from "./model";
import { type TrashOptions, type TrashService, trashService } from "./service";

type Dependencies = { service: TrashService; pictureUrls: PictureUrls; auth: AuthService };

export const trashRoutes = (
	platform: Platform,
	{ stores, pictureUrls, auth, ...rest }: Omit<Dependencies, "service"> & TrashOptions,
) => {
	const service = trashService({ stores, ...rest });
	return new Elysia({ name: "trash" })
		.use(ownTrashRoutes(platform, { service, pictureUrls }))
		.use(accountRestoreRoutes(platform, { service, auth }))
		.use(adminTrashRoutes(platform, { service }));
};

const ownTrashRoutes = (platform: Platform, { service, pictureUrls }: Omit<Dependencies, "auth">) =>
	new Elysia({ name: "trash.routes", prefix: "/trash", tags: ["trash"] })
		.use(platform.route)
		.get(
			"",
			async ({ user, query, request, set }) =>
				presentPage(await service.own(user, pageRequest(query)), presentItem, { request, set }),
			{
				permission: "participate",
				query: PageQuery,
				response: { 200: TrashPage },
				detail: {
					operationId: "getTrash",
					summary: "List the posts and comments that you deleted and can restore, the latest first",
				},
			},
		)
		.post(
			"/:id/restore",
			async ({ user, params }) =>
				presentRestored(pictureUrls.ofViewer(user.id))(await service.restoreOwn(user, params.id)),
			{
				permission: "participate",
				limit: "post",
				params: byTrashId,
				response: { 200: Restored, 404: Problem, 409: Problem },
				detail: {
					operationId: "restore",
					summary: "Restore a post or comment, with its likes, comments and picture",
				},
			},
		)
		.delete(
			"/:id",
			async ({ user, params, status }) => {
				await service.removeOwn(user, params.id);
				return status(204, undefined);
			},
			{
				permission: "participate",
				limit: "react",
				params: byTrashId,
				response: { 204: Type.Void(), 404: Problem },
				detail: { operationId: "deleteForEver", summary: "Delete an entry of your trash permanently" },
			},
		);

const accountRestoreRoutes = (platform: Platform, { service, auth }: Omit<Dependencies, "pictureUrls">) =>
	new Elysia({ name: "trash.account.routes", prefix: "/auth", tags: ["auth"] }).use(platform.route).post(
		"/restore",
		async ({ body: { username, password }, request, set }) => {
			const origin = platform.clientInfoOf(request);
			const restoreAndSignIn = async () => {
				await service.restoreAccount(username, password, origin.address);
				return auth.signIn(username, password, origin);
			};
			const session = await platform.limits.passwordAttempt(
				{ request, set },
				{ login: username, isDeleted: true },
				restoreAndSignIn,
			);
			platform.limits.trustAddress(request, session.account);
			return presentSession(session);
		},
		{
			limit: "login",
			accepts: "json",
			body: Body(AccountRestoration),
			response: { 200: Session, 401: Problem, 403: Problem, 409: Problem },
			detail: {
				operationId: "restoreMe",
				summary: "Restore your deleted account, and sign in",
			},
		},
	);

const adminTrashRoutes = (platform: Platform, { service }: Pick<Dependencies, "service">) =>
	new Elysia({ name: "admin.trash.routes", prefix: "/admin/trash", tags: ["admin"] })
		.use(platform.route)
		.get(
			"",
			async ({ query, request, set }) =>
				presentPage(await service.admin.list(pageRequest(query)), presentManagedItem, { request, set }),
			{
				permission: "trash.manage",
				query: PageQuery,
				response: { 200: ManagedTrashPage, 403: Problem },
				detail: {
					operationId: "getAllTrash",
					summary: "List all deleted posts, comments and accounts, the latest first",
				},
			},
		)
		.post(
			"/:id/restore",
			async ({ user, params, request }) => {
				const by = platform.permit("trash.manage", user, request);
				return presentManagedRestored(await service.admin.restore(params.id, by));
			},
			{
				permission: "trash.manage",
				params: byTrashId,
				response: { 200: ManagedRestored, 403: Problem, 404: Problem, 409: Problem },
				detail: {
					operationId: "restoreAny",
					summary: "Restore a post, comment or account",
				},
			},
		)
		.delete(
			"/:id",
			async ({ user, params, request, status }) => {
				const by = platform.permit("trash.manage", user, request);
				await service.admin.remove(params.id, by);
				return status(204, undefined);
			},
			{
				permission: "trash.manage",
				params: byTrashId,
				response: { 204: Type.Void(), 403: Problem, 404: Problem },
				detail: { operationId: "deleteAnyForEver", summary: "Delete an entry of the trash permanently" },
			},
		);
