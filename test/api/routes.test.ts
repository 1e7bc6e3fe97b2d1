import { expect, test } from "bun:test";
import { testApp } from "../support/app";

/** Every route a stranger may call. One that is missing here has to answer 401. */
const open = new Set([
	"GET /",
	"GET /livez",
	"GET /readyz",
	"GET /docs",
	"GET /docs/start.js",
	"GET /docs/swagger-ui.css",
	"GET /docs/swagger-ui-bundle.js",
	"GET /openapi.json",
	"GET /client.ts",
	"POST /auth/register",
	"POST /auth/login",
	"POST /auth/refresh",
	"POST /auth/logout",
	"POST /oauth/token",
	"POST /oauth/revoke",
	"POST /auth/reset",
	"POST /auth/restore",
	"GET /link",
	"GET /link/start.js",
	"GET /link/style.css",
	"GET /users",
	"GET /users/:username",
	"GET /users/:username/posts",
	"GET /users/:username/followers",
	"GET /users/:username/following",
	"GET /posts/",
	"GET /posts/:post_id",
	"GET /tags",
	"GET /tags/:tag",
	"GET /likes/posts/:post_id/likes",
	"GET /comments/posts/:post_id/comments",
	"GET /uploads/:name",
]);

type Accepting = { "x-accepts": string[] };
const deep = "[".repeat(40) + "]".repeat(40);

test("everywhere else a stranger is refused, before their body is read", async () => {
	const { app, request } = testApp();
	const headers = { "content-type": "application/json" };
	for (const { method, path } of app.routes) {
		const route = `${method} ${path}`;
		const reply = await request(method, path.replace(/:\w+/g, "x"), {
			headers,
			body: method === "GET" ? undefined : deep,
		});
		if (open.has(route)) expect([route, reply.status]).not.toEqual([route, 401]);
		else expect([route, reply.status, reply.headers.has("www-authenticate")]).toEqual([route, 401, true]);
	}
	const routes = app.routes.map(({ method, path }) => `${method} ${path}`);
	expect([...open].filter((route) => !routes.includes(route))).toEqual([]);
});

test("a route that takes no body leaves it unread, whatever and however much it is", async () => {
	const { app, asAdmin } = testApp();
	const { accessToken } = await asAdmin("moderator_1");
	const without = app.routes.filter(({ method, hooks }) => method !== "GET" && !hooks.body);
	expect(without.length).toBeGreaterThan(4);
	for (const { method, path } of without)
		for (const type of [
			"application/json",
			"application/x-www-form-urlencoded",
			"multipart/form-data; boundary=x",
			"text/plain",
		]) {
			const headers = { authorization: `Bearer ${accessToken}`, "content-type": type };
			const request = new Request(`http://localhost${path.replace(/:\w+/g, "x")}`, { method, headers, body: deep });
			const { status } = await app.handle(request);
			// There are no sessions besides this one, and nothing to back up.
			const others: Record<string, number> = { "/auth/sessions": 204, "/admin/backups": 409 };
			const expected = others[path] ?? 404;
			expect([method, path, type, status, request.bodyUsed]).toEqual([method, path, type, expected, false]);
		}
});

test("every route with a body reads it through our own parser", async () => {
	const { app, asAdmin, request } = testApp();
	const { accessToken } = await asAdmin("moderator_1");
	const headers = { "content-type": "application/json", authorization: `Bearer ${accessToken}` };
	const withBody = app.routes.filter(({ hooks }) => hooks.body);
	expect(withBody.length).toBeGreaterThan(6);
	const accepts = (route: (typeof withBody)[number]) => (route.hooks.detail as Accepting)["x-accepts"];
	for (const route of withBody) {
		const { method, path } = route;
		const { status, body } = await request(method, path.replace(/:\w+/g, "x"), { headers, body: deep });
		const refused = accepts(route).includes("application/json")
			? { detail: "The body is nested deeper than 32 levels." }
			: { error_description: "The body must be application/x-www-form-urlencoded, in UTF-8 and not compressed." };
		expect([path, status, body]).toEqual([path, 400, expect.objectContaining(refused)]);
	}
});

test("a credential that does not hold is refused wherever one may be given", async () => {
	const { app, request } = testApp();
	for (const { method, path, hooks } of app.routes) {
		if (!hooks.detail?.security) continue;
		const reply = await request(method, path.replace(/:\w+/g, "x"), { headers: { authorization: "Bearer nonsense" } });
		expect([method, path, reply.status]).toEqual([method, path, 401]);
	}
});
