import { type Static, Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import type { AuthService, SignedIn } from "../auth/service";
import type { Origin } from "../auth/store";
import { body, json } from "../http/body";
import { failures, OAuthError, oauth } from "../http/oauth";
import type { OriginOf } from "../http/origin";
import { grantedScope, presentTokens, Revocation, required, TokenRequest, Tokens } from "./model";

/** What /auth does, for programs that know no more of a server than that it speaks OAuth2 (RFC 6749 and RFC 7009). */
export const oauthRoutes = ({ service, originOf }: { service: AuthService; originOf: OriginOf }) => {
	const grant = (asked: Static<typeof TokenRequest>, origin: Origin): Promise<SignedIn> => {
		switch (required("grant_type", asked.grant_type)) {
			case "password":
				return service.signIn(required("username", asked.username), required("password", asked.password), origin);
			case "refresh_token":
				return service.refresh(required("refresh_token", asked.refresh_token), origin);
			default:
				throw new OAuthError("unsupported_grant_type", "The grant type must be password or refresh_token.");
		}
	};

	return new Elysia({ name: "oauth.routes", prefix: "/oauth", tags: ["auth"] })
		.use(oauth)
		.use(body)
		.post(
			"/token",
			async ({ body, request }) => {
				const scope = grantedScope(body.scope); // before a session is opened, or a token spent
				return presentTokens(await grant(body, originOf(request)), scope);
			},
			{
				oauth: true,
				accepts: "form",
				body: TokenRequest,
				response: { 200: Tokens, ...failures },
				detail: {
					operationId: "grantTokens",
					summary: "Get tokens for a password or a refresh token, as OAuth2 clients do",
				},
			},
		)
		.post(
			"/revoke",
			async ({ body, request }) => {
				await service.revoke(required("token", body.token), originOf(request));
				// A type although there is nothing: some clients look at it before they look for a body.
				return new Response(null, { headers: { "content-type": json } });
			},
			{
				oauth: true,
				accepts: "form",
				body: Revocation,
				response: { 200: Type.Void(), ...failures },
				detail: {
					operationId: "revokeToken",
					summary: "End the session of a token at once, as OAuth2 clients do",
				},
			},
		);
};
