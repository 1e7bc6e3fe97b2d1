import { type Static, Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import type { AuthService, SignedIn } from "../auth/service";
import { body, json } from "../http/body";
import { failures, OAuthError, oauth } from "../http/oauth";
import { grantedScope, presentTokens, Revocation, required, TokenRequest, Tokens } from "./model";

/** What /auth does, for programs that know no more of a server than that it speaks OAuth2 (RFC 6749 and RFC 7009). */
export const oauthRoutes = ({ service }: { service: AuthService }) => {
	const grant = (request: Static<typeof TokenRequest>): Promise<SignedIn> => {
		switch (required("grant_type", request.grant_type)) {
			case "password":
				return service.signIn(required("username", request.username), required("password", request.password));
			case "refresh_token":
				return service.refresh(required("refresh_token", request.refresh_token));
			default:
				throw new OAuthError("unsupported_grant_type", "The grant type must be password or refresh_token.");
		}
	};

	return new Elysia({ name: "oauth.routes", prefix: "/oauth", tags: ["auth"] })
		.use(oauth)
		.use(body)
		.post(
			"/token",
			async ({ body }) => {
				const scope = grantedScope(body.scope); // before a session is opened, or a token spent
				return presentTokens(await grant(body), scope);
			},
			{
				oauth: true,
				accepts: "form",
				body: TokenRequest,
				response: { 200: Tokens, ...failures },
				detail: {
					operationId: "getTokens",
					summary: "Get tokens for a password or a refresh token, as OAuth2 clients do",
				},
			},
		)
		.post(
			"/revoke",
			async ({ body }) => {
				await service.revoke(required("token", body.token));
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
