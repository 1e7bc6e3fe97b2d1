import { type Static, Type } from "@sinclair/typebox";
import { Text } from "../../http/text";
import type { SignedIn } from "../auth/service";
import { OAuthError } from "./errors";

/** Optional credentials of a client. */
const client = {
	client_id: Type.Optional(Type.String({ description: "Any name, or none: all clients are public." })),
	client_secret: Type.Optional(Type.String({ description: "Empty or absent" })),
};

/** One schema for all grants: `grant_type` decides which other fields are required. */
export const TokenRequest = Type.Object(
	{
		grant_type: Type.String({ description: "password or refresh_token" }),
		username: Type.Optional(
			Text({ maxLength: 254, description: "the username or the e-mail address, with the grant type password" }),
		),
		password: Type.Optional(
			Text({ maxLength: 256, pattern: null, description: "the password, with the grant type password" }),
		),
		refresh_token: Type.Optional(
			Type.String({ description: "The refresh_token of a session, with the grant type refresh_token" }),
		),
		scope: Type.Optional(
			Type.String({
				description: "The only scope is all. If you request another one, the response names all.",
			}),
		),
		...client,
	},
	{
		$id: "OAuthTokenRequest",
		examples: [{ grant_type: "password", username: "ada", password: "correct horse battery" }],
	},
);

export const Tokens = Type.Object(
	{
		access_token: Type.String({ description: "A JWT, for the Authorization header" }),
		token_type: Type.Literal("Bearer"),
		expires_in: Type.Integer({ description: "Lifetime of the access token in seconds" }),
		refresh_token: Type.String({ description: "Valid for one refresh" }),
		scope: Type.Optional(Type.Literal("all", { description: "The granted scope, if you requested one" })),
	},
	{
		$id: "OAuthTokens",
		description: "Tokens in the form of OAuth2 (RFC 6749, 5.1)",
		examples: [
			{
				access_token: "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiIuLi4ifQ.DyNbgThi9lqE5iDx5Commd5iO79LeMc8u",
				token_type: "Bearer",
				expires_in: 1800,
				refresh_token: "5Yov9I8TDhvWYrTSi9MuvWUODF9pkqKBWEuiFRHOM6s",
			},
		],
	},
);

export const Revocation = Type.Object(
	{
		token: Type.String({ description: "A refresh token, an access token or a personal access token" }),
		token_type_hint: Type.Optional(Type.String({ description: "Optional: the server detects the kind of token." })),
		...client,
	},
	{ $id: "OAuthRevocation", examples: [{ token: "5Yov9I8TDhvWYrTSi9MuvWUODF9pkqKBWEuiFRHOM6s" }] },
);

/** An empty value counts as left out (RFC 6749, 3.1). */
export function required(name: string, value: string | undefined): string {
	if (!value) throw new OAuthError("invalid_request", `${name}: Is required.`);
	return value;
}

/** RFC 6749, 3.3. */
const scopes = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/;

/** The scope to answer with. A server may ignore the requested scope, but must then name the granted one (RFC 6749, 3.3). */
export function grantedScope(asked: string | undefined): "all" | undefined {
	if (!asked) return undefined;
	if (!scopes.test(asked)) throw new OAuthError("invalid_scope", "The scope is malformed.");
	return "all";
}

export const presentTokens = (session: SignedIn, scope: "all" | undefined): Static<typeof Tokens> => ({
	access_token: session.accessToken,
	token_type: "Bearer",
	expires_in: session.expiresIn,
	refresh_token: session.refreshToken,
	...(scope && { scope }),
});
