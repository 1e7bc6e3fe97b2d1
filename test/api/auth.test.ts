import { describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { operator } from "../../src/core/permissions";
import { password, secret, testApp } from "../support/app";

const form = { "content-type": "application/x-www-form-urlencoded" };

test("registering makes an account and signs in", async () => {
	const { anonymous, withToken } = testApp();
	const { status, headers, body } = await anonymous.post("/auth/register", {
		username: "Ada_1",
		email: "  Ada@Example.com ",
		password,
		display_name: "Ada Lovelace",
	});

	expect(status).toBe(201);
	expect(headers.get("cache-control")).toBe("no-store");
	expect(body).toMatchObject({ token_type: "bearer", expires_in: 1800, refresh_expires_in: 604800 });
	expect(body.user).toMatchObject({
		username: "ada_1",
		display_name: "Ada Lovelace",
		email: "Ada@Example.com",
		role: "user",
		bio: "",
		avatar_url: null,
		posts_count: 0,
		created_at: "2026-01-02T03:04:05.678Z",
	});
	expect((await withToken(body.access_token).get("/auth/me")).body).toEqual(body.user);
});

test("nobody chooses their own role, id or counters", async () => {
	const { anonymous } = testApp();
	const ada = { username: "ada", email: "ada@example.com", password };
	const others = { role: "admin", id: "019b76f5-1d4e-7000-8b63-4f6f1a2b3c4d", followers_count: 99 };
	const { status, body } = await anonymous.post("/auth/register", { ...ada, ...others });

	expect(status).toBe(422);
	expect(body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(["/role", "/id", "/followers_count"]);
	expect((await anonymous.post("/auth/register", ada)).body.user).toMatchObject({ role: "user", followers_count: 0 });
});

test("a taken username or e-mail address is a conflict, in any case", async () => {
	const { anonymous, as } = testApp();
	await as("ada");

	const name = await anonymous.post("/auth/register", { username: "ADA", email: "new@example.com", password });
	const address = await anonymous.post("/auth/register", { username: "bob", email: "ADA@example.com", password });

	expect([name.status, name.body.code]).toEqual([409, "conflict"]);
	expect([address.status, address.body.code]).toEqual([409, "conflict"]);
});

test("of many who race for a name one gets it", async () => {
	const { anonymous } = testApp();
	const replies = await Promise.all(
		Array.from({ length: 20 }, (_, i) =>
			anonymous.post("/auth/register", { username: "ada", email: `ada${i}@example.com`, password }),
		),
	);

	expect(replies.map(({ status }) => status).sort()).toEqual([201, ...Array(19).fill(409)]);
});

test.each([
	["username", { username: "ab" }],
	["username", { username: "a".repeat(31) }],
	["username", { username: "ada lovelace" }],
	["username", { username: "adá" }],
	["username", { username: "Admin" }],
	["username", { username: 7 }],
	["email", { email: "ada" }],
	["email", { email: `${"a".repeat(250)}@b.de` }],
	["password", { password: "short" }],
	["password", { password: "x".repeat(257) }],
	["password", { password: "Password123" }],
	["password", { username: "adalovelace", password: "AdaLovelace" }],
	["password", { password: "ada@example.com" }],
	["password", { password: undefined }],
	["display_name", { display_name: "x".repeat(51) }],
])("registration refuses a bad %s and names it: %j", async (field, change) => {
	const { anonymous } = testApp();
	const { status, body } = await anonymous.post("/auth/register", {
		username: "ada",
		email: "ada@example.com",
		password,
		...change,
	});

	expect([status, body.code]).toEqual([422, "invalid"]);
	expect(body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([`/${field}`]);
});

const hidden = [
	...Array.from({ length: 0x20 }, (_, i) => i),
	...Array.from({ length: 0x21 }, (_, i) => 0x7f + i),
	...[
		0xad, 0x61c, 0x180e, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e,
	],
	...[0x2060, 0x2064, 0x2066, 0x2067, 0x2068, 0x2069, 0xfeff, 0xfff9],
].map((code) => String.fromCharCode(code));

test("an e-mail address has no control characters and none that show nothing or turn text around", async () => {
	const { anonymous } = testApp();
	const register = (email: string) => anonymous.post("/auth/register", { username: "ada", email, password });
	for (const one of hidden)
		for (const email of [
			`a${one}da@example.com`,
			`ada@exam${one}ple.com`,
			`${one}ada@example.com`,
			`ada@example.com${one}`,
		]) {
			const { status, body } = await register(email);
			const pointers = body.errors?.map(({ pointer }: { pointer: string }) => pointer);
			expect([one.charCodeAt(0).toString(16), status, pointers]).toEqual([
				one.charCodeAt(0).toString(16),
				422,
				["/email"],
			]);
		}
	expect((await register(" müller+é.丸@bücher.example ")).body.user.email).toBe("müller+é.丸@bücher.example");
});

test("every broken field is named, and nothing of the input comes back", async () => {
	const { anonymous } = testApp();
	const { body } = await anonymous.post("/auth/register", {
		username: "!!",
		email: "hunter2-mail",
		password: "hunter2",
	});

	expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
		"/email",
		"/password",
		"/username",
	]);
	expect(JSON.stringify(body)).not.toContain("hunter2");
});

test("lengths count characters: an emoji is one", async () => {
	const { anonymous } = testApp();
	const register = (count: number) =>
		anonymous.post("/auth/register", {
			username: `user${count}`,
			email: `user${count}@example.com`,
			password,
			display_name: "🐘".repeat(count),
		});

	expect((await register(50)).status).toBe(201);
	expect((await register(51)).status).toBe(422);
});

test("login takes username or e-mail address, in any case, as JSON or as the OAuth2 form", async () => {
	const { anonymous, as } = testApp();
	await as("ada");

	expect((await anonymous.post("/auth/login", { username: "ADA", password })).status).toBe(200);
	expect((await anonymous.post("/auth/login", { username: "Ada@Example.com", password })).status).toBe(200);
	const fields = new URLSearchParams({ grant_type: "password", username: "ada", password });
	const reply = await anonymous.post("/auth/login", String(fields), form);
	expect(reply.status).toBe(200);
	expect(reply.body.user.username).toBe("ada");
});

test("a password is the same however its characters are composed", async () => {
	const { anonymous } = testApp();
	await anonymous.post("/auth/register", { username: "ada", email: "ada@example.com", password: "Ångström ﬁeld" });

	const { status } = await anonymous.post("/auth/login", { username: "ada", password: "A\u030angstro\u0308m field" });
	expect(status).toBe(200);
});

test("a password may have any character at all", async () => {
	const { anonymous } = testApp();
	const odd = "\u202e\u0000\u0001 \n\t🐘 ok";
	expect(
		(await anonymous.post("/auth/register", { username: "ada", email: "ada@example.com", password: odd })).status,
	).toBe(201);
	expect((await anonymous.post("/auth/login", { username: "ada", password: odd })).status).toBe(200);
	expect((await anonymous.post("/auth/login", { username: "ada", password: odd.slice(0, 1) })).status).toBe(401);
});

test("an unknown user and a wrong password look the same", async () => {
	const { anonymous, as } = testApp();
	await as("ada");
	const wrong = await anonymous.post("/auth/login", { username: "ada", password: "not the password" });
	const unknown = await anonymous.post("/auth/login", { username: "nobody_here", password: "not the password" });

	const { instance: _, ...first } = wrong.body;
	const { instance: __, ...second } = unknown.body;
	expect(wrong.status).toBe(401);
	expect(first).toEqual(second);
	expect(wrong.headers.get("www-authenticate")).toStartWith("Bearer");
});

test("a refresh gives new tokens and spends the old one", async () => {
	const { anonymous, as, withToken } = testApp();
	const ada = await as("ada");
	const { status, body } = await anonymous.post("/auth/refresh", { refresh_token: ada.refreshToken });

	expect(status).toBe(200);
	expect(body.refresh_token).not.toBe(ada.refreshToken);
	expect(body.user.username).toBe("ada");
	expect((await withToken(body.access_token).get("/auth/me")).status).toBe(200);
	const fields = new URLSearchParams({ grant_type: "refresh_token", refresh_token: body.refresh_token });
	expect((await anonymous.post("/auth/refresh", String(fields), form)).status).toBe(200);
});

test("a client that lost the answer gets the same successor again for ten seconds", async () => {
	const { anonymous, as, clock } = testApp();
	const { refreshToken } = await as("ada");
	const first = await anonymous.post("/auth/refresh", { refresh_token: refreshToken });
	clock.now = new Date(clock.now.getTime() + 10_000);
	const second = await anonymous.post("/auth/refresh", { refresh_token: refreshToken });

	expect(second.status).toBe(200);
	expect(second.body.refresh_token).toBe(first.body.refresh_token);
});

test("a spent token that comes back later ends the session, access tokens included", async () => {
	const { anonymous, as, clock, withToken } = testApp();
	const ada = await as("ada");
	const { body } = await anonymous.post("/auth/refresh", { refresh_token: ada.refreshToken });
	clock.now = new Date(clock.now.getTime() + 10_001);

	expect((await anonymous.post("/auth/refresh", { refresh_token: ada.refreshToken })).status).toBe(401);
	expect((await ada.get("/auth/me")).status).toBe(401);
	expect((await withToken(body.access_token).get("/auth/me")).status).toBe(401);
	expect((await anonymous.post("/auth/refresh", { refresh_token: body.refresh_token })).status).toBe(401);
});

test("a spent token that comes back after its successor was used ends the session at once", async () => {
	const { anonymous, as } = testApp();
	const ada = await as("ada");
	const { body } = await anonymous.post("/auth/refresh", { refresh_token: ada.refreshToken });
	const { body: third } = await anonymous.post("/auth/refresh", { refresh_token: body.refresh_token });

	expect((await anonymous.post("/auth/refresh", { refresh_token: ada.refreshToken })).status).toBe(401);
	expect((await ada.get("/auth/me")).status).toBe(401);
	expect((await anonymous.post("/auth/refresh", { refresh_token: third.refresh_token })).status).toBe(401);
});

test("fifty parallel refreshes of one token leave one living chain", async () => {
	const { anonymous, as } = testApp();
	const { refreshToken } = await as("ada");
	const replies = await Promise.all(
		Array.from({ length: 50 }, () => anonymous.post("/auth/refresh", { refresh_token: refreshToken })),
	);

	expect(new Set(replies.map(({ body }) => body.refresh_token)).size).toBe(1);
	expect((await anonymous.post("/auth/refresh", { refresh_token: replies[0]?.body.refresh_token })).status).toBe(200);
});

test("a refresh token expires", async () => {
	const { anonymous, as, clock } = testApp();
	const { refreshToken } = await as("ada");
	clock.now = new Date(clock.now.getTime() + 7 * 86_400_000);

	expect((await anonymous.post("/auth/refresh", { refresh_token: refreshToken })).status).toBe(401);
});

test("a session ends a year after it began, however often it is refreshed", async () => {
	const { as, anonymous, clock } = testApp();
	const ada = await as("ada");
	const day = 86_400_000;
	const start = clock.now.getTime();
	let { refreshToken } = ada;
	const refresh = async (days: number) => {
		clock.now = new Date(start + days * day);
		const { status, body } = await anonymous.post("/auth/refresh", { refresh_token: refreshToken });
		refreshToken = body.refresh_token ?? refreshToken;
		return { status, lasts: body.refresh_expires_in };
	};

	for (let days = 6; days < 360; days += 6)
		expect(await refresh(days)).toEqual({ status: 200, lasts: (7 * day) / 1000 });
	expect(await refresh(360)).toEqual({ status: 200, lasts: (5 * day) / 1000 });
	expect((await refresh(365)).status).toBe(401);
});

test("logout ends the session at once and always answers 204", async () => {
	const { anonymous, as } = testApp();
	const ada = await as("ada");

	expect((await anonymous.post("/auth/logout", { refresh_token: ada.refreshToken })).status).toBe(204);
	expect((await ada.get("/auth/me")).status).toBe(401);
	expect((await anonymous.post("/auth/refresh", { refresh_token: ada.refreshToken })).status).toBe(401);
	expect((await anonymous.post("/auth/logout", { refresh_token: ada.refreshToken })).status).toBe(204);
	expect((await anonymous.post("/auth/logout", { refresh_token: "never given" })).status).toBe(204);
});

test("logout ends one session and leaves the others", async () => {
	const { anonymous, as, withToken } = testApp();
	const ada = await as("ada");
	const { body: other } = await anonymous.post("/auth/login", { username: "ada", password });
	await anonymous.post("/auth/logout", { refresh_token: ada.refreshToken });

	expect((await withToken(other.access_token).get("/auth/me")).status).toBe(200);
});

test("an access token expires", async () => {
	const { as, clock } = testApp();
	const ada = await as("ada");
	expect((await ada.get("/auth/me")).status).toBe(200);
	clock.now = new Date(clock.now.getTime() + 1_800_000);

	expect((await ada.get("/auth/me")).status).toBe(401);
});

test("only tokens as we make them are taken", async () => {
	const { as, clock, withToken, anonymous } = testApp();
	const ada = await as("ada");
	const claims = JSON.parse(Buffer.from(ada.accessToken.split(".")[1] ?? "", "base64url").toString());
	const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
	const forge = (change: { header?: object; claims?: object; key?: string; hash?: string }) => {
		const signed = `${part({ alg: "HS256", typ: "at+jwt", ...change.header })}.${part({ ...claims, ...change.claims })}`;
		return `${signed}.${createHmac(change.hash ?? "sha256", change.key ?? secret)
			.update(signed)
			.digest("base64url")}`;
	};
	const seconds = clock.now.getTime() / 1000;

	expect((await withToken(forge({})).get("/auth/me")).status).toBe(200); // the forge itself works
	const bad = {
		"of another key": forge({ key: "another secret, just as long as the real one" }),
		"of another algorithm": forge({ header: { alg: "HS384" }, hash: "sha384" }),
		"of no algorithm": `${part({ alg: "none", typ: "at+jwt" })}.${part(claims)}.`,
		"of another type": forge({ header: { typ: "JWT" } }),
		"of another issuer": forge({ claims: { iss: "somebody" } }),
		"of another user": forge({ claims: { sub: "019b76f5-1d4e-7000-8b63-4f6f1a2b3c4d" } }),
		"of another session": forge({ claims: { sid: "019b76f5-1d4e-7000-8b63-4f6f1a2b3c4d" } }),
		"of no session": forge({ claims: { sid: undefined } }),
		"without an end": forge({ claims: { exp: undefined } }),
		expired: forge({ claims: { exp: Math.floor(seconds) - 1 } }),
		"not yet valid": forge({ claims: { nbf: seconds + 600 } }),
		"issued in the future": forge({ claims: { iat: Date.now() / 1000 + 600 } }),
		truncated: ada.accessToken.slice(0, -1),
		huge: forge({ claims: { padding: "x".repeat(5000) } }),
		empty: "",
		"no token": "x",
	};
	for (const [name, token] of Object.entries(bad)) {
		const authorization = `Bearer ${token}`;
		expect([name, (await anonymous.get("/auth/me", undefined, { authorization })).status]).toEqual([name, 401]);
		expect([name, (await anonymous.get("/posts/", undefined, { authorization })).status]).toEqual([name, 401]);
	}
	expect((await anonymous.get("/posts/", undefined, { authorization: "Basic YTpi" })).status).toBe(401);
});

test("an unknown user costs as much time as a wrong password", async () => {
	// Hashes dear enough to be told from the noise; only the order of magnitude is looked at, never a time.
	const { anonymous, as } = testApp({ passwords: { minLength: 8, memoryKib: 8192, passes: 2 } });
	await as("ada");
	const median = async (username: string) => {
		const times: number[] = [];
		for (let i = 0; i < 7; i++) {
			const started = performance.now();
			await anonymous.post("/auth/login", { username, password: "not the password" });
			times.push(performance.now() - started);
		}
		return times.sort((a, b) => a - b)[3] ?? 0;
	};

	expect((await median("nobody_here")) / (await median("ada"))).toBeGreaterThan(0.3);
});

test("a storm of logins is refused with 503 rather than queued without end", async () => {
	const { anonymous, as } = testApp();
	const ada = await as("ada");
	const storm = Array.from({ length: 300 }, () =>
		anonymous.post("/auth/login", { username: "ada", password: "wrong one" }),
	);
	const me = await ada.get("/auth/me");
	const replies = await Promise.all(storm);

	expect(me.status).toBe(200);
	expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([401, 503]));
	expect(replies.find(({ status }) => status === 503)?.headers.get("retry-after")).toMatch(/^\d+$/);
	expect((await anonymous.post("/auth/login", { username: "ada", password })).status).toBe(200);
});

describe("a suspended account", () => {
	test("is signed out everywhere at once, and can neither sign in nor refresh", async () => {
		const { accounts, anonymous, as } = testApp();
		const ada = await as("ada");
		const other = await anonymous.post("/auth/login", { username: "ada", password });
		await accounts.admin.suspend("ada@example.com", operator);

		for (const [reply, status, code] of [
			[await ada.get("/auth/me"), 401, "unauthenticated"],
			[await ada.get("/posts/"), 401, "unauthenticated"],
			[await anonymous.post("/auth/refresh", { refresh_token: other.body.refresh_token }), 401, "unauthenticated"],
			[await anonymous.post("/auth/login", { username: "ada", password }), 403, "forbidden"],
			[await anonymous.post("/auth/login", { username: "ada", password: "not hers" }), 401, "unauthenticated"],
		] as const)
			expect([reply.status, reply.body.code]).toEqual([status, code]);
	});

	test("keeps its page and its posts, for suspending is not deleting", async () => {
		const { accounts, anonymous, as } = testApp();
		const ada = await as("ada");
		await ada.post("/posts/", { content: "still here" });
		await accounts.admin.suspend("ada", operator);

		expect((await anonymous.get("/users/ada")).status).toBe(200);
		expect((await anonymous.get("/posts/")).body.items).toHaveLength(1);
	});

	test("signs in again once it is restored, but none of its old sessions comes back", async () => {
		const { accounts, anonymous, as } = testApp();
		const ada = await as("ada");
		await accounts.admin.suspend("ada", operator);
		await accounts.admin.restore("ada", operator);

		expect((await ada.get("/auth/me")).status).toBe(401);
		expect((await anonymous.post("/auth/login", { username: "ada", password })).status).toBe(200);
	});

	test("does not get in when it is suspended while its password is being checked", async () => {
		const { accounts, anonymous, as } = testApp({ passwords: { minLength: 8, memoryKib: 19_456, passes: 4 } });
		await as("ada");
		const signingIn = anonymous.post("/auth/login", { username: "ada", password });
		await accounts.admin.suspend("ada", operator);
		expect((await signingIn).status).toBe(403);
	});
});

test("a password that the operator sets ends all sessions", async () => {
	const { accounts, anonymous, as } = testApp();
	const ada = await as("ada");
	await accounts.admin.setPassword("ada", "another fine battery", operator);

	expect((await ada.get("/auth/me")).status).toBe(401);
	expect((await anonymous.post("/auth/login", { username: "ada", password })).status).toBe(401);
	expect((await anonymous.post("/auth/login", { username: "ada", password: "another fine battery" })).status).toBe(200);
	expect(accounts.admin.setPassword("ada", "ada", operator)).rejects.toMatchObject({ code: "invalid" });
});

test("a role counts from the next request on, with the token one has", async () => {
	const { accounts, as } = testApp();
	const [ada, bob] = [await as("ada"), await as("bob")];
	const { body } = await bob.post("/posts/", { content: "to be moderated" });
	expect((await ada.delete(`/posts/${body.id}`)).status).toBe(403);
	await accounts.admin.setRole("ada", "admin", operator);
	expect((await ada.delete(`/posts/${body.id}`)).status).toBe(204);
});
