import { swagger } from "@elysiajs/swagger";
import type { AnyElysia } from "elysia";
import { version } from "../../core/version";
import { client, type Document } from "./client";
import { type Collected, finish } from "./openapi";
import { portable } from "./portable";

export type ApiTexts = { openapi: string; client: string };

/**
 * Makes the texts of /openapi.json and /client.ts from the routes of an app. The build replaces this module by the texts, so
 * the executable has no generator.
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
			"A small social network: accounts, profiles, follows, posts, likes, comments, a personal feed and search.\n\n" +
			"Errors are problem details (RFC 9457) whose `code` is stable, but for those of OAuth2 under `/oauth`. Lists come in pages: pass `next_cursor` on as " +
			"`cursor`, or follow the `Link` header. Times are UTC, ids are UUIDs of version 7.\n\n" +
			"An unknown field of a body is an error, except in the forms of OAuth2. `null` clears every field that can be empty. " +
			"CR LF and CR in a text become LF.\n\n" +
			"What takes a picture takes JSON without one, or `multipart/form-data` with one or without. In a form an empty text " +
			"clears a field, and a file input without a file counts as left out. A post and a person have the URLs " +
			"of their pictures, which are for an `<img>` as they are. It cannot send a token, so those of a post that is not " +
			"public carry `?access=…`, signed for the caller: good for 30 to 60 minutes, then read the post again. " +
			"Whether that person may see the picture is asked again whenever it is fetched. Without `access`, an access token " +
			"in `Authorization` does as well.",
		license: { name: "MIT", identifier: "MIT" },
	},
	servers: [{ url: "/", description: "This server" }],
	externalDocs: { url: "/docs/handbook", description: "Handbook" },
	tags: [
		{ name: "auth", description: "Accounts and sessions" },
		{ name: "admin", description: "Accounts, for administrators" },
		{ name: "users", description: "People and whom they follow" },
		{ name: "posts", description: "Posts and search" },
		{ name: "pictures", description: "What posts and people show" },
		{ name: "likes", description: "Likes of posts" },
		{ name: "comments", description: "Comments on posts" },
		{ name: "trash", description: "What one deleted and can bring back" },
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

/** The exact document: every route that does not hide itself. */
async function documentOf(app: AnyElysia): Promise<Document> {
	// Never mounted: its own page would load scripts from other servers. It only collects the routes.
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
/** A route that refers to named schemas by their names, since the collector would forget the names. */
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

/** Every schema with a name, at any depth. */
function namedSchemas(given: unknown, found: Record<string, object> = {}): Record<string, object> {
	if (typeof given !== "object" || given === null) return found;
	if ("$id" in given && typeof given.$id === "string") found[given.$id] = given;
	for (const part of Object.values(given)) namedSchemas(part, found);
	return found;
}
