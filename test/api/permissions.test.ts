import { expect, test } from "bun:test";
import type { Role } from "../../src/core/caller";
import { operator, type Permission, permissions, ruleOf } from "../../src/core/permissions";
import { type Client, testApp } from "../support/app";

/** The permission of every route: "open" identifies no caller, "viewer" also lets anonymous clients in. */
const routes: Record<string, Permission | "open" | "viewer"> = {
	"GET /": "open",
	"GET /livez": "open",
	"GET /readyz": "open",
	"GET /openapi.json": "open",
	"GET /client.ts": "open",
	"GET /docs": "open",
	"GET /docs/start.js": "open",
	"GET /docs/swagger-ui.css": "open",
	"GET /docs/swagger-ui-bundle.js": "open",
	"GET /link": "open",
	"GET /link/start.js": "open",
	"GET /link/style.css": "open",
	"POST /auth/register": "open",
	"POST /auth/login": "open",
	"POST /auth/refresh": "open",
	"POST /auth/logout": "open",
	"POST /auth/reset": "open",
	"POST /auth/restore": "open",
	"POST /oauth/token": "open",
	"POST /oauth/revoke": "open",

	"GET /users": "viewer",
	"GET /users/:username": "viewer",
	"GET /users/:username/posts": "viewer",
	"GET /users/:username/followers": "viewer",
	"GET /users/:username/following": "viewer",
	"GET /posts/": "viewer",
	"GET /posts/:post_id": "viewer",
	"GET /likes/posts/:post_id/likes": "viewer",
	"GET /comments/posts/:post_id/comments": "viewer",
	"GET /tags": "viewer",
	"GET /tags/:tag": "viewer",
	"GET /uploads/:name": "viewer",

	"GET /auth/me": "account.read",
	"DELETE /users/me": "account.delete",
	"GET /users/me/export": "account.export",
	"POST /auth/password": "access.manage",
	"GET /auth/sessions": "access.manage",
	"DELETE /auth/sessions": "access.manage",
	"DELETE /auth/sessions/:id": "access.manage",
	"GET /auth/tokens": "access.manage",
	"POST /auth/tokens": "access.manage",
	"DELETE /auth/tokens/:id": "access.manage",
	"GET /invites": "invitations.manage",
	"POST /invites": "invitations.manage",
	"DELETE /invites/:id": "invitations.manage",

	"PATCH /users/me": "participate",
	"GET /feed/": "participate",
	"POST /posts/": "participate",
	"PATCH /posts/:post_id": "posts.edit",
	"DELETE /posts/:post_id": "posts.delete",
	"POST /comments/posts/:post_id/comments": "participate",
	"DELETE /comments/:comment_id": "comments.delete",
	"POST /likes/posts/:post_id/like": "participate",
	"DELETE /likes/posts/:post_id/like": "participate",
	"POST /users/:username/follow": "participate",
	"DELETE /users/:username/follow": "participate",
	"GET /trash": "participate",
	"POST /trash/:id/restore": "participate",
	"DELETE /trash/:id": "participate",

	"GET /admin/users": "accounts.manage",
	"PATCH /admin/users/:username": "accounts.manage",
	"DELETE /admin/users/:username": "accounts.control",
	"POST /admin/users/:username/reset-link": "accounts.control",
	"GET /admin/audit": "audit.read",
	"GET /admin/trash": "trash.manage",
	"POST /admin/trash/:id/restore": "trash.manage",
	"DELETE /admin/trash/:id": "trash.manage",
	"GET /admin/backups": "backups.manage",
	"POST /admin/backups": "backups.manage",
	"GET /admin/backups/:name": "backups.manage",
	"GET /admin/doctor": "doctor.run",
};

type Credential = "session" | "read token" | "write token";
type Kind = { name: string; client: Client; role?: Role; isPending?: boolean; credential?: Credential };

const app = testApp({ registration: "approval" });

async function callers(): Promise<Kind[]> {
	const pending = await app.as("pending");
	const root = await app.asAdmin("root");
	const member = await app.as("member");
	await app.accounts.admin.update("member", { state: "active" }, operator);
	const kinds: Kind[] = [
		{ name: "anonymous", client: app.anonymous },
		{ name: "pending", client: pending, role: "user", isPending: true, credential: "session" },
	];
	for (const [role, person] of [["user", member] as const, ["admin", root] as const]) {
		kinds.push({ name: `${role}, session`, client: person, role, credential: "session" });
		for (const scope of ["read", "write"] as const) {
			const { body } = await person.post("/auth/tokens", { name: scope, scopes: [scope] });
			kinds.push({ name: `${role}, ${scope}`, client: app.withToken(body.token), role, credential: `${scope} token` });
		}
	}
	return kinds;
}

/** The refusal that the table demands; null lets the call through. */
function refusal(permission: Permission | "open" | "viewer", method: string, caller: Kind): 401 | 403 | null {
	if (permission === "open") return null;
	const { role, isPending, credential } = caller;
	if (permission === "viewer") return isPending ? 403 : null;
	if (role === undefined) return 401;
	const { session, pending, ...reach } = ruleOf(permission);
	if (isPending && !pending) return 403;
	if (session && credential !== "session") return 403;
	if (credential === "read token" && method !== "GET") return 403;
	return reach[role] === "none" ? 403 : null;
}

test("every route admits the callers of its permission, and no others", async () => {
	expect(app.app.routes.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(Object.keys(routes).sort());
	const wrong: string[] = [];
	for (const caller of await callers())
		for (const [route, permission] of Object.entries(routes)) {
			const [method = "", pattern = ""] = route.split(" ");
			const path = pattern.replace(":username", "nobody").replace(/:\w+/, "019b76f5-1d4e-7000-8b63-4f6f1a2b3c4d");
			const send = caller.client[method.toLowerCase() as "get" | "post" | "patch" | "delete"];
			const { status } = await send(path);
			const expected = refusal(permission, method, caller);
			const actual = status === 401 || status === 403 ? status : null;
			if (actual !== expected)
				wrong.push(`${route} as ${caller.name}: ${status}, expected ${expected ?? "neither 401 nor 403"}`);
		}
	expect(wrong).toEqual([]);
});

test("administrators need a session for every call that gives away an account or the data of others", () => {
	const admins = Object.entries(permissions).filter(([, rule]) => rule.user === "none");
	expect(admins.map(([name]) => [name, ruleOf(name as Permission).session ?? false])).toEqual([
		["accounts.manage", false],
		["accounts.control", true],
		["audit.read", true],
		["trash.manage", true],
		["backups.manage", true],
		["doctor.run", true],
	]);
});

test("a role needs accounts.control beside accounts.manage", async () => {
	const root = await app.asAdmin("root_2");
	await app.as("new_member");
	const { body } = await root.post("/auth/tokens", { name: "script", scopes: ["write"] });
	const script = app.withToken(body.token);
	expect((await script.patch("/admin/users/new_member", { role: "admin" })).status).toBe(403);
	expect((await script.patch("/admin/users/new_member", { state: "active" })).status).toBe(200);
	expect((await root.patch("/admin/users/new_member", { role: "admin" })).body.role).toBe("admin");
});
