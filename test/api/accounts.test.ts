import { expect, spyOn, test } from "bun:test";
import { operator } from "../../src/core/permissions";
import { type Client, type Reply, type TestApp, testApp } from "../support/app";
import { picture, form as pictureForm } from "../support/pictures";

const newPassword = "staple battery horse";
const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const safari =
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";

const login = (client: Client, username: string, password: string, userAgent = "curl/8.5.0") =>
	client.post("/auth/login", { username, password }, { "user-agent": userAgent });
const registration = (username: string, more = {}) => ({
	username,
	email: `${username}@example.com`,
	password: "correct horse battery",
	...more,
});
const wait = (app: TestApp, milliseconds: number) => {
	app.clock.now = new Date(app.clock.now.getTime() + milliseconds);
};
const events = async (app: TestApp, filter = {}) =>
	(await app.stores.audit.page(filter, { limit: 100 })).items.map(({ action, actor, subject }) => [
		action,
		actor,
		subject,
	]);

test("one's sessions tell what and where they are, and which one asks", async () => {
	const app = testApp();
	const ada = await app.as("ada");
	wait(app, 60_000);
	const phone = (await login(app.anonymous, "ada", ada.password, safari)).body;
	wait(app, 60_000);
	await login(app.anonymous, "ada@example.com", ada.password, firefox);
	const { status, body } = await app.withToken(phone.access_token).get("/auth/sessions");

	expect([status, body.next_cursor]).toEqual([200, null]);
	expect(body.items.map(({ device, current }: Reply["body"]) => [device, current])).toEqual([
		["Firefox on Linux", false],
		["Safari on iPhone", true],
		["", false],
	]);
	expect(body.items[1]).toMatchObject({
		created_at: "2026-01-02T03:05:05.678Z",
		last_used_at: "2026-01-02T03:05:05.678Z",
		expires_at: "2026-01-09T03:05:05.678Z",
	});
	expect((await app.anonymous.get("/auth/sessions")).status).toBe(401);
});

test("a session is noted as used to a quarter of an hour, and by a refresh", async () => {
	const app = testApp();
	const ada = await app.as("ada");
	const lastUsed = async () => (await ada.get("/auth/sessions")).body.items[0].last_used_at;
	wait(app, 10 * 60_000);
	expect(await lastUsed()).toBe("2026-01-02T03:04:05.678Z");
	wait(app, 10 * 60_000);
	expect(await lastUsed()).toBe("2026-01-02T03:24:05.678Z");
	wait(app, 5 * 60_000);
	await app.anonymous.post("/auth/refresh", { refresh_token: ada.refreshToken });
	expect(await lastUsed()).toBe("2026-01-02T03:29:05.678Z");
});

test("a session that is ended is out at once, and nobody ends another's", async () => {
	const app = testApp();
	const [ada, bob] = [await app.as("ada"), await app.as("bob")];
	const other = (await login(app.anonymous, "ada", ada.password)).body;
	const id = (await ada.get("/auth/sessions")).body.items.find((s: Reply["body"]) => !s.current).id;

	expect((await bob.delete(`/auth/sessions/${id}`)).status).toBe(404);
	expect((await app.withToken(other.access_token).get("/auth/me")).status).toBe(200);
	expect((await ada.delete(`/auth/sessions/${id}`)).status).toBe(204);
	expect((await app.withToken(other.access_token).get("/auth/me")).status).toBe(401);
	expect((await app.anonymous.post("/auth/refresh", { refresh_token: other.refresh_token })).status).toBe(401);
	expect((await ada.delete(`/auth/sessions/${id}`)).status).toBe(404);

	for (let i = 0; i < 3; i++) await login(app.anonymous, "ada", ada.password);
	expect((await ada.delete("/auth/sessions")).status).toBe(204);
	expect((await ada.get("/auth/sessions")).body.items).toMatchObject([{ current: true }]);
});

test("of more than 50 sessions, the one that was used longest ago goes", async () => {
	const app = testApp();
	const ada = await app.as("ada");
	const first = (await login(app.anonymous, "ada", ada.password)).body;
	for (let i = 0; i < 49; i++) {
		wait(app, 1000);
		await login(app.anonymous, "ada", ada.password);
	}
	expect((await app.withToken(first.access_token).get("/auth/sessions")).body.items).toHaveLength(50);
	expect((await ada.get("/auth/me")).status).toBe(401);
});

test("a new password ends all other sessions and needs the old one", async () => {
	const app = testApp();
	const ada = await app.as("ada");
	const other = (await login(app.anonymous, "ada", ada.password)).body;
	const change = (current_password: string, new_password: string) =>
		ada.post("/auth/password", { current_password, new_password });

	expect((await change("wrong", newPassword)).status).toBe(401);
	for (const weak of ["short", "password1", "ada@example.com", "minifeed"]) {
		const reply = await change(ada.password, weak);
		expect([weak, reply.status, reply.body.errors[0].pointer]).toEqual([weak, 422, "/new_password"]);
	}
	expect((await app.withToken(other.access_token).get("/auth/me")).status).toBe(200);
	expect((await change(ada.password, newPassword)).status).toBe(204);
	expect((await ada.get("/auth/me")).status).toBe(200);
	expect((await app.withToken(other.access_token).get("/auth/me")).status).toBe(401);
	expect((await login(app.anonymous, "ada", ada.password)).status).toBe(401);
	expect((await login(app.anonymous, "ada", newPassword)).status).toBe(200);
});

test.each(["ada_lovelace1", "lovelaceada_lovelace", "Minifeed2026", "example123", "ada_lovelace@example.com"])(
	"a password made of the names around it is refused: %s",
	async (password) => {
		const { anonymous } = testApp();
		const { status, body } = await anonymous.post("/auth/register", registration("ada_lovelace", { password }));
		expect([password, status]).toEqual([password, 422]);
		expect(body.errors).toEqual([{ pointer: "/password", detail: expect.stringContaining("Must be more than the") }]);
	},
);

test.each(["password123456", "aaaaaaaa", "Passw0rd!", "admin12345", "summer2024"])(
	"an easy password is refused with the reason wherever one is chosen: %s",
	async (weak) => {
		const app = testApp();
		const ada = await app.as("ada");
		const { token } = await app.oneTimeLinks.reset(ada.id, operator);
		const replies = [
			await app.anonymous.post("/auth/register", registration("bob", { password: weak })),
			await ada.post("/auth/password", { current_password: ada.password, new_password: weak }),
			await app.anonymous.post("/auth/reset", { token, new_password: weak }),
		];
		const pointers = ["/password", "/new_password", "/new_password"];
		for (const [i, { status, body }] of replies.entries())
			expect([status, body.errors]).toEqual([
				422,
				[{ pointer: pointers[i], detail: expect.stringMatching(/^(Is|Repeats) .*; use three words that/) }],
			]);
	},
);

test("a personal access token acts for its owner, within its scope, until it is revoked or expires", async () => {
	const app = testApp();
	const ada = await app.as("ada");
	const make = async (body: object) => ada.post("/auth/tokens", body);
	const { status, body: reading } = await make({ name: " rea\u202eder\n", scopes: ["read"] });
	const { body: writing } = await make({ name: "bot", scopes: ["write"], expires_at: "2026-01-03T00:00:00Z" });

	expect(status).toBe(201);
	expect(reading).toMatchObject({ name: "reader", scopes: ["read"], expires_at: null, last_used_at: null });
	expect(reading.token).toMatch(/^mf_[\w-]{43}$/);
	expect(writing.scopes).toEqual(["read", "write"]);
	const [reader, writer] = [app.withToken(reading.token), app.withToken(writing.token)];

	await ada.post("/posts/", { content: "Mine", visibility: "private" });
	expect((await reader.get("/feed/")).body.items).toHaveLength(1);
	expect((await reader.get("/auth/me")).body.username).toBe("ada");
	expect((await reader.post("/posts/", { content: "No" })).status).toBe(403);
	expect((await reader.patch("/users/me", { bio: "No" })).status).toBe(403);
	expect((await writer.post("/posts/", { content: "Yes" })).status).toBe(201);
	for (const client of [reader, writer])
		for (const reply of [
			await client.get("/auth/sessions"),
			await client.delete("/auth/sessions"),
			await client.post("/auth/tokens", { name: "more", scopes: ["write"] }),
			await client.get("/auth/tokens"),
			await client.post("/auth/password", { current_password: ada.password, new_password: newPassword }),
			await client.delete("/users/me", { password: ada.password }),
		])
			expect(reply.status).toBe(403);

	const { items } = (await ada.get("/auth/tokens")).body;
	expect(items.map(({ name, last_used_at }: Reply["body"]) => [name, last_used_at !== null])).toEqual([
		["bot", true],
		["reader", true],
	]);
	expect(JSON.stringify(items)).not.toContain("mf_");
	const bob = await app.as("bob");
	expect((await bob.delete(`/auth/tokens/${reading.id}`)).status).toBe(404);
	expect((await ada.delete(`/auth/tokens/${reading.id}`)).status).toBe(204);
	expect((await reader.get("/auth/me")).status).toBe(401);
	wait(app, 24 * 60 * 60_000);
	expect((await writer.get("/auth/me")).status).toBe(401);
});

test.each([
	[{ scopes: ["read"] }, "/name"],
	[{ name: " ", scopes: ["read"] }, "/name"],
	[{ name: "\u3164", scopes: ["read"] }, "/name"],
	[{ name: "x", scopes: [] }, "/scopes"],
	[{ name: "x", scopes: ["admin"] }, "/scopes/0"],
	[{ name: "x", scopes: ["read"], expires_at: "tomorrow" }, "/expires_at"],
	[{ name: "x", scopes: ["read"], expires_at: "2030-01-01T00:00:00" }, "/expires_at"],
	[{ name: "x", scopes: ["read"], expires_at: "2020-01-01T00:00:00Z" }, "/expires_at"],
])("a token that breaks a rule is refused: %j", async (body, pointer) => {
	const ada = await testApp().as("ada");
	const reply = await ada.post("/auth/tokens", body);
	expect([reply.status, reply.body.errors[0].pointer]).toEqual([422, pointer]);
});

test("tokens made up or changed let nobody in, and somebody who is suspended neither", async () => {
	const app = testApp();
	const ada = await app.as("ada");
	const { token } = (await ada.post("/auth/tokens", { name: "bot", scopes: ["write"] })).body;
	for (const wrong of [
		"mf_",
		`mf_${"A".repeat(43)}`,
		token.slice(0, -1),
		`${token}A`,
		token.toUpperCase(),
		token.slice(3),
	])
		expect([wrong.length, (await app.withToken(wrong).get("/auth/me")).status]).toEqual([wrong.length, 401]);
	await app.accounts.admin.suspend("ada", operator);
	expect((await app.withToken(token).get("/auth/me")).status).toBe(401);
	await app.accounts.admin.restore("ada", operator);
	expect((await app.withToken(token).get("/auth/me")).status).toBe(200);
});

test("nobody has more than 50 tokens", async () => {
	const ada = await testApp().as("ada");
	for (let i = 0; i < 50; i++) await ada.post("/auth/tokens", { name: `bot ${i}`, scopes: ["read"] });
	expect((await ada.post("/auth/tokens", { name: "one more", scopes: ["read"] })).status).toBe(409);
});

test("a reset link sets a password once, within a day, and signs out everywhere", async () => {
	const app = testApp();
	const [root, ada] = [await app.asAdmin("moderator_1"), await app.as("ada")];
	const { status, body: link } = await root.post("/admin/users/Ada/reset-link");
	const reset = (token: string, new_password = newPassword) =>
		app.anonymous.post("/auth/reset", { token, new_password });

	expect(status).toBe(201);
	expect(link).toEqual({
		token: expect.stringMatching(/^[\w-]{43}$/),
		url: `http://localhost/link#reset=${link.token}`,
		expires_at: "2026-01-03T03:04:05.678Z",
	});
	expect((await reset(link.token, "password1")).status).toBe(422); // and it still holds
	expect((await reset(link.token)).status).toBe(204);
	expect((await ada.get("/auth/me")).status).toBe(401);
	expect((await app.anonymous.post("/auth/refresh", { refresh_token: ada.refreshToken })).status).toBe(401);
	expect((await login(app.anonymous, "ada", newPassword)).status).toBe(200);
	for (const token of [link.token, "nothing", "A".repeat(43)]) {
		const reply = await reset(token);
		expect([reply.status, reply.body.code, reply.body.detail]).toEqual([
			410,
			"gone",
			"This link was used already, or has expired.",
		]);
	}

	const late = (await root.post("/admin/users/ada/reset-link")).body;
	wait(app, 24 * 60 * 60_000);
	expect((await reset(late.token)).status).toBe(410);
	expect((await app.anonymous.post("/admin/users/ada/reset-link")).status).toBe(401);
});

test("a newer reset link takes the place of an older one", async () => {
	const app = testApp();
	const [root] = [await app.asAdmin("moderator_1"), await app.as("ada")];
	const first = (await root.post("/admin/users/ada/reset-link")).body;
	const second = (await root.post("/admin/users/ada/reset-link")).body;
	const reset = (token: string) => app.anonymous.post("/auth/reset", { token, new_password: newPassword });
	expect([(await reset(first.token)).status, (await reset(second.token)).status]).toEqual([410, 204]);
});

test("of many who use a link at once, one gets through", async () => {
	const app = testApp({ registration: "invite" });
	const root = await app.asAdmin("moderator_1");
	const { token } = (await root.post("/invites", { uses: 2 })).body;
	const statuses = await Promise.all(
		Array.from({ length: 10 }, async (_, i) => {
			const reply = await app.anonymous.post("/auth/register", registration(`person_${i}`, { invite: token }));
			return reply.status;
		}),
	);
	expect(statuses.toSorted()).toEqual([201, 201, ...Array(8).fill(410)]);
	expect((await root.get("/invites")).body.items[0]).toMatchObject({ uses: 2, max_uses: 2 });

	const reset = (await root.post("/admin/users/moderator_1/reset-link")).body;
	const resets = await Promise.all(
		Array.from({ length: 5 }, async () => {
			const reply = await app.anonymous.post("/auth/reset", { token: reset.token, new_password: newPassword });
			return reply.status;
		}),
	);
	expect(resets.toSorted()).toEqual([204, 410, 410, 410, 410]);
});

test("who may register is for the operator to say", async () => {
	const register = async (app: TestApp, more = {}) =>
		(await app.anonymous.post("/auth/register", registration("bob", more))).status;
	expect(await register(testApp({ registration: "open" }))).toBe(201);
	expect(await register(testApp({ registration: "closed" }))).toBe(403);
	expect(await register(testApp({ registration: "invite" }))).toBe(403);
	expect(await register(testApp({ registration: "invite" }), { invite: "A".repeat(43) })).toBe(410);
	expect(await register(testApp({ registration: "approval" }))).toBe(201);

	const closed = testApp({ registration: "closed" });
	const root = await closed.asAdmin("moderator_1");
	const { token } = (await root.post("/invites", {})).body;
	expect(await register(closed, { invite: token })).toBe(403);
	const first = await closed.oneTimeLinks.firstAdmin(operator);
	expect(await register(closed, { invite: first.token })).toBe(201);
	const { token: again } = await closed.oneTimeLinks.firstAdmin(operator);
	wait(closed, 30 * 60_000);
	expect((await closed.anonymous.post("/auth/register", registration("eve", { invite: again }))).status).toBe(410);
});

test("the link of the first administrator makes one", async () => {
	const app = testApp();
	const { token } = await app.oneTimeLinks.firstAdmin(operator);
	const { body } = await app.anonymous.post("/auth/register", registration("ada", { invite: token }));
	expect(body.user.role).toBe("admin");
	expect((await app.withToken(body.access_token).get("/admin/users")).status).toBe(200);
	const reply = await app.anonymous.post("/auth/register", registration("bob", { invite: token }));
	expect(reply.status).toBe(410);
});

test("an account that waits for approval sees that, and nothing else", async () => {
	const app = testApp({ registration: "approval" });
	const root = await app.asAdmin("moderator_1");
	const { status, body } = await app.anonymous.post("/auth/register", registration("ada"));
	const ada = app.withToken(body.access_token);

	expect([status, body.user.state]).toEqual([201, "pending"]);
	expect((await ada.get("/auth/me")).body.state).toBe("pending");
	expect((await login(app.anonymous, "ada", "correct horse battery")).status).toBe(200);
	for (const reply of [
		await ada.get("/feed/"),
		await ada.get("/posts/"),
		await ada.get("/users/ada"),
		await ada.post("/posts/", { content: "Hello" }),
		await ada.patch("/users/me", { bio: "x" }),
		await ada.post("/invites", {}),
	])
		expect([reply.status, reply.body.code]).toEqual([403, "forbidden"]);
	const pending = (await root.get("/admin/users?state=pending")).body.items;
	expect(pending).toMatchObject([{ username: "ada", state: "pending", pending_since: "2026-01-02T03:04:05.678Z" }]);
	expect((await root.patch("/admin/users/ada", { state: "active" })).body.state).toBe("active");
	expect((await ada.post("/posts/", { content: "Hello" })).status).toBe(201);
	expect(await events(app, { action: "approved" })).toEqual([["approved", "moderator_1", "ada"]]);

	await app.anonymous.post("/auth/register", registration("eve"));
	expect((await root.delete("/admin/users/eve")).status).toBe(204); // refused
	expect((await login(app.anonymous, "eve", "correct horse battery")).status).toBe(401);
	const { token } = (await root.post("/invites", {})).body;
	const invited = await app.anonymous.post("/auth/register", registration("bob", { invite: token }));
	expect(invited.body.user.state).toBe("active");
});

test("an account that waits for approval reads its state, renews its session and signs out", async () => {
	const app = testApp({ registration: "approval" });
	const { body } = await app.anonymous.post("/auth/register", registration("ada"));
	const renewed = await app.anonymous.post("/auth/refresh", { refresh_token: body.refresh_token });
	expect([renewed.status, renewed.body.user.state]).toEqual([200, "pending"]);
	const ada = app.withToken(renewed.body.access_token);
	for (const reply of [
		await ada.post("/auth/tokens", { name: "bot", scopes: ["read"] }),
		await ada.get("/auth/sessions"),
		await ada.get("/users/me/export"),
		await ada.post("/auth/password", { current_password: "correct horse battery", new_password: newPassword }),
		await ada.delete("/users/me", { password: "correct horse battery" }),
	])
		expect([reply.status, reply.body.detail]).toEqual([403, "This account waits to be approved."]);
	expect((await app.anonymous.post("/auth/logout", { refresh_token: renewed.body.refresh_token })).status).toBe(204);
	expect((await ada.get("/auth/me")).status).toBe(401);
	const other = (await login(app.anonymous, "ada", "correct horse battery")).body.access_token;
	const form = { "content-type": "application/x-www-form-urlencoded" };
	expect((await app.anonymous.post("/oauth/revoke", `token=${other}`, form)).status).toBe(200);
	expect((await app.withToken(other).get("/auth/me")).status).toBe(401);
});

test("until an account is approved it exists for administrators only", async () => {
	const app = testApp({ registration: "approval" });
	const root = await app.asAdmin("moderator_1");
	const countess = { username: "ada", email: "ada@example.com", password: "correct horse battery" };
	const { body: session } = await app.anonymous.post("/auth/register", { ...countess, display_name: "Countess" });
	const ada = { ...app.withToken(session.access_token), id: session.user.id };
	const bob = await app.as("bob");
	await root.patch("/admin/users/bob", { state: "active" });
	const post = (content: string) => bob.post("/posts/", { content });
	const { id } = (await post("Hello @ada")).body;
	const mentions = async () =>
		(await root.get("/posts/?q=%40ada")).body.items.map(({ content }: Reply["body"]) => content);
	const found = async () => [
		...(await root.get("/users?q=ada")).body.items,
		...(await root.get("/users?q=Countess")).body.items,
	];

	for (const client of [app.anonymous, bob, root])
		for (const path of ["", "/posts", "/followers", "/following"])
			expect([path, (await client.get(`/users/ada${path}`)).status]).toEqual([path, 404]);
	expect([(await bob.post("/users/ada/follow")).status, (await bob.delete("/users/ada/follow")).status]).toEqual([
		404, 404,
	]);
	expect(await found()).toEqual([]);
	expect((await root.get("/admin/users?state=pending")).body.items).toMatchObject([{ username: "ada" }]);

	await root.patch("/admin/users/ada", { state: "active" });
	expect((await bob.get("/users/ada")).body).toMatchObject({ username: "ada", posts_count: 0 });
	expect((await found()).map(({ username }) => username)).toEqual(["ada", "ada"]);
	expect((await bob.post("/users/ada/follow")).status).toBe(200);
	expect(await mentions()).toEqual([]); // what was written before stays text
	await post("Welcome @ada");
	expect(await mentions()).toEqual(["Welcome @ada"]);

	// Rows that an account has although it is pending, as an import may bring them.
	const avatar = (await ada.patch("/users/me", pictureForm({ avatar: await picture() }))).body.avatar_url;
	const file = async () => (await app.anonymous.get(avatar)).status;
	const lists = async () => {
		const paths = [
			`/likes/posts/${id}/likes`,
			`/comments/posts/${id}/comments`,
			"/users/bob/followers",
			"/users/bob/following",
		];
		return Promise.all(paths.map(async (path) => (await root.get(path)).body.items.length));
	};
	await ada.post(`/likes/posts/${id}/like`);
	await ada.post(`/comments/posts/${id}/comments`, { content: "Hello" });
	await ada.post("/users/bob/follow");
	const eve = await app.as("eve");
	await root.patch("/admin/users/eve", { state: "active" });
	await eve.post("/users/ada/follow");
	expect([await lists(), await file()]).toEqual([[1, 1, 1, 1], 200]);
	await app.stores.users.update(ada.id, { pendingSince: app.clock.now, updatedAt: app.clock.now });
	expect([await lists(), await file()]).toEqual([[0, 0, 0, 0], 404]);
	// A follower can still unfollow, once, and learns no more than that.
	const unfollow = () => eve.delete("/users/ada/follow");
	expect((await unfollow()).body).toEqual({ following: false, followed_by: false });
	expect((await unfollow()).status).toBe(404);
	await root.patch("/admin/users/ada", { state: "active" });
	expect([await lists(), await file()]).toEqual([[1, 1, 1, 1], 200]);
});

test("links that somebody made end when they are suspended, or are an administrator no more", async () => {
	const app = testApp({ registration: "invite", invites: { by: "users", quota: 1 } });
	const [root, second] = [await app.asAdmin("moderator_1"), await app.asAdmin("moderator_2")];
	const statuses = async (invite: string, token: string) => [
		(await app.anonymous.post("/auth/register", registration("eve", { invite }))).status,
		(await app.anonymous.post("/auth/reset", { token, new_password: newPassword })).status,
	];
	const make = async (client: Client) => [
		(await client.post("/invites", {})).body.token,
		(await client.post("/admin/users/moderator_1/reset-link")).body.token,
	];

	const kept = await make(root);
	const demoted = await make(second);
	await root.patch("/admin/users/moderator_2", { role: "user" });
	expect(await statuses(...(demoted as [string, string]))).toEqual([410, 410]);
	expect((await second.post("/invites", {})).status).toBe(201); // the quota counts the old ones no more
	await root.patch("/admin/users/moderator_2", { role: "user" });
	expect((await second.get("/invites")).body.items).toHaveLength(1); // who was none before loses nothing

	await root.patch("/admin/users/moderator_2", { role: "admin" });
	const suspended = await make(second);
	await app.oneTimeLinks.reset(root.id, operator).then(({ token }) => kept.splice(1, 1, token));
	await root.patch("/admin/users/moderator_2", { state: "suspended" });
	expect(await statuses(...(suspended as [string, string]))).toEqual([410, 410]);
	expect((await root.get("/invites")).body.items).toMatchObject([{ created_by: "moderator_1" }]);
	expect(await statuses(...(kept as [string, string]))).toEqual([201, 204]);
});

test("a personal access token of an administrator approves, and hands out no access", async () => {
	const app = testApp({ registration: "approval" });
	const [root] = [await app.asAdmin("moderator_1"), await app.as("ada")];
	const { token } = (await root.post("/auth/tokens", { name: "approver", scopes: ["write"] })).body;
	const bot = app.withToken(token);
	for (const body of [{ role: "admin" }, { state: "active", role: "admin" }]) {
		const reply = await bot.patch("/admin/users/ada", body);
		expect([reply.status, reply.body.detail]).toEqual([
			403,
			"Sign in with a password to do this: personal access tokens cannot.",
		]);
	}
	expect((await bot.post("/admin/users/moderator_1/reset-link")).status).toBe(403);
	expect((await root.get("/admin/users?q=ada")).body.items).toMatchObject([{ role: "user", state: "pending" }]);
	expect((await bot.patch("/admin/users/ada", { state: "active" })).body).toMatchObject({ state: "active" });
});

test("state and role change in one write, or not at all", async () => {
	const app = testApp();
	const [root, ada] = [await app.asAdmin("moderator_1"), await app.as("ada")];
	const update = spyOn(app.stores.users, "update");
	const reply = await root.patch("/admin/users/ada", { state: "suspended", role: "admin" });
	expect([reply.status, reply.body.state, reply.body.role]).toEqual([200, "suspended", "admin"]);
	expect(update).toHaveBeenCalledTimes(1);
	expect((await events(app, { user: "ada" })).slice(0, 2)).toEqual([
		["role_changed", "moderator_1", "ada"],
		["suspended", "moderator_1", "ada"],
	]);
	const before = await events(app);
	wait(app, 1000);
	expect((await root.patch("/admin/users/moderator_1", { state: "active", role: "user" })).status).toBe(409);
	expect(await events(app)).toEqual(before);
	expect((await root.get("/auth/me")).body).toMatchObject({ role: "admin", updated_at: "2026-01-02T03:04:05.678Z" });
	expect((await ada.get("/auth/me")).status).toBe(401);
	expect((await root.patch("/admin/users/ada", {})).body).toMatchObject({ state: "suspended", role: "admin" });
});

test.each([
	[undefined, 401],
	["revoke", 401],
	["keep", 200],
])(
	"a change of the password ends reset links, and personal access tokens unless they are kept: %s",
	async (tokens, status) => {
		const app = testApp();
		const [root, ada] = [await app.asAdmin("moderator_1"), await app.as("ada")];
		const { token } = (await ada.post("/auth/tokens", { name: "bot", scopes: ["read"] })).body;
		const others = (await root.post("/auth/tokens", { name: "bot", scopes: ["read"] })).body.token;
		const link = (await root.post("/admin/users/ada/reset-link")).body.token;
		const change = { current_password: ada.password, new_password: newPassword, tokens };
		expect((await ada.post("/auth/password", change)).status).toBe(204);
		expect((await app.withToken(token).get("/auth/me")).status).toBe(status);
		expect((await app.withToken(others).get("/auth/me")).status).toBe(200);
		expect((await app.anonymous.post("/auth/reset", { token: link, new_password: "yet another phrase" })).status).toBe(
			410,
		);
		const ended = status === 401 ? [["token_deleted", "ada", "ada"]] : [];
		expect(await events(app, { action: "token_deleted" })).toEqual(ended);
	},
);

test("what happens to personal access tokens is keep or revoke", async () => {
	const ada = await testApp().as("ada");
	const reply = await ada.post("/auth/password", {
		current_password: ada.password,
		new_password: newPassword,
		tokens: "some",
	});
	expect([reply.status, reply.body.errors]).toEqual([422, [{ pointer: "/tokens", detail: expect.any(String) }]]);
});

test("a reset, and the operator's new password, end sessions, personal access tokens and reset links", async () => {
	const app = testApp();
	const [root, ada] = [await app.asAdmin("moderator_1"), await app.as("ada")];
	const others = (await root.post("/auth/tokens", { name: "bot", scopes: ["read"] })).body.token;
	const reset = (token: string) => app.anonymous.post("/auth/reset", { token, new_password: newPassword });
	let password = ada.password;
	for (const how of ["reset", "operator"]) {
		const session = app.withToken((await login(app.anonymous, "ada", password)).body.access_token);
		const { token } = (await session.post("/auth/tokens", { name: "thief", scopes: ["write"] })).body;
		const link = (await root.post("/admin/users/ada/reset-link")).body.token;
		if (how === "reset") expect((await reset(link)).status).toBe(204);
		else await app.accounts.admin.setPassword("ada", newPassword, operator);
		for (const client of [session, app.withToken(token)])
			expect([how, (await client.get("/auth/me")).status]).toEqual([how, 401]);
		expect([how, (await reset(link)).status]).toEqual([how, 410]);
		password = newPassword;
	}
	expect((await app.withToken(others).get("/auth/me")).status).toBe(200);
	expect(await events(app, { action: "token_deleted" })).toHaveLength(2);
});

test("who may invite, and how often, is for the operator to say", async () => {
	const strict = testApp({ invites: { by: "admins", quota: 5 } });
	const [ada, root] = [await strict.as("ada"), await strict.asAdmin("moderator_1")];
	expect((await ada.post("/invites", {})).status).toBe(403);
	const { status, body } = await root.post("/invites", { uses: 3, expires_in_days: 1 });
	expect(status).toBe(201);
	expect(body).toMatchObject({
		created_by: "moderator_1",
		uses: 0,
		max_uses: 3,
		expires_at: "2026-01-03T03:04:05.678Z",
		url: `http://localhost/link#invite=${body.token}`,
	});

	const app = testApp({ invites: { by: "users", quota: 2 }, publicUrl: "https://feed.example" });
	const [carol, dave, admin] = [await app.as("carol"), await app.as("dave"), await app.asAdmin("moderator_1")];
	const first = (await carol.post("/invites", {})).body;
	expect(first.url).toStartWith("https://feed.example/link#invite=");
	await carol.post("/invites", {});
	expect((await carol.post("/invites", {})).status).toBe(409);
	expect((await dave.get("/invites")).body.items).toEqual([]);
	expect((await dave.delete(`/invites/${first.id}`)).status).toBe(404);
	expect((await admin.get("/invites?limit=1")).body).toMatchObject({ items: [{ created_by: "carol" }] });
	const listed = JSON.stringify((await carol.get("/invites")).body);
	expect(listed).not.toContain(first.token);
	expect((await carol.delete(`/invites/${first.id}`)).status).toBe(204);
	expect((await app.anonymous.post("/auth/register", registration("eve", { invite: first.token }))).status).toBe(410);
	expect((await carol.post("/invites", {})).status).toBe(201);
	for (const wrong of [{ uses: 0 }, { uses: 101 }, { uses: "1" }, { expires_in_days: 91 }])
		expect((await carol.post("/invites", wrong)).status).toBe(422);
});

test("administrators find accounts, and nobody else does", async () => {
	const app = testApp();
	const [root, ada, bob] = [await app.asAdmin("moderator_1"), await app.as("ada"), await app.as("bob")];
	await app.accounts.admin.suspend("bob", operator);
	const found = async (query: string) =>
		(await root.get(`/admin/users?${query}`)).body.items.map(({ username }: Reply["body"]) => username);

	expect(await found("")).toEqual(["moderator_1", "ada", "bob"]);
	expect(await found("role=admin")).toEqual(["moderator_1"]);
	expect(await found("state=suspended")).toEqual(["bob"]);
	expect(await found("state=active")).toEqual(["moderator_1", "ada"]);
	expect(await found("q=DA")).toEqual(["ada"]);
	expect(await found("q=b%40example")).toEqual(["bob"]);
	expect(await found(`q=${"%25".repeat(50)}`)).toEqual([]);
	const page = (await root.get("/admin/users?limit=2")).body;
	expect((await root.get(`/admin/users?limit=2&cursor=${page.next_cursor}`)).body.items).toMatchObject([
		{ username: "bob" },
	]);
	for (const path of ["/admin/users", "/admin/audit"])
		expect([
			(await ada.get(path)).status,
			(await bob.get(path)).status,
			(await app.anonymous.get(path)).status,
		]).toEqual([403, 401, 401]);
	expect((await ada.patch("/admin/users/ada", { role: "admin" })).status).toBe(403);
	expect((await ada.delete("/admin/users/bob")).status).toBe(403);
});

test("changes of role and state count for living tokens at once", async () => {
	const app = testApp();
	const [root, ada] = [await app.asAdmin("moderator_1"), await app.as("ada")];
	const { token } = (await ada.post("/auth/tokens", { name: "bot", scopes: ["write"] })).body;
	const bot = app.withToken(token);
	expect((await root.patch("/admin/users/ada", { role: "admin" })).body.role).toBe("admin");
	expect([(await ada.get("/admin/users")).status, (await bot.get("/admin/users")).status]).toEqual([200, 200]);
	await root.patch("/admin/users/ada", { role: "user" });
	expect([(await ada.get("/admin/users")).status, (await bot.get("/admin/users")).status]).toEqual([403, 403]);
	const suspended = await root.patch("/admin/users/ada", { state: "suspended" });
	expect(suspended.body).toMatchObject({ state: "suspended", suspended_at: "2026-01-02T03:04:05.678Z" });
	expect([(await ada.get("/auth/me")).status, (await bot.get("/auth/me")).status]).toEqual([401, 401]);
	expect((await login(app.anonymous, "ada", ada.password)).status).toBe(403);
	await root.patch("/admin/users/ada", { state: "active" });
	expect((await login(app.anonymous, "ada", ada.password)).status).toBe(200);
	expect((await root.patch("/admin/users/nobody_here", { role: "user" })).status).toBe(404);
	expect((await root.patch("/admin/users/ada", { state: "pending" })).status).toBe(422);
});

test("there is always an administrator left", async () => {
	const app = testApp();
	const root = await app.asAdmin("moderator_1");
	for (const reply of [
		await root.patch("/admin/users/moderator_1", { role: "user" }),
		await root.patch("/admin/users/moderator_1", { state: "suspended" }),
		await root.delete("/admin/users/moderator_1"),
		await root.delete("/users/me", { password: root.password }),
	])
		expect([reply.status, reply.body.code]).toEqual([409, "conflict"]);
	const other = await app.asAdmin("moderator_2");
	const both = await Promise.all([
		root.patch("/admin/users/moderator_1", { role: "user" }),
		other.patch("/admin/users/moderator_2", { role: "user" }),
	]);
	expect(both.map(({ status }) => status).toSorted()).toEqual([200, 409]);
});

test("what happens to accounts is kept, with names that are there and ids that were", async () => {
	const app = testApp();
	const [root, ada] = [await app.asAdmin("moderator_1"), await app.as("ada")];
	await login(app.anonymous, "ada", "wrong password");
	await login(app.anonymous, "nobody_here", "wrong password");
	await login(app.anonymous, "ada", ada.password);
	await ada.post("/auth/password", { current_password: ada.password, new_password: newPassword });
	await root.patch("/admin/users/ada", { role: "admin" });
	const { body } = await root.get("/admin/audit?user=ADA");

	expect(body.items.map(({ action }: Reply["body"]) => action)).toEqual([
		"role_changed",
		"password_changed",
		"signed_in",
		"sign_in_failed",
		"registered",
	]);
	expect(body.items[0]).toEqual({
		at: "2026-01-02T03:04:05.678Z",
		action: "role_changed",
		actor: { id: root.id, username: "moderator_1" },
		subject: { id: ada.id, username: "ada" },
		address: "",
	});
	expect(body.items[3]).toMatchObject({ actor: null, subject: { username: "ada" } });
	const failed = (await root.get("/admin/audit?action=sign_in_failed")).body.items;
	expect(failed.map(({ subject }: Reply["body"]) => subject?.username ?? null)).toEqual([null, "ada"]);
	expect((await root.get("/admin/audit?action=nonsense")).status).toBe(422);

	await root.delete("/admin/users/ada");
	const after = JSON.stringify((await root.get("/admin/audit?limit=100")).body);
	expect(after).toContain(ada.id);
	expect(after).not.toContain('"ada"');
});

test("what administrators delete of others is written down, and what people delete themselves is not", async () => {
	const app = testApp();
	const [root, ada] = [await app.asAdmin("moderator_1"), await app.as("ada")];
	for (const client of [root, ada]) {
		const { id } = (await ada.post("/posts/", { content: "Hello" })).body;
		const comment = (await ada.post(`/comments/posts/${id}/comments`, { content: "Well" })).body;
		await client.delete(`/comments/${comment.id}`);
		await client.delete(`/posts/${id}`);
	}
	expect((await events(app)).slice(0, 2)).toEqual([
		["post_deleted", "moderator_1", "ada"],
		["comment_deleted", "moderator_1", "ada"],
	]);
	expect(await events(app, { action: "post_deleted" })).toHaveLength(1);
});

test("a stolen refresh token that comes back ends the session, and is written down", async () => {
	const app = testApp();
	const ada = await app.as("ada");
	const refresh = (refresh_token: string) => app.anonymous.post("/auth/refresh", { refresh_token });
	const next = (await refresh(ada.refreshToken)).body;
	wait(app, 11_000);
	expect((await refresh(ada.refreshToken)).status).toBe(401);
	expect((await app.withToken(next.access_token).get("/auth/me")).status).toBe(401);
	expect(await events(app, { action: "refresh_token_replayed" })).toEqual([["refresh_token_replayed", null, "ada"]]);
});

test("of fifty refreshes at once there is one living chain", async () => {
	const app = testApp();
	const ada = await app.as("ada");
	const replies = await Promise.all(
		Array.from({ length: 50 }, () => app.anonymous.post("/auth/refresh", { refresh_token: ada.refreshToken })),
	);
	expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
	expect(new Set(replies.map(({ body }) => body.refresh_token)).size).toBe(1);
	expect((await ada.get("/auth/sessions")).body.items).toHaveLength(1);
});

test("what has expired is swept", async () => {
	const app = testApp();
	const ada = await app.as("ada");
	await app.oneTimeLinks.reset(ada.id, operator);
	const later = new Date("2026-03-01T00:00:00.000Z");
	await app.stores.sessions.sweep(later);
	await app.stores.links.sweep(later);
	await app.stores.audit.sweep(later);
	expect(await app.stores.sessions.ofUser(ada.id, app.clock.now)).toEqual([]);
	expect(await events(app)).toEqual([]);
});

test("the page that links lead to is whole by itself, and takes nothing from elsewhere", async () => {
	const { anonymous } = testApp();
	const page = await anonymous.get("/link");
	expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
	expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
	for (const [, path] of page.body.matchAll(/(?:src|href)="([^"]+)"/g))
		if (!path.startsWith("data:")) expect([path, (await anonymous.get(path)).status]).toEqual([path, 200]);
});

test("the page leads on to the front end, or where there is none to the documentation", async () => {
	const next = async (corsOrigins: string[]) => {
		const { body } = await testApp({ corsOrigins }).anonymous.get("/link");
		return /<p id="next" hidden>.*?<a href="([^"]*)"/.exec(body)?.[1] as string;
	};
	expect(await next([])).toBe("/docs");
	expect(await next(["*"])).toBe("/docs");
	expect(await next(["http://localhost:5173", "https://feed.example", "https://b.example"])).toBe(
		"https://feed.example",
	);
});
