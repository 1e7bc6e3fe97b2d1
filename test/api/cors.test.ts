import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { loadConfig } from "../../src/config/config";
import { answerMigrating } from "../../src/server/upgrade";
import { testApp } from "../support/app";

const origin = "https://app.example";
const preflight = { origin, "access-control-request-method": "POST" };

test("pages of a configured origin may call, also when the answer is an error", async () => {
	const { anonymous } = testApp({ corsOrigins: [origin] });
	const reply = await anonymous.options("/posts/", undefined, preflight);

	expect(reply.status).toBe(204);
	expect(reply.headers.get("access-control-allow-origin")).toBe(origin);
	expect(reply.headers.get("access-control-allow-headers")).toContain("Authorization");
	expect(reply.headers.get("vary")).toBe("Origin");
	expect(reply.headers.get("access-control-max-age")).toBe("7200");
	for (const path of ["/posts/", "/nope", "/auth/me"])
		expect((await anonymous.get(path, undefined, { origin })).headers.get("access-control-allow-origin")).toBe(origin);
});

test("pages of any other origin may not", async () => {
	for (const app of [testApp(), testApp({ corsOrigins: ["https://other.example", `${origin}.evil.example`] })]) {
		const reply = await app.anonymous.options("/posts/", undefined, preflight);
		expect([reply.status, reply.headers.get("access-control-allow-origin")]).toEqual([204, null]);
		const get = await app.anonymous.get("/posts/", undefined, { origin });
		expect(get.headers.get("access-control-allow-origin")).toBeNull();
	}
});

test("a star lets any origin in, and never with credentials", async () => {
	const { headers } = await testApp({ corsOrigins: ["*"] }).anonymous.get("/posts/", undefined, { origin });

	expect(headers.get("access-control-allow-origin")).toBe("*");
	expect(headers.has("access-control-allow-credentials")).toBe(false);
});

test("OPTIONS tells the methods of an address, and 404 where there is none", async () => {
	const { anonymous } = testApp();

	expect((await anonymous.options("/posts/")).headers.get("allow")).toBe("GET, HEAD, OPTIONS, POST");
	expect((await anonymous.options("/nope")).status).toBe(404);
});

const listOf = (headers: Headers, name: string) => (headers.get(name) ?? "").toLowerCase().split(", ");

test("a page may send what the API reads, and read what it answers", async () => {
	const { anonymous } = testApp({ corsOrigins: [origin] });
	const { headers } = await anonymous.options("/posts/", undefined, preflight);
	for (const name of ["authorization", "content-type", "if-none-match", "if-match", "idempotency-key", "range"])
		expect(listOf(headers, "access-control-allow-headers")).toContain(name);
	for (const method of ["get", "head", "post", "put", "patch", "delete"])
		expect(listOf(headers, "access-control-allow-methods")).toContain(method);

	const { headers: answered } = await anonymous.get("/posts/", undefined, { origin });
	for (const name of ["etag", "location", "link", "retry-after", "ratelimit", "x-request-id", "content-disposition"])
		expect(listOf(answered, "access-control-expose-headers")).toContain(name);
	expect(answered.has("access-control-allow-methods")).toBe(false);
});

test("no preflight of a configured origin fails, so that the request behind it can say what is wrong", async () => {
	const { anonymous } = testApp({ corsOrigins: [origin], allowedHosts: ["feed.example"] });
	const ask = async (path: string, host: string, from: string) =>
		(await anonymous.options(path, undefined, { ...preflight, host, origin: from })).status;
	expect(await ask("/nope", "feed.example", origin)).toBe(204);
	expect(await ask("/posts/", "other.example", origin)).toBe(204);
	expect(await ask("/nope", "feed.example", "https://other.example")).toBe(404);
	expect(await ask("/posts/", "other.example", "https://other.example")).toBe(400);
});

describe("a page can read that it was refused", () => {
	const busy = () => ({ why: "maintenance", message: "" }) as const;
	const forwarded = { "x-peer": "203.0.113.1" };
	test.each<[number, Parameters<typeof testApp>[0], string, string, unknown, Record<string, string>]>([
		[400, { allowedHosts: ["feed.example"] }, "get", "/posts/", undefined, { host: "other.example" }],
		[401, {}, "get", "/auth/me", undefined, {}],
		[401, {}, "get", "/posts/", undefined, { authorization: "Bearer x" }],
		[404, {}, "get", "/nope", undefined, {}],
		[405, {}, "delete", "/posts/", undefined, {}],
		[413, {}, "post", "/auth/login", "x", { "content-length": "999999999" }],
		[415, {}, "post", "/auth/login", "x", { "content-type": "text/plain" }],
		[422, {}, "post", "/auth/login", {}, {}],
		[400, {}, "post", "/oauth/token", "", { "content-type": "application/x-www-form-urlencoded" }],
		[503, { writeBlock: busy }, "post", "/auth/login", {}, {}],
	])("with %i", async (status, options, method, path, body, headers) => {
		const { anonymous } = testApp({ corsOrigins: [origin], ...options });
		const reply = await anonymous[method as "get"](path, body, { ...headers, ...forwarded, origin });
		expect([reply.status, reply.headers.get("access-control-allow-origin")]).toEqual([status, origin]);
		expect(listOf(reply.headers, "vary")).toContain("origin");
	});

	test("with 429", async () => {
		const { anonymous } = testApp({ corsOrigins: [origin], rateLimit: true });
		const wrong = { username: "ada", password: "wrong" };
		for (;;) {
			const { status, headers } = await anonymous.post("/auth/login", wrong, { origin });
			expect(headers.get("access-control-allow-origin")).toBe(origin);
			if (status === 429) break;
		}
	});

	test("with 500", async () => {
		const app = testApp({ corsOrigins: [origin] });
		app.stores.posts.byId = () => Promise.reject(new Error("broken"));
		const { status, headers } = await app.anonymous.get("/posts/x", undefined, { origin });
		expect([status, headers.get("access-control-allow-origin")]).toEqual([500, origin]);
	});

	test("while the database is brought up to date", () => {
		const answer = answerMigrating([origin]);
		const ask = (method: string, headers: Record<string, string>) =>
			answer(new Request("http://localhost/posts/", { method, headers }));
		expect(ask("OPTIONS", preflight).status).toBe(204);
		expect(ask("OPTIONS", preflight).headers.get("access-control-allow-methods")).toContain("PUT");
		expect(ask("GET", { origin }).status).toBe(503);
		expect(ask("GET", { origin }).headers.get("access-control-allow-origin")).toBe(origin);
		expect(ask("GET", { origin: "https://other.example" }).headers.has("access-control-allow-origin")).toBe(false);
	});
});

describe("a refused preflight is reported", () => {
	function reporting(corsOrigins: string[]) {
		const reported: [origin: string, advice: string][] = [];
		const observers = [{ refusedOrigin: (...report: [string, string]) => void reported.push(report) }];
		const { anonymous } = testApp({ corsOrigins, observers });
		const ask = (from: string, headers: Record<string, string> = preflight) =>
			anonymous.options("/posts/", undefined, { ...headers, origin: from });
		return { reported, ask, anonymous };
	}

	test("once for each origin, with the option that allows it", async () => {
		const { reported, ask } = reporting([origin]);
		for (const from of ["http://localhost:5173", origin, "http://localhost:5173", "https://b.example"]) await ask(from);
		expect(reported.map(([from]) => from)).toEqual(["http://localhost:5173", "https://b.example"]);
		expect(reported[0]?.[1]).toEndWith(`CORS_ORIGINS=${origin},http://localhost:5173`);
		await ask("null");
		expect(reported[2]?.[1]).toContain("file");
	});

	test("and nothing else is", async () => {
		const { reported, ask, anonymous } = reporting([]);
		await ask("https://b.example", {});
		await anonymous.get("/posts/", undefined, { origin: "https://b.example" });
		await anonymous.options("/posts/", undefined, { "access-control-request-method": "POST" });
		expect(reported).toEqual([]);
		const { ask: askAny, reported: never } = reporting(["*"]);
		await askAny("https://b.example");
		expect(never).toEqual([]);
	});

	test("for a hundred origins at most, and never with what no browser sends", async () => {
		const { reported, ask } = reporting([]);
		const hostile = fc.oneof(fc.string(), fc.webUrl(), fc.constant(`https://${"x".repeat(15_000)}.example`));
		await fc.assert(fc.asyncProperty(hostile, async (text) => void (await ask(text.replace(/[^\x20-\x7e]/g, "")))));
		expect(reported.filter(([from]) => !/^[a-z][a-z0-9+.-]*:\/\/[\w.:[\]-]{1,300}$|^null$/.test(from))).toEqual([]);
		for (let i = 0; i < 150; i++) await ask(`https://${i}.example`);
		expect(reported.length).toBe(100);
		expect(reported.filter(([, advice]) => advice.includes("reports no more origins")).length).toBe(1);
	});
});

test.each<[text: string, ...origins: string[]]>([
	["https://feed.example/", "https://feed.example"],
	["HTTPS://Feed.Example", "https://feed.example"],
	["https://feed.example:443", "https://feed.example"],
	["http://feed.example:80/", "http://feed.example"],
	["http://feed.example:443", "http://feed.example:443"],
	["https://b\u00fccher.example", "https://xn--bcher-kva.example"],
	["http://[::1]:5173", "http://[::1]:5173"],
	["http://localhost:5173 http://127.0.0.1:5173", "http://localhost:5173", "http://127.0.0.1:5173"],
	[" https://a.example ,https://b.example,, ", "https://a.example", "https://b.example"],
	["capacitor://localhost,tauri://localhost", "capacitor://localhost", "tauri://localhost"],
	["*", "*"],
])("CORS_ORIGINS=%s is understood", (text, ...expected) => {
	expect(loadConfig({ CORS_ORIGINS: text }).corsOrigins).toEqual(expected);
});

test.each([
	["null", "have no origin"],
	["file://", "have no origin"],
	["feed.example", "begins with http"],
	["localhost:5173", "begins with http"],
	["//feed.example", "begins with http"],
	["https://feed.example/app", "Leave out the rest"],
	["https://feed.example?x", "Leave out the rest"],
	["https://ada@feed.example", "Leave out the rest"],
	["https://*.feed.example", "stands alone"],
	["http://localhost:*", "stands alone"],
	["https://feed.example:99999", "not valid"],
	["https://", "not valid"],
	["app://a'b", "not valid"],
])("CORS_ORIGINS=%s is refused with its reason", (text, reason) => {
	expect(() => loadConfig({ CORS_ORIGINS: `https://a.example,${text}` })).toThrow("CORS_ORIGINS, entry 2");
	expect(() => loadConfig({ CORS_ORIGINS: text })).toThrow(reason);
});
