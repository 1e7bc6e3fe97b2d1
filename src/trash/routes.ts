import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { AccountRestoration, presentSession, Session } from "../accounts/auth/model";
import type { AuthService } from "../accounts/auth/service";
import type { Auth } from "../http/auth";
import { body } from "../http/body";
import type { OriginOf } from "../http/client-info";
import { Body } from "../http/form";
import { PageQuery, pageRequest, presentPage } from "../http/page";
import { Problem } from "../http/problem";
import type { Limits } from "../http/rate-limit";
import type { ImageLinks } from "../media/signed-urls";
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
import type { TrashService } from "./service";

type Dependencies = { auth: Auth; limits: Limits; service: TrashService; links: ImageLinks; originOf: OriginOf };

export const trashRoutes = ({ auth, limits, service, links }: Omit<Dependencies, "originOf">) =>
	new Elysia({ name: "trash.routes", prefix: "/trash", tags: ["trash"] })
		.use(auth)
		.use(limits.macro)
		.get(
			"",
			async ({ user, query, request, set }) =>
				presentPage(await service.own(user, pageRequest(query)), presentItem, { request, set }),
			{
				user: true,
				query: PageQuery,
				response: { 200: TrashPage },
				detail: {
					operationId: "getTrash",
					summary: "List the posts and comments that one deleted and can bring back, the latest first",
				},
			},
		)
		.post(
			"/:id/restore",
			async ({ user, params }) => presentRestored(links.ofViewer(user.id))(await service.restoreOwn(user, params.id)),
			{
				user: true,
				limit: "post",
				params: byTrashId,
				response: { 200: Restored, 404: Problem, 409: Problem },
				detail: {
					operationId: "restore",
					summary: "Bring back what one deleted, with its likes, comments and picture",
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
				user: true,
				limit: "react",
				params: byTrashId,
				response: { 204: Type.Void(), 404: Problem },
				detail: { operationId: "deleteForEver", summary: "Let go of what one deleted, now and for ever" },
			},
		);

type Returning = Pick<Dependencies, "limits" | "originOf"> & { trash: TrashService; service: AuthService };

export const accountRestoreRoutes = ({ limits, trash, service, originOf }: Returning) =>
	new Elysia({ name: "trash.account.routes", prefix: "/auth", tags: ["auth"] })
		.use(limits.macro)
		.use(body)
		.post(
			"/restore",
			async ({ body: { username, password }, request, set }) => {
				const origin = originOf(request);
				const comeBack = async () => {
					await trash.restoreAccount(username, password, origin.address);
					return service.signIn(username, password, origin);
				};
				const session = await limits.guess({ request, set }, { login: username, isDeleted: true }, comeBack);
				limits.welcome(request, session.account);
				return presentSession(session);
			},
			{
				limit: "login",
				accepts: "json",
				body: Body(AccountRestoration),
				response: { 200: Session, 401: Problem, 403: Problem, 409: Problem },
				detail: {
					operationId: "restoreMe",
					summary: "Bring back the account that one deleted, and sign in",
				},
			},
		);

export const adminTrashRoutes = ({ auth, service, originOf }: Omit<Dependencies, "limits" | "links">) =>
	new Elysia({ name: "admin.trash.routes", prefix: "/admin/trash", tags: ["admin"] })
		.use(auth)
		.get(
			"",
			async ({ query, request, set }) =>
				presentPage(await service.managing.list(pageRequest(query)), presentManagedItem, { request, set }),
			{
				adminSession: true,
				query: PageQuery,
				response: { 200: ManagedTrashPage, 403: Problem },
				detail: { operationId: "getAllTrash", summary: "List what anybody deleted, the latest first" },
			},
		)
		.post(
			"/:id/restore",
			async ({ user, params, request }) => {
				const by = { id: user.id, address: originOf(request).address, caller: user };
				return presentManagedRestored(await service.managing.restore(params.id, by));
			},
			{
				adminSession: true,
				params: byTrashId,
				response: { 200: ManagedRestored, 403: Problem, 404: Problem, 409: Problem },
				detail: {
					operationId: "restoreAny",
					summary: "Bring back a post, a comment or an account, whoever deleted it",
				},
			},
		)
		.delete(
			"/:id",
			async ({ user, params, request, status }) => {
				const by = { id: user.id, address: originOf(request).address, caller: user };
				await service.managing.remove(params.id, by);
				return status(204, undefined);
			},
			{
				adminSession: true,
				params: byTrashId,
				response: { 204: Type.Void(), 403: Problem, 404: Problem },
				detail: { operationId: "deleteAnyForEver", summary: "Let go of what was deleted, now and for ever" },
			},
		);
