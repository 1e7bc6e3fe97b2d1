// A project that imports the type of the app compiles this file, but not the whole folder.
/// <reference path="./assets.d.ts" />
import { type AnyElysia, Elysia } from "elysia";
import stylePath from "swagger-ui-dist/swagger-ui.css" with { type: "file" };
import scriptPath from "swagger-ui-dist/swagger-ui-bundle.js" with { type: "file" };
import page from "#src/http/docs/page.html" with { type: "text" };
// Swagger UI fills optional fields with examples, and sends the fields that the user empties. A new picture would change the
// title, and publish a private post. With this script optional fields start empty, and empty ones are not sent.
import start from "#src/http/docs/start.js" with { type: "text" };
import { version } from "../../core/version";
import { type Context, unchanging } from "../compress";
import type { Document } from "./client";
import type { Collected } from "./openapi";

/** The page loads, runs and reaches nothing but this server. It makes a blob of a picture that was fetched, to show it. */
const policy =
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

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

/** The OpenAPI document of an app, for other programs: every route that does not hide itself. */
export const openapi = async (app: AnyElysia) => forOthers(await exactly(app));

const forOthers = async (document: Document) => (await import("./portable")).portable(document);

async function exactly(app: AnyElysia): Promise<Document> {
	// Here and not above: it costs memory, and most servers are never asked for the document.
	const [{ swagger }, { finish }] = await Promise.all([import("@elysiajs/swagger"), import("./openapi")]);
	// Never mounted: its own page would load scripts from elsewhere. It only collects.
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

/** Every schema with a name, however deep it stands. */
function namedSchemas(given: unknown, found: Record<string, object> = {}): Record<string, object> {
	if (typeof given !== "object" || given === null) return found;
	if ("$id" in given && typeof given.$id === "string") found[given.$id] = given;
	for (const part of Object.values(given)) namedSchemas(part, found);
	return found;
}

/** Swagger UI, the document it shows and a client made from it, whole from the program itself. `app` is the finished app. */
export const docs = (app: () => AnyElysia) => {
	let built: ReturnType<typeof exactly> | undefined;
	const document = () => {
		built ??= exactly(app());
		return built;
	};
	let json: string | undefined;
	let source: string | undefined;
	const hidden = { detail: { hide: true } };
	const text = (load: () => Promise<string>, type: string) => {
		const headers = { "content-type": type };
		const compressed = unchanging(load, headers);
		return async ({ request, set }: Context) =>
			(await compressed({ request, set })) ?? new Response(await load(), { headers });
	};
	const asset = (path: string, type: string) => {
		const headers = { "content-type": type, "cache-control": "public, max-age=86400" };
		const compressed = unchanging(() => Bun.file(path).bytes(), headers);
		return async ({ request, set }: Context) =>
			(await compressed({ request, set })) ?? new Response(Bun.file(path), { headers });
	};

	return new Elysia({ name: "http.docs" })
		.get(
			"/openapi.json",
			text(async () => {
				json ??= JSON.stringify(await forOthers(await document()));
				return json;
			}, "application/json"),
			hidden,
		)
		.get(
			"/client.ts",
			// No type is registered for TypeScript, and the usual guess for .ts is a film. This one a browser shows.
			text(async () => {
				source ??= (await import("./client")).client(await document());
				return source;
			}, "text/plain; charset=utf-8"),
			hidden,
		)
		.get(
			"/docs",
			() =>
				new Response(page, {
					headers: {
						"content-type": "text/html; charset=utf-8",
						"content-security-policy": policy,
					},
				}),
			hidden,
		)
		.get("/docs/start.js", () => new Response(start, { headers: { "content-type": "text/javascript" } }), hidden)
		.get("/docs/swagger-ui.css", asset(stylePath, "text/css"), hidden)
		.get("/docs/swagger-ui-bundle.js", asset(scriptPath, "text/javascript"), hidden);
};
