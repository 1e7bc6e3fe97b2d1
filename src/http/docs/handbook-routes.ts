// A project that imports the type of the app compiles this file, but not the whole folder.
/// <reference path="./assets.d.ts" />
import { Elysia } from "elysia";
import style from "#src/http/docs/handbook.css" with { type: "text" };
import { notFound } from "../../core/errors";
import { topics } from "../../handbook/topics";
import { addVary, type Context, codingFor, unchanging } from "../compress";
import { revalidate } from "../etag";

/** The handbook loads only its style sheet from this server. */
const policy =
	"default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const headers = { "content-type": "text/html; charset=utf-8", "content-security-policy": policy };

/** Serves a page. The server renders it at its first request, since most servers never get one. */
function page(render: () => Promise<string>) {
	let rendered: Promise<string> | undefined;
	const load = () => {
		rendered ??= render();
		return rendered;
	};
	const compressed = unchanging(load, headers);
	return async ({ request, set }: Context): Promise<Response> => {
		const text = await load();
		if (!revalidate(request, set.headers, { text, isCompressed: codingFor(request) !== null }))
			return (await compressed({ request, set })) ?? new Response(text, { headers });
		addVary(set.headers, "Accept-Encoding");
		return new Response(null, { status: 304 });
	};
}

const renderer = () => import("./handbook");
const index = page(async () => (await renderer()).renderIndex());
const pages = new Map<string, ReturnType<typeof page>>(
	topics.map((topic) => [topic, page(async () => (await renderer()).renderTopic(topic))]),
);
const hidden = { detail: { hide: true } };

export const handbookRoutes = new Elysia({ name: "http.handbook" })
	.get("/docs/handbook", index, hidden)
	.get(
		"/docs/handbook/:topic",
		(context) => {
			const answer = pages.get(context.params.topic);
			if (!answer) throw notFound("page");
			return answer(context);
		},
		hidden,
	)
	.get("/docs/handbook.css", () => new Response(style, { headers: { "content-type": "text/css" } }), hidden);
