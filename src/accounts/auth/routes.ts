import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { requireSession } from "../../core/permissions";
import { asName } from "../../core/text";
import { Body, OAuthBody } from "../../http/form";
import type { Platform } from "../../http/platform";
import { Problem } from "../../http/problem";
import { Me, presentAccount } from "../users/model";
import type { AccountService } from "../users/service";
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
import type { OwnSessions } from "./own-sessions";
import type { PasswordChanges } from "./password-changes";
import type { PersonalTokens } from "./personal-tokens";
import type { AuthService } from "./service";

type Dependencies = {
	accounts: AccountService;
	auth: AuthService;
	ownSessions: OwnSessions;
	passwordChanges: PasswordChanges;
	personalTokens: PersonalTokens;
};

export const authRoutes = (
	platform: Platform,
	{ auth, accounts, passwordChanges, ownSessions, personalTokens }: Dependencies,
) =>
	new Elysia({ name: "auth.routes" })
		.use(signInRoutes(platform, { auth }))
		.use(accountRoutes(platform, { accounts, passwordChanges }))
		.use(sessionRoutes(platform, { ownSessions }))
		.use(tokenRoutes(platform, { personalTokens }));

const signInRoutes = (platform: Platform, { auth }: Pick<Dependencies, "auth">) =>
	new Elysia({ name: "auth.sign-in.routes", prefix: "/auth", tags: ["auth"] })
		.use(platform.route)
		.post(
			"/register",
			async ({ body: { display_name, invite, ...account }, request, status }) => {
				const made = { ...account, displayName: display_name ?? undefined };
				const session = await auth.register(made, invite, platform.clientInfoOf(request));
				platform.limits.trustAddress(request, session.account);
				return status(201, presentSession(session));
			},
			{
				limit: "register",
				accepts: "json",
				body: Body(Registration),
				response: { 201: Session, 403: Problem, 409: Problem, 410: Problem },
				detail: {
					operationId: "register",
					summary: "Create an account and sign in",
				},
			},
		)
		.post(
			"/login",
			async ({ body: { username, password }, request, set }) => {
				const signIn = () => auth.signIn(username, password, platform.clientInfoOf(request));
				return presentSession(await platform.limits.passwordAttempt({ request, set }, { login: username }, signIn));
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
				const session = await auth.refresh(body.refresh_token, platform.clientInfoOf(request));
				platform.limits.trustAddress(request, session.account);
				return presentSession(session);
			},
			{
				limit: "refresh",
				accepts: "json or form",
				body: OAuthBody(Refresh),
				response: { 200: Session, 401: Problem },
				detail: {
					operationId: "refresh",
					summary: "Get new tokens for a refresh token, which works once",
				},
			},
		)
		.post(
			"/logout",
			async ({ body, status }) => {
				await auth.signOut(body.refresh_token);
				return status(204, undefined);
			},
			{
				accepts: "json",
				body: Body(Logout),
				response: { 204: Type.Void() },
				detail: { operationId: "logout", summary: "End a session at once" },
			},
		);

const accountRoutes = (
	platform: Platform,
	{ accounts, passwordChanges }: Pick<Dependencies, "accounts" | "passwordChanges">,
) =>
	new Elysia({ name: "auth.account.routes", prefix: "/auth", tags: ["auth"] })
		.use(platform.route)
		.get("/me", async ({ user }) => presentAccount(await accounts.account(user.id)), {
			permission: "account.read",
			response: { 200: Me },
			detail: { operationId: "getMe", summary: "Read your account" },
		})
		.post(
			"/password",
			async ({ user, body, request, status }) => {
				requireSession(user);
				const { current_password: current, new_password: next, tokens = "revoke" } = body;
				const change = { current, next, keepsTokens: tokens === "keep" };
				await passwordChanges.change(user, change, platform.clientInfoOf(request));
				return status(204, undefined);
			},
			{
				permission: "access.manage",
				limit: "password",
				accepts: "json",
				body: Body(PasswordChange),
				response: { 204: Type.Void(), 403: Problem },
				detail: {
					operationId: "changePassword",
					summary: "Change your password, and sign out everywhere else",
					description:
						"Ends all other sessions, all reset links and, unless `tokens` is keep, all personal access tokens.",
				},
			},
		)
		.post(
			"/reset",
			async ({ body, request, status }) => {
				platform.limits.trustAddress(
					request,
					await passwordChanges.reset(body.token, body.new_password, platform.clientInfoOf(request)),
				);
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
		);

const sessionRoutes = (platform: Platform, { ownSessions }: Pick<Dependencies, "ownSessions">) =>
	new Elysia({ name: "auth.session.routes", prefix: "/auth", tags: ["auth"] })
		.use(platform.route)
		.get(
			"/sessions",
			async ({ user }) => ({
				items: (await ownSessions.ofUser(user)).map(presentSessionInfo(user.sessionId)),
				next_cursor: null,
			}),
			{
				permission: "access.manage",
				response: { 200: SessionInfoPage, 403: Problem },
				detail: { operationId: "getSessions", summary: "List your sessions, at most 50" },
			},
		)
		.delete(
			"/sessions",
			async ({ user, request, status }) => {
				requireSession(user);
				await ownSessions.endOthers(user, platform.clientInfoOf(request));
				return status(204, undefined);
			},
			{
				permission: "access.manage",
				response: { 204: Type.Void(), 403: Problem },
				detail: { operationId: "endOtherSessions", summary: "End all other sessions" },
			},
		)
		.delete(
			"/sessions/:id",
			async ({ user, params, request, status }) => {
				await ownSessions.end(user, params.id, platform.clientInfoOf(request));
				return status(204, undefined);
			},
			{
				permission: "access.manage",
				params: byId,
				response: { 204: Type.Void(), 403: Problem, 404: Problem },
				detail: { operationId: "endSession", summary: "End one of your sessions" },
			},
		);

const tokenRoutes = (platform: Platform, { personalTokens }: Pick<Dependencies, "personalTokens">) =>
	new Elysia({ name: "auth.token.routes", prefix: "/auth", tags: ["auth"] })
		.use(platform.route)
		.post(
			"/tokens",
			async ({ user, body, request, status }) => {
				requireSession(user);
				const token = {
					name: asName(body.name),
					scope: body.scopes.includes("write") ? ("write" as const) : ("read" as const),
					expiresAt: body.expires_at ? new Date(body.expires_at) : null,
				};
				const made = await personalTokens.create(user, token, platform.clientInfoOf(request));
				return status(201, { ...presentAccessToken(made), token: made.token });
			},
			{
				permission: "access.manage",
				accepts: "json",
				body: Body(NewAccessToken),
				response: { 201: MadeAccessToken, 403: Problem, 409: Problem },
				detail: { operationId: "createToken", summary: "Make a personal access token, for a script or a bot" },
			},
		)
		.get(
			"/tokens",
			async ({ user }) => ({ items: (await personalTokens.ofUser(user)).map(presentAccessToken), next_cursor: null }),
			{
				permission: "access.manage",
				response: { 200: AccessTokenPage, 403: Problem },
				detail: { operationId: "getTokens", summary: "List your personal access tokens, at most 50" },
			},
		)
		.delete(
			"/tokens/:id",
			async ({ user, params, request, status }) => {
				await personalTokens.remove(user, params.id, platform.clientInfoOf(request));
				return status(204, undefined);
			},
			{
				permission: "access.manage",
				params: byId,
				response: { 204: Type.Void(), 403: Problem, 404: Problem },
				detail: { operationId: "deleteToken", summary: "Revoke a personal access token at once" },
			},
		);
