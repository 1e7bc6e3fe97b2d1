import { type Static, Type } from "@sinclair/typebox";
import { PageOf } from "../../http/page";
import { clearable, Id, nullable, ResponseSchema, Time } from "../../http/schema";
import { Instant, PathText, ShownText, Text } from "../../http/text";
import { displayName, email, username } from "../users/fields";
import { Me, presentAccount } from "../users/model";
import { passwordLength } from "../users/passwords";
import type { SignedIn } from "./service";
import type { AccessToken as AccessTokenOf, Session as OwnSession } from "./store";

const exampleToken = "5Yov9I8TDhvWYrTSi9MuvWUODF9pkqKBWEuiFRHOM6s";

const password = Text({
	...passwordLength,
	pattern: null,
	description: "8 to 256 characters, and not easy to guess",
	examples: ["correct horse battery"],
});

export const Registration = Type.Object(
	{
		username,
		email,
		password,
		display_name: clearable(displayName),
		invite: Type.Optional(
			Text({ minLength: 1, maxLength: 512, description: "the token of an invitation", examples: [exampleToken] }),
		),
	},
	{
		$id: "Registration",
		// Without an invitation: an open instance needs none.
		examples: [
			{
				username: "ada",
				email: "ada@example.com",
				password: "correct horse battery",
				display_name: "Ada Lovelace",
			},
		],
	},
);
export type Registration = Static<typeof Registration>;

const credentials = {
	username: Text({
		minLength: 1,
		maxLength: 254,
		description: "the username or the e-mail address",
		examples: ["ada"],
	}),
	password: Text({
		minLength: 1,
		maxLength: 256,
		pattern: null,
		description: "the password",
		examples: ["correct horse battery"],
	}),
};

export const Login = Type.Object(
	{
		...credentials,
		grant_type: Type.Optional(
			Type.Literal("password", {
				description: "password, which OAuth2 clients send with the form",
			}),
		),
	},
	{ $id: "Login" },
);

export const AccountRestoration = Type.Object(credentials, { $id: "AccountRestoration" });

const refreshToken = ShownText({
	maxLength: 512,
	description: "the refresh_token of a session",
	examples: [exampleToken],
});

export const Refresh = Type.Object(
	{
		refresh_token: refreshToken,
		grant_type: Type.Optional(
			Type.Literal("refresh_token", {
				description: "refresh_token, which OAuth2 clients send with the form",
			}),
		),
	},
	{ $id: "Refresh" },
);

export const Logout = Type.Object({ refresh_token: refreshToken }, { $id: "Logout" });

export const Session = Type.Object(
	{
		access_token: Type.String({
			description: "A JWT, for the Authorization header",
			examples: ["eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiIuLi4ifQ.DyNbgThi9lqE5iDx5Commd5iO79LeMc8u"],
		}),
		token_type: Type.Literal("bearer"),
		expires_in: Type.Integer({ description: "Lifetime of the access token in seconds" }),
		refresh_token: Type.String({ description: "Valid for one refresh", examples: [exampleToken] }),
		refresh_expires_in: Type.Integer({
			description: "Lifetime of the refresh token in seconds",
		}),
		user: Me,
	},
	{ $id: "Session", description: "A session: its tokens and its account" },
);

const currentPassword = Text({
	minLength: 1,
	maxLength: 256,
	pattern: null,
	description: "the current password",
	examples: ["correct horse battery"],
});
export const PasswordChange = Type.Object(
	{
		current_password: currentPassword,
		new_password: password,
		tokens: Type.Optional(
			Type.Union([Type.Literal("keep"), Type.Literal("revoke")], {
				description: "revoke ends your personal access tokens; keep leaves them",
				default: "revoke",
			}),
		),
	},
	{ $id: "PasswordChange" },
);

export const PasswordReset = Type.Object(
	{
		token: Text({ minLength: 1, maxLength: 512, description: "the token of a reset link", examples: [exampleToken] }),
		new_password: password,
	},
	{ $id: "PasswordReset" },
);

export const SessionInfo = ResponseSchema(
	{
		id: Id,
		device: Type.String({
			description: "From the User-Agent; empty when unknown",
			examples: ["Firefox on Linux"],
		}),
		address: Type.String({ description: "The network of the client that opened it", examples: ["203.0.113.0/24"] }),
		created_at: Time,
		last_used_at: Type.String({ ...Time, description: "Accurate to 15 minutes" }),
		expires_at: Time,
		current: Type.Boolean({ description: "True for the session of this request" }),
	},
	{ $id: "SessionInfo", description: "An active session" },
);
export const SessionInfoPage = PageOf(SessionInfo);

export const presentSessionInfo =
	(current: string | null) =>
	({ id, device, address, createdAt, usedAt, expiresAt }: OwnSession): Static<typeof SessionInfo> => ({
		id,
		device,
		address,
		created_at: createdAt.toISOString(),
		last_used_at: usedAt.toISOString(),
		expires_at: expiresAt.toISOString(),
		current: id === current,
	});

const scope = Type.Union([Type.Literal("read"), Type.Literal("write")], {
	description:
		"read: everything that you may see; write: everything that you may do. Calls that need a session refuse both",
});
export const NewAccessToken = Type.Object(
	{
		name: ShownText({
			maxLength: 50,
			description: "1 to 50 characters that are not all white space or invisible",
			examples: ["weather bot"],
		}),
		scopes: Type.Array(scope, {
			minItems: 1,
			maxItems: 2,
			description: "a list of read and write; write includes read",
		}),
		expires_at: clearable(Instant({ description: "a time in the future, such as 2030-01-02T03:04:05Z" })),
	},
	{ $id: "NewAccessToken" },
);
const accessToken = {
	id: Id,
	name: Type.String({ examples: ["weather bot"] }),
	scopes: Type.Array(scope),
	created_at: Time,
	expires_at: nullable(Time),
	last_used_at: nullable(Time),
};
export const AccessToken = ResponseSchema(accessToken, { $id: "AccessToken", description: "A personal access token" });
export const AccessTokenPage = PageOf(AccessToken);
export const MadeAccessToken = ResponseSchema(
	{
		...accessToken,
		token: Type.String({ description: "Only this response contains it", examples: [`mf_${exampleToken}`] }),
	},
	{ $id: "MadeAccessToken" },
);

export const presentAccessToken = (token: AccessTokenOf): Static<typeof AccessToken> => ({
	id: token.id,
	name: token.name,
	scopes: token.scope === "write" ? ["read", "write"] : ["read"],
	created_at: token.createdAt.toISOString(),
	expires_at: token.expiresAt?.toISOString() ?? null,
	last_used_at: token.usedAt?.toISOString() ?? null,
});

export const byId = Type.Object({ id: PathText(Id) });

export const presentSession = ({ account, ...session }: SignedIn): Static<typeof Session> => ({
	access_token: session.accessToken,
	token_type: "bearer",
	expires_in: session.expiresIn,
	refresh_token: session.refreshToken,
	refresh_expires_in: session.refreshExpiresIn,
	user: presentAccount(account),
});
