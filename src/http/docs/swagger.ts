// A project that imports the type of the app compiles this file, but not the whole folder.
/// <reference path="./assets.d.ts" />
import { type AnyElysia, Elysia } from "elysia";
import stylePath from "swagger-ui-dist/swagger-ui.css" with { type: "file" };
import scriptPath from "swagger-ui-dist/swagger-ui-bundle.js" with { type: "file" };
import page from "#src/http/docs/page.html" with { type: "text" };
// Swagger UI fills optional fields with examples, and sends emptied fields. A new picture would then also change the title
// and publish a private post. With this script optional fields start empty, and empty ones are not sent.
import start from "#src/http/docs/start.js" with { type: "text" };
import { type Context, unchanging } from "../compress";
import type { ApiTexts } from "./generate";
import { handbookRoutes } from "./handbook-routes";

/** The page loads scripts and data only from this server. It shows a fetched picture as a blob. */
const policy =
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Swagger UI, its OpenAPI document, a client and the handbook, without other servers. `app` returns the finished app. */
export const docs = (app: () => AnyElysia) => {
	let generated: Promise<ApiTexts> | undefined;
	const texts = () => {
		// Generated at the first request, to save memory on servers that never get one.
		generated ??= import("./generate").then(({ generate }) => generate(app()));
		return generated;
	};
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
		.use(handbookRoutes)
		.get(
			"/openapi.json",
			text(async () => (await texts()).openapi, "application/json"),
			hidden,
		)
		.get(
			"/client.ts",
			// TypeScript has no registered media type, and .ts is usually a video. Browsers display plain text.
			text(async () => (await texts()).client, "text/plain; charset=utf-8"),
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
