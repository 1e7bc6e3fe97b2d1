import { beforeEach, describe, expect, test } from "bun:test";
import { operator } from "../../src/core/permissions";
import { type Client, type Person, type Reply, type TestApp, testApp } from "../support/app";
import { form as formOf, picture } from "../support/pictures";

// A request is verified, waits (for a hash, a picture, its body, another writer), and then writes. Here each write is held
// back until the rights that it was verified with have ended.

const newPassword = "staple battery horse";
const thief = "another fine battery";

let app: TestApp;
let root: Person;
let ada: Person;
beforeEach(async () => {
	app = testApp();
	root = await app.asAdmin("moderator_1");
	ada = await app.as("ada");
});

type Method = (...args: never[]) => Promise<unknown>;

/** Holds the next call of a store's method until `meanwhile` is done, and gives the answer to the request that made it. */
async function held<Store extends object>(
	store: Store,
	name: keyof Store,
	request: () => Promise<Reply>,
	meanwhile: () => Promise<unknown>,
): Promise<Reply> {
	const methods = store as Record<keyof Store, Method>;
	const original = methods[name];
	const [arrived, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
	methods[name] = async (...args) => {
		methods[name] = original;
		arrived.resolve();
		await released.promise;
		return original(...args);
	};
	const reply = request();
	await Promise.race([arrived.promise, reply.then(() => Promise.reject(new Error("Nothing was held.")))]);
	await meanwhile();
	released.resolve();
	return reply;
}

const login = (client: Client, password: string) => client.post("/auth/login", { username: "ada", password });
const form = { "content-type": "application/x-www-form-urlencoded" };
const grant = (client: Client, password: string) =>
	client.post("/oauth/token", String(new URLSearchParams({ grant_type: "password", username: "ada", password })), form);

const resetLink = async () => (await root.post("/admin/users/ada/reset-link")).body.token;
const reset = async () => {
	const reply = await app.anonymous.post("/auth/reset", { token: await resetLink(), new_password: newPassword });
	expect(reply.status).toBe(204);
};
const setPassword = () => app.accounts.admin.setPassword("ada", newPassword, operator);
const suspend = () => app.accounts.admin.suspend("ada", operator);
const sessionsOf = (id: string) => app.stores.sessions.ofUser(id, app.clock.now);
const actions = async () =>
	(await app.stores.audit.page({ user: "ada" }, { limit: 100 })).items.map(({ action }) => action);

describe.each([
	["a reset", reset],
	["the operator's new password", setPassword],
])("%s", (_, change) => {
	test("beats a sign-in that was already compared with the old password", async () => {
		const wrong = await login(app.anonymous, "not the password");
		const reply = await held(app.stores.sessions, "create", () => login(app.anonymous, ada.password), change);
		expect([reply.status, reply.body.code, reply.body.detail]).toEqual([401, "unauthenticated", wrong.body.detail]);
		expect(await sessionsOf(ada.id)).toEqual([]);
		expect((await actions())[0]).toBe("sign_in_failed");
		expect((await login(app.anonymous, newPassword)).status).toBe(200);
	});

	test("beats a grant of tokens", async () => {
		const reply = await held(app.stores.sessions, "create", () => grant(app.anonymous, ada.password), change);
		expect([reply.status, reply.body.error]).toEqual([400, "invalid_grant"]);
		expect(await sessionsOf(ada.id)).toEqual([]);
	});

	test("beats a change of the password", async () => {
		const request = () => ada.post("/auth/password", { current_password: ada.password, new_password: thief });
		expect((await held(app.stores.users, "update", request, change)).status).toBe(401);
		expect((await login(app.anonymous, thief)).status).toBe(401);
		expect((await login(app.anonymous, newPassword)).status).toBe(200);
	});

	test("beats a new personal access token", async () => {
		const request = () => ada.post("/auth/tokens", { name: "thief", scopes: ["write"] });
		expect((await held(app.stores.accessTokens, "create", request, change)).status).toBe(401);
		expect(await app.stores.accessTokens.ofUser(ada.id)).toEqual([]);
	});

	test("beats the deletion of the account", async () => {
		const request = () => ada.delete("/users/me", { password: ada.password });
		expect((await held(app.stores.users, "remove", request, change)).status).toBe(401);
		expect((await login(app.anonymous, newPassword)).status).toBe(200);
	});

	test("beats the ending of all other sessions", async () => {
		const opened = async () => {
			await change();
			await login(app.anonymous, newPassword);
		};
		expect((await held(app.stores.sessions, "endOthers", () => ada.delete("/auth/sessions"), opened)).status).toBe(401);
		expect(await sessionsOf(ada.id)).toHaveLength(1);
	});
});

test("the password alone decides over a deletion, should the session have survived", async () => {
	const change = () => app.stores.users.update(ada.id, { passwordHash: "another", updatedAt: app.clock.now }, kept);
	const kept = { keep: { sessionId: (await ada.get("/auth/sessions")).body.items[0].id, tokens: true } };
	const request = () => ada.delete("/users/me", { password: ada.password });
	const reply = await held(app.stores.users, "remove", request, change);
	expect([reply.status, reply.body.detail]).toEqual([401, "The password is wrong."]);
	expect((await ada.get("/auth/me")).status).toBe(200);
});

test("a session that was ended changes no password any more", async () => {
	const other = app.withToken((await login(app.anonymous, ada.password)).body.access_token);
	const request = () => ada.post("/auth/password", { current_password: ada.password, new_password: thief });
	expect((await held(app.stores.users, "update", request, () => other.delete("/auth/sessions"))).status).toBe(401);
	expect((await login(app.anonymous, thief)).status).toBe(401);
});

test("a change of the password ends a reset that is on its way", async () => {
	const token = await resetLink();
	const request = () => app.anonymous.post("/auth/reset", { token, new_password: thief });
	const change = () => ada.post("/auth/password", { current_password: ada.password, new_password: newPassword });
	expect((await held(app.stores.users, "reset", request, change)).status).toBe(410);
	expect((await login(app.anonymous, newPassword)).status).toBe(200);
});

test("who was suspended while the password was compared is told so", async () => {
	const reply = await held(app.stores.sessions, "create", () => login(app.anonymous, ada.password), suspend);
	expect([reply.status, reply.body.detail]).toEqual([403, "This account is suspended."]);
});

test("a registration opens no session when the password was reset before", async () => {
	const registration = { username: "bob", email: "bob@example.com", password: ada.password };
	const request = () => app.anonymous.post("/auth/register", registration);
	const change = () => app.accounts.admin.setPassword("bob", newPassword, operator);
	expect((await held(app.stores.sessions, "create", request, change)).status).toBe(401);
});

test("an account that came back, got another password and was deleted again stays deleted", async () => {
	await ada.delete("/users/me", { password: ada.password });
	const restore = (password: string) => app.anonymous.post("/auth/restore", { username: "ada", password });
	const change = async () => {
		await app.stores.trash.restore(ada.id, { since: new Date(0) });
		await setPassword();
		const { body } = await login(app.anonymous, newPassword);
		await app.withToken(body.access_token).delete("/users/me", { password: newPassword });
	};
	expect((await held(app.stores.trash, "restore", () => restore(ada.password), change)).status).toBe(401);
	expect(await app.stores.users.accountById(ada.id)).toBeNull();
	const reply = await held(
		app.stores.sessions,
		"create",
		() => restore(newPassword),
		() => app.accounts.admin.setPassword("ada", thief, operator),
	);
	expect(reply.status).toBe(401);
	expect(await sessionsOf(ada.id)).toEqual([]);
});

test("a name that has become another account's is not given the operator's password, nor deleted", async () => {
	const asked = await app.accounts.byLogin("ada");
	await app.accounts.admin.remove("ada", operator);
	const other = await app.as("ada");
	const gone = { code: "not_found" };
	expect(app.accounts.admin.setPassword("ada", newPassword, operator, asked)).rejects.toMatchObject(gone);
	expect(app.accounts.admin.remove("ada", operator, { same: asked })).rejects.toMatchObject(gone);
	expect((await other.get("/auth/me")).status).toBe(200);
});

describe("an administrator who lost the role meanwhile", () => {
	const demote = () => app.accounts.admin.setRole("moderator_2", "user", operator);
	const signOut = () => app.anonymous.post("/auth/logout", { refresh_token: second.refreshToken });
	let second: Person;
	beforeEach(async () => {
		second = await app.asAdmin("moderator_2");
	});

	const acts: [string, () => [object, string], () => Promise<Reply>][] = [
		[
			"suspends nobody",
			() => [app.stores.users, "update"],
			() => second.patch("/admin/users/ada", { state: "suspended" }),
		],
		[
			"makes no administrator",
			() => [app.stores.users, "update"],
			() => second.patch("/admin/users/ada", { role: "admin" }),
		],
		["deletes nobody", () => [app.stores.users, "remove"], () => second.delete("/admin/users/ada")],
		["makes no reset link", () => [app.stores.links, "create"], () => second.post("/admin/users/ada/reset-link")],
		["invites nobody", () => [app.stores.links, "create"], () => second.post("/invites", {})],
	];
	test.each(acts)("%s", async (_, where, act) => {
		const [store, method] = where() as [Record<string, unknown>, string];
		expect((await held(store, method, act, signOut)).status).toBe(401);
		const { body } = await app.anonymous.post("/auth/login", { username: "moderator_2", password: second.password });
		second = { ...second, ...app.withToken(body.access_token) };
		expect((await held(store, method, act, demote)).status).toBe(403);
		expect(await app.stores.users.accountById(ada.id)).toMatchObject({ role: "user", suspendedAt: null });
		expect((await root.get("/invites")).body.items).toEqual([]);
	});
	test("ends no invitation, and deletes no comment, of others", async () => {
		const { id } = (await ada.post("/invites", {})).body;
		const post = (await ada.post("/posts/", { content: "Hello" })).body.id;
		const comment = (await ada.post(`/comments/posts/${post}/comments`, { content: "Well" })).body.id;
		const end = () => second.delete(`/invites/${id}`);
		expect((await held(app.stores.links, "remove", end, demote)).status).toBe(403);
		await app.accounts.admin.setRole("moderator_2", "admin", operator);
		const remove = () => second.delete(`/comments/${comment}`);
		expect((await held(app.stores.comments, "remove", remove, demote)).status).toBe(403);
		expect((await ada.get("/invites")).body.items).toHaveLength(1);
		expect((await ada.get(`/comments/posts/${post}/comments`)).body.items).toHaveLength(1);
	});
});

test("a personal access token that was revoked approves nobody", async () => {
	const { id, token } = (await root.post("/auth/tokens", { name: "approver", scopes: ["write"] })).body;
	const act = () => app.withToken(token).patch("/admin/users/ada", { state: "suspended" });
	const revoke = () => root.delete(`/auth/tokens/${id}`);
	expect((await held(app.stores.users, "update", act, revoke)).status).toBe(401);
	expect((await ada.get("/auth/me")).status).toBe(200);
});

test("whose session ended meanwhile writes nothing more with it", async () => {
	const { id } = (await ada.post("/posts/", { content: "Mine" })).body;
	const { id: deleted } = (await ada.post("/posts/", { content: "Deleted" })).body;
	await ada.delete(`/posts/${deleted}`);
	const { posts, comments, trash } = app.stores;
	const writes: [object, string, () => Promise<Reply>][] = [
		[posts, "create", () => ada.post("/posts/", { content: "spam" })],
		[posts, "change", () => ada.patch(`/posts/${id}`, { content: "spam" })],
		[posts, "remove", () => ada.delete(`/posts/${id}`)],
		[comments, "create", () => ada.post(`/comments/posts/${id}/comments`, { content: "spam" })],
		[trash, "restore", () => ada.post(`/trash/${deleted}/restore`)],
		[trash, "remove", () => ada.delete(`/trash/${deleted}`)],
	];
	for (const [store, method, write] of writes) {
		ada = { ...ada, ...app.withToken((await login(app.anonymous, ada.password)).body.access_token) };
		const endAll = async () => {
			for (const session of await sessionsOf(ada.id)) await app.stores.sessions.end(ada.id, session.id);
		};
		const reply = await held(store as Record<string, unknown>, method, write, endAll);
		expect([method, reply.status]).toEqual([method, 401]);
	}
	expect((await app.anonymous.get(`/posts/${id}`)).body).toMatchObject({ content: "Mine", comment_count: 0 });
});

test("who was suspended meanwhile writes nothing", async () => {
	const bob = await app.as("bob");
	const { id } = (await bob.post("/posts/", { content: "Hello" })).body;
	const own = (await ada.post("/posts/", { content: "Mine" })).body;
	const avatar = formOf({ avatar: await picture() });
	const { posts, likes, comments, follows, users } = app.stores;
	const writes: [object, string, () => Promise<Reply>][] = [
		[posts, "create", () => ada.post("/posts/", { content: "spam" })],
		[likes, "add", () => ada.post(`/likes/posts/${id}/like`)],
		[likes, "remove", () => ada.delete(`/likes/posts/${id}/like`)],
		[comments, "create", () => ada.post(`/comments/posts/${id}/comments`, { content: "spam" })],
		[follows, "add", () => ada.post("/users/bob/follow")],
		[follows, "remove", () => ada.delete("/users/bob/follow")],
		[users, "changeProfile", () => ada.patch("/users/me", avatar)],
		[posts, "change", () => ada.patch(`/posts/${own.id}`, { content: "spam" })],
	];
	for (const [store, method, write] of writes) {
		ada = { ...ada, ...app.withToken((await login(app.anonymous, ada.password)).body.access_token) };
		const reply = await held(store as Record<string, unknown>, method, write, suspend);
		expect([method, reply.status, reply.body.code]).toEqual([method, 401, "unauthenticated"]);
		await app.accounts.admin.restore("ada", operator);
	}
	expect((await bob.get(`/posts/${id}`)).body).toMatchObject({ like_count: 0, comment_count: 0 });
	expect((await bob.get("/users/ada")).body).toMatchObject({ posts_count: 1, avatar_url: null });
	expect((await bob.get(`/posts/${own.id}`)).body).toMatchObject({ content: "Mine", edited_at: null });
	expect((await bob.get("/users/bob")).body.followers_count).toBe(0);
});
