import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import type { Auth } from "../http/auth";
import { body } from "../http/body";
import type { Limits } from "../http/limit";
import { Problem } from "../http/problem";
import { Me, presentAccount } from "../users/model";
import type { UserService } from "../users/service";
import { Login, Logout, presentSession, Refresh, Registration, Session } from "./model";
import type { AuthService } from "./service";

type Dependencies = { auth: Auth; limits: Limits; service: AuthService; accounts: UserService };

export const authRoutes = ({ auth, limits, service, accounts }: Dependencies) =>
	new Elysia({ name: "auth.routes", prefix: "/auth", tags: ["auth"] })
		.use(auth)
		.use(limits.macro)
		.use(body)
		.post(
			"/register",
			async ({ body: { display_name: displayName, ...account }, request, status }) => {
				const session = await service.register({ ...account, displayName });
				limits.welcome(request, session.account);
				return status(201, presentSession(session));
			},
			{
				limit: "register",
				accepts: "json",
				body: Registration,
				response: { 201: Session, 409: Problem },
				detail: {
					operationId: "register",
					summary: "Make an account and sign in",
				},
			},
		)
		.post(
			"/login",
			async ({ body: { username, password }, request, set }) =>
				presentSession(await limits.guess({ request, set }, username, () => service.signIn(username, password))),
			{
				limit: "login",
				accepts: "json or form",
				body: Login,
				response: { 200: Session, 401: Problem, 403: Problem },
				detail: {
					operationId: "login",
					summary: "Sign in with username or e-mail address",
				},
			},
		)
		.post(
			"/refresh",
			async ({ body, request }) => {
				const session = await service.refresh(body.refresh_token);
				limits.welcome(request, session.account);
				return presentSession(session);
			},
			{
				accepts: "json or form",
				body: Refresh,
				response: { 200: Session, 401: Problem },
				detail: {
					operationId: "refresh",
					summary: "Get new tokens for a refresh token, which is spent by it",
				},
			},
		)
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
