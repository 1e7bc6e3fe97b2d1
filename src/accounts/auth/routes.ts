import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { asName } from "../../core/text";
import type { Auth } from "../../http/auth";
import { body } from "../../http/body";
import type { OriginOf } from "../../http/client-info";
import { Body, OAuthBody } from "../../http/form";
import { Problem } from "../../http/problem";
import type { Limits } from "../../http/rate-limit";
import { Me, presentAccount } from "../users/model";
import type { UserService } from "../users/service";
import {
	AccessTokenPage,
	byId,
	Login,
	Logout,
	MadeAccessToken,
	NewAccessToken,
	PasswordChange,
	PasswordReset,
	presentAccessToken,
	presentSession,
	presentSessionInfo,
	Refresh,
	Registration,
	Session,
	SessionInfoPage,
} from "./model";
import type { AuthService } from "./service";

type Dependencies = {
	auth: Auth;
	limits: Limits;
	service: AuthService;
	accounts: UserService;
	originOf: OriginOf;
};

export const authRoutes = ({ auth, limits, service, accounts, originOf }: Dependencies) =>
	new Elysia({ name: "auth.routes", prefix: "/auth", tags: ["auth"] })
		.use(auth)
		.use(limits.macro)
		.use(body)
		.post(
			"/register",
			async ({ body: { display_name, invite, ...account }, request, status }) => {
				const made = { ...account, displayName: display_name ?? undefined };
				const session = await service.register(made, invite, originOf(request));
				limits.welcome(request, session.account);
				return status(201, presentSession(session));
			},
			{
				limit: "register",
				accepts: "json",
				body: Body(Registration),
				response: { 201: Session, 403: Problem, 409: Problem, 410: Problem },
				detail: {
					operationId: "register",
					summary: "Make an account and sign in",
				},
			},
		)
		.post(
			"/login",
			async ({ body: { username, password }, request, set }) => {
				const signIn = () => service.signIn(username, password, originOf(request));
				return presentSession(await limits.guess({ request, set }, { login: username }, signIn));
			},
			{
				limit: "login",
				accepts: "json or form",
				body: OAuthBody(Login),
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
				const session = await service.refresh(body.refresh_token, originOf(request));
				limits.welcome(request, session.account);
				return presentSession(session);
			},
			{
				limit: "refresh",
				accepts: "json or form",
				body: OAuthBody(Refresh),
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
				body: Body(Logout),
				response: { 204: Type.Void() },
				detail: { operationId: "logout", summary: "End a session at once" },
			},
		)
		.post(
			"/reset",
			async ({ body, request, status }) => {
				limits.welcome(request, await service.reset(body.token, body.new_password, originOf(request)));
				return status(204, undefined);
			},
			{
				accepts: "json",
				body: Body(PasswordReset),
				response: { 204: Type.Void(), 410: Problem },
				detail: {
					operationId: "resetPassword",
					summary: "Set a new password with a reset link, and sign out everywhere",
					description: "Ends all sessions, personal access tokens and reset links of the account.",
				},
			},
		)
		.get("/me", async ({ user }) => presentAccount(await accounts.account(user.id)), {
			account: true,
			response: { 200: Me },
			detail: { operationId: "getMe", summary: "Read one's own account" },
		})
		.post(
			"/password",
			async ({ user, body, request, status }) => {
				const { current_password: current, new_password: next, tokens = "revoke" } = body;
				const change = { current, next, keepsTokens: tokens === "keep" };
				await service.changePassword(user, change, originOf(request));
				return status(204, undefined);
			},
			{
				session: true,
				limit: "password",
				accepts: "json",
				body: Body(PasswordChange),
				response: { 204: Type.Void(), 403: Problem },
				detail: {
					operationId: "changePassword",
					summary: "Change one's password, and sign out everywhere else",
					description:
						"Ends all other sessions, all reset links and, unless `tokens` is keep, all personal access tokens.",
				},
			},
		)
		.get(
			"/sessions",
			async ({ user }) => ({
				items: (await service.sessions(user)).map(presentSessionInfo(user.sessionId)),
				next_cursor: null,
			}),
			{
				session: true,
				response: { 200: SessionInfoPage, 403: Problem },
				detail: { operationId: "getSessions", summary: "List what is signed in as oneself, at most 50" },
			},
		)
		.delete(
			"/sessions",
			async ({ user, request, status }) => {
				await service.endOtherSessions(user, originOf(request));
				return status(204, undefined);
			},
			{
				session: true,
				response: { 204: Type.Void(), 403: Problem },
				detail: { operationId: "endOtherSessions", summary: "End all other sessions" },
			},
		)
		.delete(
			"/sessions/:id",
			async ({ user, params, request, status }) => {
				await service.endSession(user, params.id, originOf(request));
				return status(204, undefined);
			},
			{
				session: true,
				params: byId,
				response: { 204: Type.Void(), 403: Problem, 404: Problem },
				detail: { operationId: "endSession", summary: "End one of one's own sessions" },
			},
		)
		.post(
			"/tokens",
			async ({ user, body, request, status }) => {
				const token = {
					name: asName(body.name),
					scope: body.scopes.includes("write") ? ("write" as const) : ("read" as const),
					expiresAt: body.expires_at ? new Date(body.expires_at) : null,
				};
				const made = await service.createToken(user, token, originOf(request));
				return status(201, { ...presentAccessToken(made), token: made.token });
			},
			{
				session: true,
				accepts: "json",
				body: Body(NewAccessToken),
				response: { 201: MadeAccessToken, 403: Problem, 409: Problem },
				detail: { operationId: "createToken", summary: "Make a personal access token, for a script or a bot" },
			},
		)
		.get(
			"/tokens",
			async ({ user }) => ({ items: (await service.tokens(user)).map(presentAccessToken), next_cursor: null }),
			{
				session: true,
				response: { 200: AccessTokenPage, 403: Problem },
				detail: { operationId: "getTokens", summary: "List one's personal access tokens, at most 50" },
			},
		)
		.delete(
			"/tokens/:id",
			async ({ user, params, request, status }) => {
				await service.removeToken(user, params.id, originOf(request));
				return status(204, undefined);
			},
			{
				session: true,
				params: byId,
				response: { 204: Type.Void(), 403: Problem, 404: Problem },
				detail: { operationId: "deleteToken", summary: "Revoke a personal access token at once" },
			},
		);
