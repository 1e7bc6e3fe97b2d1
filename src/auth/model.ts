import { type Static, Type } from "@sinclair/typebox";
import { anything, notBlank, Text } from "../http/text";
import { displayName, email, username } from "../users/fields";
import { Me, presentAccount } from "../users/model";
import { passwordLength } from "./passwords";
import type { SignedIn } from "./service";

const password = Text({
	...passwordLength,
	pattern: anything,
	description: "8 to 256 characters, and not a common password",
	examples: ["correct horse battery"],
});

export const Registration = Type.Object(
	{
		username,
		email,
		password,
		display_name: Type.Optional(displayName),
	},
	{ $id: "Registration" },
);
export type Registration = Static<typeof Registration>;

export const Login = Type.Object(
	{
		username: Text({
			minLength: 1,
			maxLength: 254,
			description: "the username or the e-mail address",
			examples: ["ada"],
		}),
		password: Text({
			minLength: 1,
			maxLength: 256,
			pattern: anything,
			description: "the password",
			examples: ["correct horse battery"],
		}),
		grant_type: Type.Optional(
			Type.Literal("password", {
				description: "password, which OAuth2 clients send with the form",
			}),
		),
	},
	{ $id: "Login" },
);

const exampleToken = "5Yov9I8TDhvWYrTSi9MuvWUODF9pkqKBWEuiFRHOM6s";

const refreshToken = Text({
	minLength: 1,
	maxLength: 512,
	pattern: notBlank,
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
		expires_in: Type.Integer({ description: "Seconds the access token lives" }),
		refresh_token: Type.String({ description: "Good for one refresh", examples: [exampleToken] }),
		refresh_expires_in: Type.Integer({
			description: "Seconds the refresh token lives",
		}),
		user: Me,
	},
	{ $id: "Session", description: "Somebody signed in" },
);

export const presentSession = ({ account, ...session }: SignedIn): Static<typeof Session> => ({
	access_token: session.accessToken,
	token_type: "bearer",
	expires_in: session.expiresIn,
	refresh_token: session.refreshToken,
	refresh_expires_in: session.refreshExpiresIn,
	user: presentAccount(account),
});
