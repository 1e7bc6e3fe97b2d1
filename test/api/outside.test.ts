import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { AppOptions } from "../../src/app";
import { password, testApp } from "../support/app";
import { runs } from "../support/runs";

const proxies = ["10.0.0.0/8"];
const proxy = "10.0.0.1";
const visitor = "203.0.113.7";

/** An app that proxies may stand in front of, and what its links to others start with. */
async function site(options: Partial<AppOptions> = {}) {
	const app = testApp({
		trustedProxies: proxies,
		peers: { requestIP: ({ headers }: Request) => ({ address: headers.get("x-peer") ?? visitor }) },
		...options,
	});
	const root = await app.asAdmin("root1");
	const linkFor = async (headers: Record<string, string>) => {
		const reply = await root.post("/admin/users/root1/reset-link", {}, { "x-peer": proxy, ...headers });
		expect(reply.status).toBe(201);
		return reply.body.url.split("/link#")[0] as string;
	};
	return { app, root, linkFor };
}

type Headers = Record<string, string>;
const told = (proto: string | null, host: string | null, more: Headers = {}): Headers => ({
	...(proto !== null && { "x-forwarded-proto": proto }),
	...(host !== null && { "x-forwarded-host": host }),
	...more,
});

test.each<[headers: Headers, expected: string]>([
	[{}, "http://localhost"],
	[{ host: "feed.example" }, "http://feed.example"],
	[told("https", null), "https://localhost"],
	[told("HTTPS", null, { host: "feed.example" }), "https://feed.example"],
	[told("https", null, { host: "feed.example:8443" }), "https://feed.example:8443"],
	[told("https", "feed.example"), "https://feed.example"],
	[told("https", "Feed.Example:443"), "https://feed.example"],
	[told("http", "feed.example:8080"), "http://feed.example:8080"],
	[told(null, "feed.example"), "http://feed.example"],
	[told("https", "[2001:db8::1]:8443"), "https://[2001:db8::1]:8443"],
	// The proxy next to the server wrote the last entry.
	[told("http, https", "evil.example, feed.example", { "x-forwarded-for": visitor }), "https://feed.example"],
	[told("https, http", null), "http://localhost"],
	// If two proxies append, the outer one knows the address. Proxies that replace leave one entry.
	[told("https, http", "feed.example, inner", { "x-forwarded-for": `${visitor}, 10.0.0.2` }), "https://feed.example"],
	[
		told("gopher, https, http", "evil.example, feed.example, inner", {
			"x-forwarded-for": `198.51.100.1, ${visitor}, 10.0.0.2`,
		}),
		"https://feed.example",
	],
	[told("https", "feed.example", { "x-forwarded-for": `${visitor}, 10.0.0.2` }), "https://feed.example"],
	[told("https", "feed.example", { "x-forwarded-for": "unknown" }), "https://feed.example"],
	// Nonsense counts for nothing.
	[told("javascript", "feed.example"), "http://feed.example"],
	[told("", ""), "http://localhost"],
	[told("https:", "https://feed.example"), "http://localhost"],
	[told("https", "feed.example/evil"), "https://localhost"],
	[told("https", "ada@feed.example"), "https://localhost"],
	[told("https", "feed.example#"), "https://localhost"],
	[told("https", "feed example"), "https://localhost"],
	[told("https", "feed.example:99999"), "https://localhost"],
	[told("https", "1.2.3.999"), "https://localhost"],
	[told("https", "x".repeat(300)), "https://localhost"],
	[{ forwarded: "proto=https;host=feed.example" }, "http://localhost"],
])("behind a trusted proxy, %j makes links of %s", async (headers, expected) => {
	const { linkFor } = await site();
	expect(await linkFor(headers)).toBe(expected);
});

test("no other sender is believed", async () => {
	for (const options of [{}, { trustedProxies: [] }]) {
		const { linkFor } = await site(options);
		const peer = options.trustedProxies ? proxy : visitor;
		expect(await linkFor(told("https", "evil.example", { "x-peer": peer }))).toBe("http://localhost");
	}
});

test("whatever a proxy passes on, links lead to an address", async () => {
	const { linkFor } = await site();
	const host = fc.oneof(fc.string(), fc.webAuthority(), fc.constantFrom("a,", ",", '"a"', "[::1", "a:b", "%00"));
	const text = host.map((text) => text.replace(/[^\x20-\x7e]/g, ""));
	await fc.assert(
		fc.asyncProperty(text, text, async (proto, host) => {
			expect(await linkFor(told(proto, host))).toMatch(/^https?:\/\/(?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?$/);
		}),
		{ numRuns: runs(50) },
	);
});

test("PUBLIC_URL is believed more than any header", async () => {
	const { linkFor } = await site({ publicUrl: "https://feed.example" });
	expect(await linkFor(told("http", "other.example"))).toBe("https://feed.example");
});

test("a Host that is no address is refused where a link would need it", async () => {
	const { root } = await site();
	const reply = await root.post("/admin/users/root1/reset-link", {}, { host: "1.2.3.999" });
	expect([reply.status, reply.body.code]).toEqual([400, "malformed"]);
});

describe("with ALLOWED_HOSTS", () => {
	const allowedHosts = ["feed.example"];
	const get = async (headers: Headers) => {
		const { app } = await site({ allowedHosts });
		return (await app.anonymous.get("/posts/", undefined, { "x-peer": proxy, ...headers })).status;
	};

	test.each<[Headers, number]>([
		[{ host: "feed.example" }, 200],
		[{ host: "127.0.0.1:8000" }, 400],
		[{ host: "127.0.0.1:8000", "x-forwarded-host": "Feed.example:443" }, 200],
		[{ host: "127.0.0.1:8000", "x-forwarded-host": "evil.example" }, 400],
		[{ host: "127.0.0.1:8000", "x-forwarded-host": "feed.example", "x-peer": visitor }, 400],
		[{ host: "feed.example", "x-forwarded-host": "evil.example" }, 200],
	])("%j is answered with %i", async (headers, status) => {
		expect(await get(headers)).toBe(status);
	});

	test("links never lead to another host", async () => {
		const { app } = await site({ allowedHosts });
		const host = { host: "feed.example", "x-peer": proxy };
		const { body } = await app.anonymous.post("/auth/login", { username: "root1", password }, host);
		const root = app.withToken(body.access_token);
		const made = await root.post("/invites", {}, { ...host, ...told("https", "evil.example") });
		expect(made.body.url).toStartWith("https://feed.example/link#");
	});
});
