import { expect, test } from "bun:test";
import { metrics } from "../../src/http/metrics";
import { type Person, testApp } from "../support/app";

const kinds = [
	"anonymous",
	"pending",
	"user",
	"user's read token",
	"user's write token",
	"admin",
	"admin's read token",
	"admin's write token",
	"suspended session",
	"suspended token",
	"invalid token",
] as const;
type Kind = (typeof kinds)[number];
/** `ok` is any other status: the caller was let in. */
type Outcome = "ok" | 401 | 403;

// biome-ignore format: a table
const outcomes = {
	//              anon. pending user  read  write admin read  write suspended  invalid
	open:         ["ok", "ok",  "ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok"],
	viewer:       ["ok",  403,  "ok", "ok", "ok", "ok", "ok", "ok",  401,  401,  401],
	account:      [ 401, "ok",  "ok", "ok", "ok", "ok", "ok", "ok",  401,  401,  401],
	read:         [ 401,  403,  "ok", "ok", "ok", "ok", "ok", "ok",  401,  401,  401],
	write:        [ 401,  403,  "ok",  403, "ok", "ok",  403, "ok",  401,  401,  401],
	session:      [ 401,  403,  "ok",  403,  403, "ok",  403,  403,  401,  401,  401],
	adminRead:    [ 401,  403,   403,  403,  403, "ok", "ok", "ok",  401,  401,  401],
	adminWrite:   [ 401,  403,   403,  403,  403, "ok",  403, "ok",  401,  401,  401],
	adminSession: [ 401,  403,   403,  403,  403, "ok",  403,  403,  401,  401,  401],
} satisfies Record<string, Outcome[]>;

/** Every route of the app. A route that is missing here fails the test. */
const access: Record<string, keyof typeof outcomes> = {
	"GET /": "open",
	"GET /livez": "open",
	"GET /readyz": "open",
	"GET /docs": "open",
	"GET /docs/handbook": "open",
	"GET /docs/handbook/:topic": "open",
	"GET /docs/handbook.css": "open",
	"GET /docs/start.js": "open",
	"GET /docs/swagger-ui.css": "open",
	"GET /docs/swagger-ui-bundle.js": "open",
	"GET /openapi.json": "open",
	"GET /client.ts": "open",
	"GET /metrics": "adminRead",
	"POST /auth/register": "open",
	"POST /auth/login": "open",
	"POST /auth/refresh": "open",
	"POST /auth/logout": "open",
	"POST /auth/reset": "open",
	"POST /auth/restore": "open",
	"GET /auth/me": "account",
	"POST /auth/password": "session",
	"GET /auth/sessions": "session",
	"DELETE /auth/sessions": "session",
	"DELETE /auth/sessions/:id": "session",
	"POST /auth/tokens": "session",
	"GET /auth/tokens": "session",
	"DELETE /auth/tokens/:id": "session",
	"POST /oauth/token": "open",
	"POST /oauth/revoke": "open",
	"GET /link": "open",
	"GET /link/start.js": "open",
	"GET /link/style.css": "open",
	"POST /invites": "session",
	"GET /invites": "session",
	"DELETE /invites/:id": "session",
	"GET /admin/users": "adminRead",
	"PATCH /admin/users/:username": "adminWrite", // `role` needs a session: see accounts.test.ts
	"DELETE /admin/users/:username": "adminSession",
	"POST /admin/users/:username/reset-link": "adminSession",
	"GET /admin/audit": "adminSession",
	"GET /admin/doctor": "adminSession",
	"GET /admin/backups": "adminSession",
	"POST /admin/backups": "adminSession",
	"GET /admin/backups/:name": "adminSession",
	"GET /admin/trash": "adminSession",
	"POST /admin/trash/:id/restore": "adminSession",
	"DELETE /admin/trash/:id": "adminSession",
	"GET /users": "viewer",
	"PATCH /users/me": "write",
	"DELETE /users/me": "session",
	"GET /users/me/export": "session",
	"GET /users/:username": "viewer",
	"GET /users/:username/posts": "viewer",
	"POST /users/:username/follow": "write",
	"DELETE /users/:username/follow": "write",
	"GET /users/:username/followers": "viewer",
	"GET /users/:username/following": "viewer",
	"POST /posts/": "write",
	"GET /posts/": "viewer",
	"GET /posts/:post_id": "viewer",
	"PATCH /posts/:post_id": "write",
	"DELETE /posts/:post_id": "write",
	"GET /tags": "viewer",
	"GET /tags/:tag": "viewer",
	"POST /likes/posts/:post_id/like": "write",
	"DELETE /likes/posts/:post_id/like": "write",
	"GET /likes/posts/:post_id/likes": "viewer",
	"POST /comments/posts/:post_id/comments": "write",
	"GET /comments/posts/:post_id/comments": "viewer",
	"DELETE /comments/:comment_id": "write",
	"GET /trash": "read",
	"POST /trash/:id/restore": "write",
	"DELETE /trash/:id": "write",
	"GET /feed/": "read",
	"GET /uploads/:name": "viewer",
};
const isOpen = (route: string) => ["open", "viewer"].includes(access[route] ?? "");

/** The app of the table, with an Authorization header for each kind of caller. */
async function everyKind() {
	const app = testApp({ registration: "approval", metrics: metrics() });
	const root = await app.asAdmin("moderator_1");
	const member = async (username: string, isApproved = true) => {
		const person = await app.as(username);
		if (isApproved) await root.patch(`/admin/users/${username}`, { state: "active" });
		return person;
	};
	const tokenOf = async (person: Person, scope: "read" | "write") =>
		(await person.post("/auth/tokens", { name: scope, scopes: [scope] })).body.token as string;
	const [user, pending, suspended] = [await member("user_1"), await member("user_2", false), await member("user_3")];
	const tokens: Record<Kind, string | null> = {
		anonymous: null,
		pending: pending.accessToken,
		user: user.accessToken,
		"user's read token": await tokenOf(user, "read"),
		"user's write token": await tokenOf(user, "write"),
		admin: root.accessToken,
		"admin's read token": await tokenOf(root, "read"),
		"admin's write token": await tokenOf(root, "write"),
		"suspended session": suspended.accessToken,
		"suspended token": await tokenOf(suspended, "write"),
		"invalid token": `mf_${"A".repeat(43)}`,
	};
	await root.patch("/admin/users/user_3", { state: "suspended" });
	const headers = (kind: Kind): Record<string, string> =>
		tokens[kind] === null ? {} : { authorization: `Bearer ${tokens[kind]}` };
	return { app, headers };
}

test("every route lets in the kinds of caller of the table, and no other", async () => {
	const { app, headers } = await everyKind();
	const routes = app.app.routes.map(({ method, path }) => `${method} ${path}`);
	expect(routes.toSorted()).toEqual(Object.keys(access).toSorted());
	for (const { method, path } of app.app.routes) {
		const route = `${method} ${path}`;
		for (const [i, kind] of kinds.entries()) {
			const { status, body } = await app.app.handle(
				new Request(`http://localhost${path.replace(/:\w+/g, "x")}`, {
					method,
					headers: { "content-type": "application/json", ...headers(kind) },
					body: method === "GET" ? undefined : "{}",
				}),
			);
			await body?.cancel();
			const expected: Outcome | undefined = outcomes[access[route] ?? "open"][i];
			const outcome = status === 401 || status === 403 ? status : "ok";
			expect([route, kind, outcome]).toEqual([route, kind, expected as Outcome]);
		}
	}
});

type Accepting = { "x-accepts": string[] };
const deep = "[".repeat(40) + "]".repeat(40);

test("the document says which calls need a session", async () => {
	const { body } = await testApp().anonymous.get("/openapi.json");
	for (const [route, kind] of Object.entries(access)) {
		const [method = "", path = ""] = route.split(" ");
		const operation = body.paths[path.replace(/:(\w+)/g, "{$1}")]?.[method.toLowerCase()];
		const says = operation?.description?.includes("Needs a session") ?? false;
		expect([route, says]).toEqual([route, ["session", "adminSession"].includes(kind)]);
	}
});

test("everywhere else a stranger is refused, before their body is read", async () => {
	const { app, request } = testApp();
	const headers = { "content-type": "application/json" };
	for (const { method, path } of app.routes) {
		const route = `${method} ${path}`;
		const reply = await request(method, path.replace(/:\w+/g, "x"), {
			headers,
			body: method === "GET" ? undefined : deep,
		});
		if (isOpen(route)) expect([route, reply.status]).not.toEqual([route, 401]);
		else expect([route, reply.status, reply.headers.has("www-authenticate")]).toEqual([route, 401, true]);
	}
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
