import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import type { Auth } from "../http/auth";
import { body } from "../http/body";
import { Problem } from "../http/problem";
import { Me, presentAccount } from "../users/model";
import type { UserService } from "../users/service";
import { Login, Logout, presentSession, Refresh, Registration, Session } from "./model";
import type { AuthService } from "./service";

export const authRoutes = ({ auth, service, accounts }: { auth: Auth; service: AuthService; accounts: UserService }) =>
	new Elysia({ name: "auth.routes", prefix: "/auth", tags: ["auth"] })
		.use(auth)
		.use(body)
		.post(
			"/register",
			async ({ body: { display_name: displayName, ...account }, status }) =>
				status(201, presentSession(await service.register({ ...account, displayName }))),
			{
				accepts: "json",
				body: Registration,
				response: { 201: Session, 409: Problem },
				detail: {
					operationId: "register",
					summary: "Make an account and sign in",
				},
			},
		)
		.post("/login", async ({ body }) => presentSession(await service.signIn(body.username, body.password)), {
			accepts: "json or form",
			body: Login,
			response: { 200: Session, 401: Problem, 403: Problem },
			detail: {
				operationId: "login",
				summary: "Sign in with username or e-mail address",
			},
		})
		.post("/refresh", async ({ body }) => presentSession(await service.refresh(body.refresh_token)), {
			accepts: "json or form",
			body: Refresh,
			response: { 200: Session, 401: Problem },
			detail: {
				operationId: "refresh",
				summary: "Get new tokens for a refresh token, which is spent by it",
			},
		})
		.post(
			"/logout",
			async ({ body, status }) => {
				await service.signOut(body.refresh_token);
				return status(204, undefined);
			},
			{
				accepts: "json",
				body: Logout,
				response: { 204: Type.Void() },
				detail: { operationId: "logout", summary: "End a session at once" },
			},
		)
		.get("/me", async ({ user }) => presentAccount(await accounts.account(user.id)), {
			user: true,
			response: { 200: Me },
			detail: { operationId: "getMe", summary: "Read one's own account" },
		});
