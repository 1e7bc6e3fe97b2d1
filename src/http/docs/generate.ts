import { swagger } from "@elysiajs/swagger";
import type { AnyElysia } from "elysia";
import { version } from "../../core/version";
import { client, type Document } from "./client";
import { type Collected, finish } from "./openapi";
import { portable } from "./portable";

export type ApiTexts = { openapi: string; client: string };

/**
 * Makes the texts of /openapi.json and /client.ts from the routes of an app. The build replaces this module with the texts,
 * so the executable contains no generator.
 */
export async function generate(app: AnyElysia): Promise<ApiTexts> {
	const document = await documentOf(app);
	return { openapi: JSON.stringify(portable(document)), client: client(document) };
}

const documentation = {
	info: {
		title: "Mini Social Feed",
		version,
		description:
			"A small social network: accounts, profiles, follows, posts, likes, comments, a personal feed and search. " +
			"The [handbook](/docs/handbook) explains how to install, operate and call the server.\n\n" +
			"Errors are problem details (RFC 9457) with a stable `code`, except under `/oauth`. Lists have pages: send `next_cursor` as " +
			"`cursor`, or follow the `Link` header. Times are UTC, and ids are UUIDs of version 7.\n\n" +
			"An unknown field of a body is an error, except in the forms of OAuth2. `null` clears a field that can be empty. " +
			"The server turns CR LF and CR in a text into LF.\n\n" +
			"Calls that take a picture accept JSON, or `multipart/form-data` with or without a picture. In a form an empty text " +
			"clears a field, and a file input without a file counts as left out. Posts and profiles have the URLs " +
			"of their pictures, ready for an `<img>`. An `<img>` cannot send a token, so the URL of a post that is not " +
			"public carries `?access=…`, signed for you. It is valid for 30 to 60 minutes; then read the post again. " +
			"The server checks at each fetch that you may see the picture. An access token in `Authorization` " +
			"works without `access`.",
		license: { name: "MIT", identifier: "MIT" },
	},
	servers: [{ url: "/", description: "This server" }],
	tags: [
		{ name: "auth", description: "Accounts and sessions" },
		{ name: "admin", description: "Accounts, for administrators" },
		{ name: "users", description: "Profiles and follows" },
		{ name: "posts", description: "Posts and search" },
		{ name: "pictures", description: "Pictures of posts and people" },
		{ name: "likes", description: "Likes of posts" },
		{ name: "comments", description: "Comments on posts" },
		{ name: "trash", description: "Deleted posts and comments that you can restore" },
		{ name: "feed", description: "The personal feed" },
		{ name: "system", description: "The server itself" },
	],
	components: {
		securitySchemes: {
			password: {
				type: "oauth2" as const,
				description: "Sign in here with username or e-mail address and password.",
				flows: {
					password: {
						tokenUrl: "/oauth/token",
						refreshUrl: "/oauth/token",
						scopes: {},
					},
				},
			},
			bearer: {
				type: "http" as const,
				scheme: "bearer",
				bearerFormat: "JWT",
				description: "Or paste an access_token.",
			},
		},
	},
};

/** The exact document, with every route that is not hidden. */
async function documentOf(app: AnyElysia): Promise<Document> {
	// Only collects the routes. Its own page stays unused, because it would load scripts from other servers.
	const collector = swagger({
		path: "/",
		specPath: "/json",
		documentation,
		excludeStaticFile: false,
	});
	Object.assign(collector, {
		getGlobalRoutes: () => app.routes.map(referring),
		getGlobalDefinitions: () => ({ type: namedSchemas(app.routes.map(({ hooks }) => [hooks.body, hooks.response])) }),
	});
	const collected = await collector.handle(new Request("http://localhost/json"));
	return finish((await collected.json()) as Collected) as Document;
}

type Named = { $id?: string };
/** Refers to named schemas by name, because the collector drops the names. */
function referring({ hooks, ...route }: AnyElysia["routes"][number]) {
	const nameOf = (schema: Named) => schema.$id ?? schema;
	const { body, response }: { body?: Named; response?: Record<string, Named> } = hooks;
	const named = {
		...(body && { body: nameOf(body) }),
		...(response && {
			response: Object.fromEntries(Object.entries(response).map(([status, schema]) => [status, nameOf(schema)])),
		}),
	};
	return { ...route, hooks: { ...hooks, ...named } };
}

/** Finds every named schema, at any depth. */
function namedSchemas(given: unknown, found: Record<string, object> = {}): Record<string, object> {
	if (typeof given !== "object" || given === null) return found;
	if ("$id" in given && typeof given.$id === "string") found[given.$id] = given;
	for (const part of Object.values(given)) namedSchemas(part, found);
	return found;
}
