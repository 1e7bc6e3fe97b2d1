import { afterAll, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import * as oauth4webapi from "oauth4webapi";
import * as openidClient from "openid-client";
import { ResourceOwnerPassword, type Token } from "simple-oauth2";
import { AppError } from "../../src/core/errors";
import { operator } from "../../src/core/permissions";
import { memoryStores, password, type Reply, secret, type TestApp, testApp } from "../support/app";

const form = { "content-type": "application/x-www-form-urlencoded" };
type Fields = Record<string, string>;

/** Sends a form as an OAuth2 client does. */
const send = ({ anonymous }: TestApp, path: string, fields: Fields | string, headers: Record<string, string> = {}) =>
	anonymous.post(path, String(new URLSearchParams(fields)), { ...form, ...headers });
const token = (app: TestApp, fields: Fields | string, headers?: Record<string, string>) =>
	send(app, "/oauth/token", fields, headers);
const revoke = (app: TestApp, fields: Fields | string, headers?: Record<string, string>) =>
	send(app, "/oauth/revoke", fields, headers);

const ada = { grant_type: "password", username: "ada", password };
const refreshing = (refreshToken: string) => ({ grant_type: "refresh_token", refresh_token: refreshToken });
const basic = (credentials: string) => ({ authorization: `Basic ${btoa(credentials)}` });
const publicOnly = "This server has public clients only. Send no secret.";

async function appWithAda(options?: Parameters<typeof testApp>[0]) {
	const app = testApp(options);
	return { ...app, ada: await app.as("ada") };
}

/** Holds a refusal to RFC 6749, 5.2: two fields, the characters that they may have, and the headers. */
function expectError({ status, headers, body }: Reply, expectedStatus: number, error: string, description?: string) {
	expect({ status, error: body.error }).toEqual({ status: expectedStatus, error });
	expect(Object.keys(body)).toEqual(["error", "error_description"]);
	expect(body.error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
	if (description) expect(body.error_description).toBe(description);
	expect(headers.get("content-type")).toBe("application/json");
	expect([headers.get("cache-control"), headers.get("pragma")]).toEqual(["no-store", "no-cache"]);
	expect(headers.get("www-authenticate")).toBe(error === "invalid_client" ? 'Basic realm="minifeed"' : null);
}

/** What a library does of OAuth2; `errorOf` takes the `error` of the server out of what it threw. */
type Library = {
	signIn: (username: string, password: string) => Promise<Token>;
	refresh: (refreshToken: string) => Promise<Token>;
	revoke: (token: string, kind: "access_token" | "refresh_token") => Promise<unknown>;
	errorOf: (thrown: unknown) => unknown;
};

const origin = "http://localhost";
const server = {
	issuer: origin,
	token_endpoint: `${origin}/oauth/token`,
	revocation_endpoint: `${origin}/oauth/revoke`,
};

/** As the libraries call what they are given in place of fetch. */
const fetchFrom =
	({ app }: TestApp) =>
	(url: string, init: object) =>
		app.handle(new Request(url, init as RequestInit));

const listening: { stop: (force: boolean) => unknown }[] = [];
afterAll(() => Promise.all(listening.map((each) => each.stop(true))));

const libraries: Record<string, (app: TestApp) => Library> = {
	oauth4webapi(app) {
		const client = { client_id: "notes" };
		const none = oauth4webapi.None();
		const options = { [oauth4webapi.customFetch]: fetchFrom(app), [oauth4webapi.allowInsecureRequests]: true };
		return {
			async signIn(username, password) {
				const fields = { username, password };
				const { genericTokenEndpointRequest: ask, processGenericTokenEndpointResponse: read } = oauth4webapi;
				return read(server, client, await ask(server, client, none, "password", fields, options));
			},
			async refresh(refreshToken) {
				const { refreshTokenGrantRequest: ask, processRefreshTokenResponse: read } = oauth4webapi;
				return read(server, client, await ask(server, client, none, refreshToken, options));
			},
			async revoke(token, kind) {
				const more = { ...options, additionalParameters: { token_type_hint: kind } };
				const answer = await oauth4webapi.revocationRequest(server, client, none, token, more);
				return oauth4webapi.processRevocationResponse(answer);
			},
			errorOf: (thrown) => thrown instanceof oauth4webapi.ResponseBodyError && thrown.error,
		};
	},

	"openid-client"(app) {
		const configuration = new openidClient.Configuration(server, "notes", undefined, openidClient.None());
		configuration[openidClient.customFetch] = fetchFrom(app);
		openidClient.allowInsecureRequests(configuration);
		return {
			signIn: (username, password) =>
				openidClient.genericGrantRequest(configuration, "password", { username, password }),
			refresh: (refreshToken) => openidClient.refreshTokenGrant(configuration, refreshToken),
			revoke: (token, kind) => openidClient.tokenRevocation(configuration, token, { token_type_hint: kind }),
			errorOf: (thrown) => thrown instanceof openidClient.ResponseBodyError && thrown.error,
		};
	},

	/** Knows no fetch, and sends HTTP Basic: for a public client with an empty secret. */
	"simple-oauth2"({ app }) {
		const http = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: (request) => app.handle(request) });
		listening.push(http);
		const client = new ResourceOwnerPassword({
			client: { id: "notes", secret: "" },
			auth: { tokenHost: `http://127.0.0.1:${http.port}` },
		});
		return {
			signIn: async (username, password) => (await client.getToken({ username, password })).token,
			refresh: async (refreshToken) => (await client.createToken({ refresh_token: refreshToken }).refresh()).token,
			revoke: (token, kind) => client.createToken({ [kind]: token }).revoke(kind),
			errorOf: (thrown) => (thrown as { data?: { payload?: { error?: unknown } } }).data?.payload?.error,
		};
	},
};

describe.each(Object.entries(libraries))("%s", (_, connect) => {
	const connected = async () => {
		const app = await appWithAda();
		const library = connect(app);
		const failure = async (call: Promise<unknown>) =>
			library.errorOf(await call.then(() => expect.unreachable("the call succeeded"), Object));
		const me = async ({ access_token: accessToken }: Token) => {
			const { status, body } = await app.withToken(String(accessToken)).get("/auth/me");
			return status === 200 ? body.username : status;
		};
		return { ...library, failure, me };
	};

	test("signs in with a password and refreshes", async () => {
		const { signIn, refresh, failure, me } = await connected();
		const first = await signIn("ada", password);
		const second = await refresh(String(first.refresh_token));

		expect([first.expires_in, await me(first)]).toEqual([1800, "ada"]);
		expect([second.refresh_token === first.refresh_token, await me(second)]).toEqual([false, "ada"]);
		expect(await failure(signIn("ada", "not the password"))).toBe("invalid_grant");
	});

	test("learns that a refresh token was spent", async () => {
		const { signIn, refresh, failure, me } = await connected();
		const first = await signIn("ada", password);
		const second = await refresh(String(first.refresh_token));
		const third = await refresh(String(second.refresh_token));

		expect(await failure(refresh(String(first.refresh_token)))).toBe("invalid_grant");
		expect(await me(third)).toBe(401); // somebody else had a copy
	});

	test.each(["access_token", "refresh_token"] as const)("ends a session with its %s", async (kind) => {
		const { signIn, refresh, revoke, failure, me } = await connected();
		const [tokens, others] = [await signIn("ada", password), await signIn("ada", password)];
		await revoke(String(tokens[kind]), kind);
		await revoke(String(tokens[kind]), kind);

		expect([await me(tokens), await me(others)]).toEqual([401, "ada"]);
		expect(await failure(refresh(String(tokens.refresh_token)))).toBe("invalid_grant");
	});
});

test("tokens are answered as the standard has it, and by nothing more", async () => {
	const app = await appWithAda();
	const first = await token(app, ada);
	const second = await token(app, refreshing(first.body.refresh_token));

	for (const { status, headers, body } of [first, second]) {
		expect([status, headers.get("content-type")?.split(";")[0]]).toEqual([200, "application/json"]);
		expect([headers.get("cache-control"), headers.get("pragma")]).toEqual(["no-store", "no-cache"]);
		expect(body).toEqual({
			access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
			token_type: "Bearer",
			expires_in: 1800,
			refresh_token: expect.stringMatching(/^[\w-]{43}$/),
		});
		expect((await app.withToken(body.access_token).get("/auth/me")).body.username).toBe("ada");
	}
});

test("an e-mail address is a username, and sessions are the same as those of /auth", async () => {
	const app = await appWithAda();
	expect((await token(app, { ...ada, username: "Ada@Example.com" })).status).toBe(200);

	const { body: taken } = await token(app, refreshing(app.ada.refreshToken));
	const { body: given } = await app.anonymous.post("/auth/refresh", { refresh_token: taken.refresh_token });
	expect(given.user.username).toBe("ada");
});

test("an unknown user and a wrong password look the same", async () => {
	const app = await appWithAda();
	const wrong = await token(app, { ...ada, password: "not the password" });
	const unknown = await token(app, { ...ada, username: "nobody_here", password: "not the password" });

	expectError(wrong, 400, "invalid_grant", "The username or the password is wrong.");
	expect(unknown.body).toEqual(wrong.body);
	for (const reply of [wrong, unknown]) reply.headers.delete("x-request-id");
	expect([...unknown.headers]).toEqual([...wrong.headers]);
});

test.each([
	["no grant type", { username: "ada", password }, "invalid_request"],
	["an empty grant type", { ...ada, grant_type: "" }, "invalid_request"],
	["no username", { grant_type: "password", password }, "invalid_request"],
	["an empty username", { ...ada, username: "" }, "invalid_request"],
	["no password", { grant_type: "password", username: "ada" }, "invalid_request"],
	["an empty password", { ...ada, password: "" }, "invalid_request"],
	["a password of 257 characters", { ...ada, password: "x".repeat(257) }, "invalid_request"],
	["a username with NUL", { ...ada, username: "ada\0" }, "invalid_request"],
	["no refresh token", { grant_type: "refresh_token" }, "invalid_request"],
	["an empty refresh token", { grant_type: "refresh_token", refresh_token: "" }, "invalid_request"],
	["an unknown refresh token", refreshing("never given"), "invalid_grant"],
	["a refresh token of 60,000 characters", refreshing("x".repeat(60_000)), "invalid_grant"],
	["another grant", { grant_type: "client_credentials" }, "unsupported_grant_type"],
	["an inherited grant", { grant_type: "constructor" }, "unsupported_grant_type"],
	["a grant in capitals", { ...ada, grant_type: "Password" }, "unsupported_grant_type"],
	["a scope of two spaces", { ...ada, scope: "read  write" }, "invalid_scope"],
	["a scope with a quote", { ...ada, scope: 'read"' }, "invalid_scope"],
	["a scope beyond ASCII", { ...ada, scope: "läsa" }, "invalid_scope"],
])("a request for tokens with %s", async (_, fields, error) => {
	expectError(await token(await appWithAda(), fields as Fields), 400, error);
});

test("a parameter may come only once, be it one that nobody knows", async () => {
	const app = await appWithAda();
	const good = String(new URLSearchParams(ada));
	for (const more of ["grant_type=password", "username=ada", "password=x", "scope=&scope=", "x=1&x=1"])
		expectError(await token(app, `${good}&${more}`), 400, "invalid_request", "The body has a field more than once.");
	expectError(await revoke(app, "token=a&token=b"), 400, "invalid_request");
	expect((await token(app, `${good}&x=1&resource=y`)).status).toBe(200);
});

test("what has no value counts as left out", async () => {
	const app = await appWithAda();
	const { status, body } = await token(app, { ...ada, scope: "", client_id: "", client_secret: "", refresh_token: "" });
	expect([status, "scope" in body]).toEqual([200, false]);
	expect((await token(app, { ...refreshing(body.refresh_token), username: "", password: "" })).status).toBe(200);
	expectError(await revoke(app, "token="), 400, "invalid_request", "token: Is required.");
	expectError(await revoke(app, "token_type_hint=access_token"), 400, "invalid_request");
});

test("a scope is not what was asked for, and the answer says so", async () => {
	const app = await appWithAda();
	const { body } = await token(app, { ...ada, scope: "openid profile read:posts" });
	expect(body.scope).toBe("all");
	expect((await token(app, { ...refreshing(body.refresh_token), scope: "all" })).body.scope).toBe("all");
});

test("a malformed scope spends no refresh token", async () => {
	const app = await appWithAda();
	expectError(await token(app, { ...refreshing(app.ada.refreshToken), scope: " " }), 400, "invalid_scope");
	const { body } = await token(app, refreshing(app.ada.refreshToken));
	expect((await token(app, refreshing(body.refresh_token))).status).toBe(200);
});

test.each([
	["JSON", "application/json", JSON.stringify(ada)],
	["multipart", "multipart/form-data; boundary=x", "--x--"],
	["text", "text/plain", "grant_type=password"],
	["no type", "", "grant_type=password"],
	["another character set", "application/x-www-form-urlencoded; charset=utf-16", "grant_type=password"],
	["nothing", form["content-type"], undefined],
	["an empty form", form["content-type"], ""],
	["no UTF-8", form["content-type"], new Uint8Array([0x61, 0x3d, 0xff])],
	["more than 64 KiB", form["content-type"], `token=${"x".repeat(65_536)}`],
])("a body of %s is refused in the way of OAuth2", async (_, type, body) => {
	const { request } = testApp();
	const headers = type ? { "content-type": type } : undefined;
	const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
	for (const path of ["/oauth/token", "/oauth/revoke"])
		expectError(await request("POST", path, { body: bytes, headers }), 400, "invalid_request");
});

test("a refresh token that expired or was revoked is an invalid grant", async () => {
	const app = await appWithAda();
	const { body: other } = await token(app, ada);
	await app.anonymous.post("/auth/logout", { refresh_token: other.refresh_token });
	expectError(await token(app, refreshing(other.refresh_token)), 400, "invalid_grant");
	app.clock.now = new Date(app.clock.now.getTime() + 7 * 86_400_000);
	expectError(await token(app, refreshing(app.ada.refreshToken)), 400, "invalid_grant");
});

test("who is suspended has no grant, and learns why only with the password", async () => {
	const app = await appWithAda();
	await app.accounts.admin.suspend("ada", operator);

	expectError(await token(app, ada), 400, "invalid_grant", "This account is suspended.");
	const wrong = await token(app, { ...ada, password: "not the password" });
	expectError(wrong, 400, "invalid_grant", "The username or the password is wrong.");
	expectError(await token(app, refreshing(app.ada.refreshToken)), 400, "invalid_grant");
});

test("any client is a public one, whatever it calls itself", async () => {
	const app = await appWithAda();
	for (const clientId of ["notes", "läsare", "x".repeat(1000)])
		expect((await token(app, { ...ada, client_id: clientId })).status).toBe(200);
	for (const header of [basic("notes:"), basic(":"), basic("a%20b:"), { authorization: `bASIC  ${btoa("notes:")}` }]) {
		const { status, body } = await token(app, { ...ada, client_id: "notes", client_secret: "" }, header);
		expect([header, status]).toEqual([header, 200]);
		expect((await revoke(app, { token: body.refresh_token }, header)).status).toBe(200);
	}
});

test("a client with a secret is told that nobody gave it one", async () => {
	const app = await appWithAda();
	for (const [endpoint, fields] of [
		[token, ada],
		[revoke, { token: app.ada.refreshToken }],
	] as const) {
		for (const credentials of ["notes:s3cret", ":s3cret", "notes::", "notes", ""])
			expectError(await endpoint(app, fields, basic(credentials)), 401, "invalid_client", publicOnly);
		for (const authorization of ["", "Basic", "Basic %%%", "Bearer x", `Bearer ${app.ada.accessToken}`])
			expectError(await endpoint(app, fields, { authorization }), 401, "invalid_client", publicOnly);
		expectError(await endpoint(app, { ...fields, client_secret: "s3cret" }), 401, "invalid_client", publicOnly);
		const twice = await endpoint(app, { ...fields, client_secret: "s3cret" }, basic("notes:s3cret"));
		expectError(twice, 400, "invalid_request");
	}
	expect((await app.ada.get("/auth/me")).status).toBe(200);
});

test("nothing that was sent comes back, whatever is wrong with it", async () => {
	const app = await appWithAda();
	const canary = "hunter2-canary";
	const replies = [
		await token(app, { ...ada, password: canary }),
		await token(app, { ...ada, username: canary }),
		await token(app, { ...ada, username: `${canary}\0` }),
		await token(app, { grant_type: canary, [canary]: canary }),
		await token(app, refreshing(canary)),
		await token(app, { ...ada, scope: `${canary}"` }),
		await token(app, { ...ada, client_secret: canary }),
		await token(app, { ...ada, scope: canary, client_id: canary }, basic(`${canary}:`)),
		await token(app, ada, basic(`${canary}:${canary}`)),
		await token(app, `${canary}=1&${canary}=2`),
		await revoke(app, { token: canary, token_type_hint: canary }),
		await app.anonymous.post("/oauth/token", { password: canary }),
	];
	for (const { body, headers } of replies) expect(JSON.stringify([body, [...headers]])).not.toContain("canary");
	expect(app.failures).toEqual([]);
});

test("what is our fault keeps its status, and says so in JSON that any client can read", async () => {
	const stores = memoryStores();
	const app = await appWithAda({ stores });
	const failing = (error: Error) => {
		stores.users.credentialsByLogin = () => Promise.reject(error);
		return token(app, ada);
	};

	const busy = await failing(new AppError("busy", "Too many at once."));
	expectError(busy, 503, "temporarily_unavailable");
	expect(busy.headers.get("retry-after")).toBe("2");
	expectError(await failing(new AppError("storage_full", "The disk is full.")), 507, "server_error");
	expect(app.failures).toEqual([]);
	const broken = await failing(new Error("no such table at /home/ada/secret"));
	expectError(broken, 500, "server_error", "The server failed to handle this request.");
	expect(app.failures).toHaveLength(1);
});

test("a storm of logins is refused with 503 rather than queued without end", async () => {
	const app = await appWithAda();
	const replies = await Promise.all(
		Array.from({ length: 300 }, () => token(app, { ...ada, password: "not the password" })),
	);
	expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([400, 503]));
	for (const reply of replies.filter(({ status }) => status === 503)) {
		expectError(reply, 503, "temporarily_unavailable");
		expect(reply.headers.get("retry-after")).toMatch(/^\d+$/);
	}
});

describe("revoking", () => {
	test.each(["access_token", "refresh_token"])("a session's %s ends it at once, and no other", async (kind) => {
		const app = await appWithAda();
		const { body } = await token(app, ada);
		const { status, headers, body: empty } = await revoke(app, { token: body[kind] });

		expect([status, empty]).toEqual([200, ""]);
		expect([headers.get("cache-control"), headers.get("pragma")]).toEqual(["no-store", "no-cache"]);
		expect((await app.withToken(body.access_token).get("/auth/me")).status).toBe(401);
		expectError(await token(app, refreshing(body.refresh_token)), 400, "invalid_grant");
		expect((await app.ada.get("/auth/me")).status).toBe(200);
	});

	test("a hint may be wrong, or one that nobody knows", async () => {
		const app = await appWithAda();
		for (const [kind, hint] of [
			["access_token", "refresh_token"],
			["refresh_token", "access_token"],
			["refresh_token", "id_token"],
		] as const) {
			const { body } = await token(app, ada);
			expect((await revoke(app, { token: body[kind], token_type_hint: hint })).status).toBe(200);
			expect((await app.withToken(body.access_token).get("/auth/me")).status).toBe(401);
		}
	});

	test("a refresh token that was spent still ends its session", async () => {
		const app = await appWithAda();
		const { body } = await token(app, refreshing(app.ada.refreshToken));
		await revoke(app, { token: app.ada.refreshToken });
		expect((await app.withToken(body.access_token).get("/auth/me")).status).toBe(401);
	});

	test("a personal access token ends alone, and the record says whose it was", async () => {
		const app = await appWithAda();
		const make = async (name: string) => (await app.ada.post("/auth/tokens", { name, scopes: ["read"] })).body.token;
		const [found, kept] = [await make("found"), await make("kept")];
		for (const each of [found, found, "mf_never-given"]) {
			const { status, body } = await revoke(app, { token: each });
			expect([status, body]).toEqual([200, ""]);
		}

		expect((await app.withToken(found).get("/auth/me")).status).toBe(401);
		expect((await app.withToken(kept).get("/auth/me")).status).toBe(200);
		expect((await app.ada.get("/auth/me")).status).toBe(200);
		const { items } = await app.stores.audit.page({ action: "token_deleted" }, { limit: 10 });
		expect(items.map(({ actor, subject }) => [actor, subject])).toEqual([[null, "ada"]]);
	});

	test("what is no token of ours is answered alike, and ends nothing", async () => {
		const app = await appWithAda();
		const [header, claims] = app.ada.accessToken.split(".");
		const forge = (key: string) =>
			`${header}.${claims}.${createHmac("sha256", key).update(`${header}.${claims}`).digest("base64url")}`;
		const unknown = ["x", "a.b.c", "\0", "x".repeat(60_000), forge("another secret, just as long as the real one")];
		for (const each of unknown) {
			const { status, body } = await revoke(app, { token: each });
			expect([status, body]).toEqual([200, ""]);
		}
		expect((await app.ada.get("/auth/me")).status).toBe(200);
		await revoke(app, { token: forge(secret) }); // the forge itself works
		expect((await app.ada.get("/auth/me")).status).toBe(401);
	});

	test("an access token that expired proves nothing any more", async () => {
		const app = await appWithAda();
		app.clock.now = new Date(app.clock.now.getTime() + 1_800_000);
		expect((await revoke(app, { token: app.ada.accessToken })).status).toBe(200);
		expect((await token(app, refreshing(app.ada.refreshToken))).status).toBe(200);
	});
});

test("sessions and failures are written down as those of /auth are", async () => {
	const app = await appWithAda();
	const { body } = await token(app, ada, { "user-agent": "notes/1.0" });
	await token(app, { ...ada, password: "not the password" });
	const second = await token(app, refreshing(body.refresh_token));
	await token(app, refreshing(second.body.refresh_token));
	await token(app, refreshing(body.refresh_token));

	await token(app, ada, { "user-agent": "notes/1.0" });
	const devices = (await app.ada.get("/auth/sessions")).body.items.map(({ device }: { device: string }) => device);
	expect(devices.sort()).toEqual(["", "notes"]);
	const { items } = await app.stores.audit.page({ user: "ada" }, { limit: 10 });
	const actions = items.map(({ action }) => action).reverse();
	expect(actions.slice(-4)).toEqual(["signed_in", "sign_in_failed", "refresh_token_replayed", "signed_in"]);
});

test("only these two answer in the way of OAuth2", async () => {
	const app = testApp();
	const get = await app.anonymous.get("/oauth/token");
	expect([get.status, get.body.code, get.headers.get("allow")]).toEqual([405, "method_not_allowed", "OPTIONS, POST"]);
	const login = await send(app, "/auth/login", ada);
	expect([login.status, login.body.code]).toEqual([401, "unauthenticated"]);
	expect(login.headers.has("pragma")).toBe(false);
});

test("the document says what goes in and what comes out", async () => {
	const { body: document } = await testApp().anonymous.get("/openapi.json");
	for (const path of ["/oauth/token", "/oauth/revoke"]) {
		const { requestBody, responses } = document.paths[path].post;
		expect(Object.keys(requestBody.content)).toEqual(["application/x-www-form-urlencoded"]);
		expect(Object.keys(responses)).toEqual(["200", "400", "401", "429", "500", "503", "507"]);
		expect(Object.keys(responses[401].headers)).toContain("WWW-Authenticate");
		expect(Object.keys(responses[503].headers)).toContain("Retry-After");
	}
	const errors = Object.values(document.components.schemas.OAuthError.properties.error.enum as string[]);
	expect(errors.sort()).toEqual(["invalid_grant", "invalid_request", "invalid_scope", "unsupported_grant_type"]);
});
