import { expect, test } from "bun:test";
import { resolve } from "node:path";
import { type Client, type Person, type Reply, testApp } from "../support/app";

// Every header that is parsed is read up to a bound, which stands where it is parsed. Each case sends one that would mean
// something if it were read to its end.

const filler = (characters: number) => "x".repeat(characters);
const proxy = "10.0.0.1";
type Api = { anonymous: Client; ada: Person; postId: string; etag: string };

const cases: Record<string, { send: (api: Api) => Promise<Reply>; expected: object }> = {
	"user-agent": {
		send: async ({ anonymous, ada }) => {
			const headers = { "user-agent": `(${filler(520)}) Firefox/140.0 (Linux)` };
			const { body } = await anonymous.post("/auth/login", { username: "ada", password: ada.password }, headers);
			const { body: sessions } = await ada.get("/auth/sessions");
			expect(body.access_token).toBeString();
			return {
				status: 200,
				headers: new Headers(),
				body: sessions.items.map(({ device }: { device: string }) => device),
			};
		},
		expected: { body: ["", ""] },
	},
	"x-forwarded-for": {
		send: async ({ anonymous, ada }) => {
			const hops = ["203.0.113.9", ...Array(16).fill(proxy)];
			const headers = { "x-forwarded-for": hops.join(", "), "x-peer": proxy };
			await anonymous.post("/auth/login", { username: "ada", password: ada.password }, headers);
			const { body } = await ada.get("/auth/sessions");
			return { status: 200, headers: new Headers(), body: body.items[0].address };
		},
		expected: { body: "10.0.0.0/24" },
	},
	"x-forwarded-host": {
		send: ({ ada }) =>
			ada.post("/invites", {}, { "x-peer": proxy, "x-forwarded-host": `a,${" ".repeat(300)}feed.example` }),
		expected: { body: { url: expect.stringMatching(/^http:\/\/localhost\//) } },
	},
	"x-forwarded-proto": {
		send: ({ ada }) =>
			ada.post("/invites", {}, { "x-peer": proxy, "x-forwarded-proto": `http,${" ".repeat(300)}https` }),
		expected: { body: { url: expect.stringMatching(/^http:\/\/localhost\//) } },
	},
	authorization: {
		send: ({ anonymous, ada }) =>
			anonymous.get("/auth/me", undefined, { authorization: `Bearer${" ".repeat(1100)}${ada.accessToken}` }),
		expected: { status: 401, body: { code: "unauthenticated" } },
	},
	"content-type": {
		send: ({ ada }) =>
			ada.post("/posts/", { content: "x" }, { "content-type": `application/json; a=${filler(300)}; charset=utf-8` }),
		expected: { status: 415, body: { code: "unsupported_media" } },
	},
	"content-length": {
		send: ({ ada }) => ada.post("/posts/", { content: "x" }, { "content-length": `${"0".repeat(15)}15` }),
		expected: { status: 413, body: { code: "too_large" } },
	},
	"if-none-match": {
		send: ({ anonymous, postId, etag }) =>
			anonymous.get(`/posts/${postId}`, undefined, { "if-none-match": `"${filler(1100)}", ${etag}` }),
		expected: { status: 200 },
	},
	"accept-encoding": {
		send: ({ anonymous }) =>
			anonymous.get("/openapi.json", undefined, { "accept-encoding": `${"x,".repeat(128)}gzip` }),
		expected: { body: { openapi: "3.1.0" } },
	},
	host: {
		send: ({ anonymous }) => anonymous.get("/posts/", undefined, { host: `${filler(300)}:8000` }),
		expected: { status: 400, body: { code: "malformed" } },
	},
	origin: {
		send: ({ anonymous }) => anonymous.get("/posts/", undefined, { origin: `https://${filler(15_000)}.example` }),
		expected: { status: 200 },
	},
};

async function api(): Promise<Api> {
	const { anonymous, as } = testApp({
		corsOrigins: ["https://app.example"],
		trustedProxies: [proxy],
		peers: { requestIP: ({ headers }: Request) => ({ address: headers.get("x-peer") ?? "203.0.113.1" }) },
	});
	const ada = await as("ada");
	const { body } = await ada.post("/posts/", { content: "x" });
	const { headers } = await anonymous.get(`/posts/${body.id}`);
	return { anonymous, ada, postId: body.id, etag: headers.get("etag") ?? "" };
}

test.each(Object.keys(cases))("%s is read up to a bound", async (name) => {
	const found = cases[name];
	expect(await found?.send(await api())).toMatchObject(found?.expected ?? {});
});

test("within their bounds they mean what they say", async () => {
	const { anonymous, ada, postId, etag } = await api();
	const spaced = { authorization: `Bearer${" ".repeat(100)}${ada.accessToken}` };
	expect((await anonymous.get("/auth/me", undefined, spaced)).status).toBe(200);
	const typed = { "content-type": `application/json; a=${filler(200)}; charset=utf-8` };
	expect((await ada.post("/posts/", { content: "x" }, typed)).status).toBe(201);
	const known = { "if-none-match": `"${filler(900)}", ${etag}` };
	expect((await anonymous.get(`/posts/${postId}`, undefined, known)).status).toBe(304);
	expect((await anonymous.get("/posts/", undefined, { host: `${filler(253)}:65535` })).status).toBe(200);
	const told = {
		"x-peer": proxy,
		"x-forwarded-proto": `http,${" ".repeat(250)}https`,
		"x-forwarded-host": "feed.example",
	};
	expect((await ada.post("/invites", {}, told)).body.url).toStartWith("https://feed.example/");
	const agent = { "user-agent": `(${filler(480)}) Firefox/140.0` };
	const forwarded = { "x-forwarded-for": ["203.0.114.9", ...Array(15).fill(proxy)].join(","), "x-peer": proxy };
	await anonymous.post("/auth/login", { username: "ada", password: ada.password }, { ...agent, ...forwarded });
	const { body } = await ada.get("/auth/sessions");
	expect(body.items[0]).toMatchObject({ device: "Firefox", address: "203.0.114.0/24" });
});

test("a client's name and secret for OAuth2 are read up to the bound of Authorization", async () => {
	const { anonymous, ada } = await api();
	const token = (client: string) =>
		anonymous.post(
			"/oauth/token",
			String(new URLSearchParams({ grant_type: "password", username: "ada", password: ada.password })),
			{
				"content-type": "application/x-www-form-urlencoded",
				authorization: `Basic ${btoa(`${client}:`)}`,
			},
		);
	expect((await token(filler(700))).status).toBe(200);
	expect(await token(filler(1000))).toMatchObject({ status: 401, body: { error: "invalid_client" } });
});

test("no other header of a request is read", async () => {
	const root = resolve(import.meta.dir, "../..");
	const read = new Set<string>();
	for await (const path of new Bun.Glob("src/**/*.ts").scan(root)) {
		const text = await Bun.file(resolve(root, path)).text();
		for (const [, name = ""] of text.matchAll(/headers\.get\(([^)]*)\)/g)) read.add(name);
	}
	expect([...read].sort()).toEqual(
		Object.keys(cases)
			.map((name) => `"${name}"`)
			.sort(),
	);
});
