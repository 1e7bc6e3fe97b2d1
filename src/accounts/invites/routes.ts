// A project that imports the type of the app compiles this file, but not the whole folder.
/// <reference path="./assets.d.ts" />
import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import style from "#src/accounts/invites/page.css" with { type: "text" };
import html from "#src/accounts/invites/page.html" with { type: "text" };
import script from "#src/accounts/invites/page.js" with { type: "text" };
import { Body } from "../../http/form";
import { PageQuery, pageRequest, presentPage } from "../../http/page";
import type { Platform } from "../../http/platform";
import { Problem } from "../../http/problem";
import { byInviteId, InvitePage, linkUrl, MadeInvite, NewInvite, presentInvite } from "./model";
import type { OneTimeLinks } from "./service";

export const inviteRoutes = (platform: Platform, { oneTimeLinks }: { oneTimeLinks: OneTimeLinks }) =>
	new Elysia({ name: "links.routes", prefix: "/invites", tags: ["auth"] })
		.use(platform.route)
		.post(
			"",
			async ({ user, body: { uses = 1, expires_in_days: days = 7 }, request, status }) => {
				const { token, link } = await oneTimeLinks.invite(user, { uses, days }, platform.clientInfoOf(request).address);
				return status(201, {
					...presentInvite(link),
					token,
					url: linkUrl(platform.publicUrlOf(request), "invite", token),
				});
			},
			{
				permission: "invitations.manage",
				accepts: "json",
				body: Body(NewInvite),
				response: { 201: MadeInvite, 403: Problem, 409: Problem },
				detail: { operationId: "createInvite", summary: "Make an invitation" },
			},
		)
		.get(
			"",
			async ({ user, query, request, set }) =>
				presentPage(await oneTimeLinks.invites(user, pageRequest(query)), presentInvite, { request, set }),
			{
				permission: "invitations.manage",
				query: PageQuery,
				response: { 200: InvitePage, 403: Problem },
				detail: { operationId: "getInvites", summary: "List your invitations; an administrator sees all" },
			},
		)
		.delete(
			"/:id",
			async ({ user, params, request, status }) => {
				await oneTimeLinks.removeInvite(user, params.id, platform.clientInfoOf(request).address);
				return status(204, undefined);
			},
			{
				permission: "invitations.manage",
				params: byInviteId,
				response: { 204: Type.Void(), 403: Problem, 404: Problem },
				detail: { operationId: "deleteInvite", summary: "End an invitation" },
			},
		);

const policy =
	"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; " +
	"form-action 'none'; frame-ancestors 'none'";

const hidden = { detail: { hide: true } };
const file =
	(body: string, type: string, headers = {}) =>
	() =>
		new Response(body, { headers: { "content-type": `${type}; charset=utf-8`, ...headers } });

/** The front end is the first origin that may call from a browser and is not on a developer's machine. */
const frontEndOf = (origins: string[]) =>
	origins.find((origin) => origin !== "*" && !/^(localhost|127\.|\[::1\])/.test(new URL(origin).hostname)) ?? null;

/** Shown after the form. */
function nextStep(frontEnd: string | null): string {
	if (frontEnd) return `<a href="${Bun.escapeHTML(frontEnd)}">Go to ${Bun.escapeHTML(new URL(frontEnd).host)}</a>`;
	return (
		"Use this account in any app that is made for this server. " +
		'Without one, you can sign in on <a href="/docs">the documentation page</a>.'
	);
}

/**
 * The page of one-time links, for servers whose front end has none. The token follows `#`, so the server gets it only
 * when the user submits the form.
 */
export function linkPage(corsOrigins: string[]) {
	const page = html.replace("{next}", () => nextStep(frontEndOf(corsOrigins)));
	return new Elysia({ name: "http.link" })
		.get("/link", file(page, "text/html", { "content-security-policy": policy }), hidden)
		.get("/link/start.js", file(script, "text/javascript"), hidden)
		.get("/link/style.css", file(style, "text/css"), hidden);
}
