import { type Static, Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { json } from "../../http/body";
import type { Platform } from "../../http/platform";
import type { Context } from "../../http/rate-limit";
import type { AuthService, SignedIn } from "../auth/service";
import { failures, OAuthError, oauth } from "./errors";
import { grantedScope, presentTokens, Revocation, required, TokenRequest, Tokens } from "./model";

/** The calls of /auth for generic OAuth2 clients (RFC 6749 and RFC 7009). */
export const oauthRoutes = (platform: Platform, { auth }: { auth: AuthService }) => {
	const grant = async (asked: Static<typeof TokenRequest>, context: Context): Promise<SignedIn> => {
		const { request } = context;
		switch (required("grant_type", asked.grant_type)) {
			case "password": {
				const username = required("username", asked.username);
				const password = required("password", asked.password);
				return platform.limits.passwordAttempt(context, { login: username }, () =>
					auth.signIn(username, password, platform.clientInfoOf(request)),
				);
			}
			case "refresh_token": {
				const token = required("refresh_token", asked.refresh_token);
				platform.limits.spend(context, "refresh");
				const session = await auth.refresh(token, platform.clientInfoOf(request));
				platform.limits.trustAddress(request, session.account);
				return session;
			}
			default:
				throw new OAuthError("unsupported_grant_type", "The grant type must be password or refresh_token.");
		}
	};

	return new Elysia({ name: "oauth.routes", prefix: "/oauth", tags: ["auth"] })
		.use(platform.route)
		.use(oauth)
		.post(
			"/token",
			async ({ body, request, set }) => {
				const scope = grantedScope(body.scope); // before the server opens a session or replaces a token
				return presentTokens(await grant(body, { request, set }), scope);
			},
			{
				oauth: true,
				limit: "login",
				accepts: "form",
				body: TokenRequest,
				response: { 200: Tokens, ...failures },
				detail: {
					operationId: "grantTokens",
					summary: "Get tokens for a password or a refresh token, for OAuth2 clients",
				},
			},
		)
		.post(
			"/revoke",
			async ({ body, request }) => {
				await auth.revoke(required("token", body.token), platform.clientInfoOf(request));
				// Some clients read the type before they look for a body.
				return new Response(null, { headers: { "content-type": json } });
			},
			{
				oauth: true,
				accepts: "form",
				body: Revocation,
				response: { 200: Type.Void(), ...failures },
				detail: {
					operationId: "revokeToken",
					summary: "End the session of a token at once, for OAuth2 clients",
				},
			},
		);
};
