import { beforeAll, describe, expect, test } from "bun:test";
import type { TSchema } from "@sinclair/typebox";
import fc from "fast-check";
import { codingFor } from "../../src/http/compress";
import { type Person, type TestApp, testApp } from "../support/app";

const long = "Tea at four, in the garden. ".repeat(100);
let api: TestApp;
let ada: Person;
let path: string;
beforeAll(async () => {
	api = testApp({ corsOrigins: ["https://app.example"] });
	ada = await api.as("ada");
	path = `/posts/${(await ada.post("/posts/", { content: long })).body.id}`;
});

const decoded = { zstd: Bun.zstdDecompressSync, gzip: (bytes: Uint8Array) => Bun.gunzipSync(new Uint8Array(bytes)) };

async function ask(path: string, accepted: string | null, init: RequestInit = {}) {
	const headers = new Headers(init.headers);
	headers.set("authorization", `Bearer ${ada.accessToken}`);
	if (accepted !== null) headers.set("accept-encoding", accepted);
	const response = await api.app.handle(new Request(`http://localhost${path}`, { ...init, headers }));
	const coding = response.headers.get("content-encoding") as "zstd" | "gzip" | null;
	const bytes = await response.bytes();
	const text = Buffer.from(coding && bytes.length > 0 ? decoded[coding](bytes) : bytes).toString();
	return { status: response.status, headers: response.headers, coding, bytes, text };
}

test.each<[accepted: string | null, coding: string | null]>([
	["gzip, deflate, br, zstd", "zstd"],
	["gzip, deflate, br", "gzip"],
	["GZip", "gzip"],
	["x-gzip", "gzip"],
	["zstd;q=0.5,gzip;q=0.5", "zstd"],
	["zstd;q=0.5, gzip;q=0.8", "gzip"],
	["zstd;q=0, gzip", "gzip"],
	["gzip \t; \t Q=0.001 ", "gzip"],
	["gzip;q=1.000", "gzip"],
	["*", "gzip"],
	["*;q=0.1", "gzip"],
	["zstd;q=0, *", "gzip"],
	["identity;q=0, gzip;q=0.1", "gzip"],
	["identity;q=0.5, gzip", "gzip"],
	[null, null],
	["", null],
	["identity", null],
	["identity;q=0", null],
	["br, deflate", null],
	["gzip;q=0", null],
	["gzip;q=0.000, zstd;q=0.0", null],
	["gzip;q=0, *", null],
	["*;q=0", null],
	["identity, gzip;q=0.5", null],
	["gzip;q=1.5", null],
	["gzip;q=", null],
	["gzip;level=9", null],
	["notgzip, gzip2", null],
	[`${"x,".repeat(10_000)}gzip`, null],
])("Accept-Encoding: %s gets %s", async (accepted, coding) => {
	const [plain, reply] = [await ask(path, null), await ask(path, accepted)];
	expect([reply.status, reply.coding]).toEqual([200, coding as "gzip" | null]);
	expect(reply.text).toBe(plain.text);
	if (coding) expect(reply.bytes.length).toBeLessThan(plain.bytes.length / 5);
});

test("any Accept-Encoding is read, and what it refuses is never sent", () => {
	const name = fc.constantFrom("gzip", "zstd", "x-gzip", "br", "identity", "*", "", " ", "gzip gzip");
	const weight = fc.constantFrom("", ";q=0", ";q=0.5", ";q=1", ";q=2", ";q", "; q=0.3", ";x=1;q=0");
	const items = fc.array(fc.tuple(name, weight).map((parts) => parts.join("")));
	fc.assert(
		fc.property(items, (items) => {
			const coding = codingFor(new Request("http://localhost/", { headers: { "accept-encoding": items.join(",") } }));
			const named = items.filter((item) => item.startsWith(`${coding}`));
			if (coding === "zstd") expect(named.some((item) => !/q=0$/.test(item))).toBe(true);
			if (coding !== null && named.length > 0) expect(named.at(-1)).not.toMatch(/^\w+; ?q=0$/);
		}),
	);
});

test("a compressed answer has a tag of its own kind, which still finds that nothing changed", async () => {
	const tagOf = async (accepted: string | null, known = "") => {
		const { status, headers, bytes } = await ask(path, accepted, { headers: known ? { "if-none-match": known } : {} });
		expect(headers.get("vary")).toBe("Origin, Accept-Encoding, Authorization");
		if (status === 304) expect([bytes.length, headers.get("content-encoding")]).toEqual([0, null]);
		return [status, headers.get("etag") ?? ""] as const;
	};
	const [, strong] = await tagOf(null);
	const [, weak] = await tagOf("gzip");
	expect([strong, weak]).toEqual([expect.stringMatching(/^"\w+"$/), `W/${strong}`]);
	for (const known of [strong, weak]) {
		expect(await tagOf(null, known)).toEqual([304, strong]);
		expect(await tagOf("zstd", known)).toEqual([304, weak]);
	}
	expect(await tagOf("zstd", '"other"')).toEqual([200, weak]);
});

describe("over 1 KiB", () => {
	test.each([
		[1024, null],
		[1025, "gzip"],
	] as const)("%i bytes get %s", async (bytes, coding) => {
		const { body: short } = await ada.post("/posts/", { content: "x" });
		const rest = bytes - (await ask(`/posts/${short.id}`, null)).bytes.length;
		const { body } = await ada.post("/posts/", { content: "x".repeat(1 + rest) });
		const reply = await ask(`/posts/${body.id}`, "gzip");
		expect([Buffer.byteLength(reply.text), reply.coding]).toEqual([bytes, coding]);
	});

	test("bytes count, not characters", async () => {
		const { body } = await ada.post("/posts/", { content: "茶".repeat(300) });
		const plain = await ask(`/posts/${body.id}`, null);
		expect(plain.text.length).toBeLessThan(1024);
		expect((await ask(`/posts/${body.id}`, "zstd")).coding).toBe("zstd");
	});
});

test.each(["GET", "HEAD"])("lists are compressed for %s", async (method) => {
	const { coding, headers, bytes } = await ask("/posts/?limit=100", "gzip", { method });
	expect([coding, headers.get("content-type")]).toEqual(["gzip", "application/json;charset=utf-8"]);
	expect(headers.get("vary")).toBe("Origin, Accept-Encoding");
	if (method === "HEAD") expect([bytes.length, Number(headers.get("content-length")) > 0]).toEqual([0, true]);
});

test("what was made is compressed as well", async () => {
	const body = JSON.stringify({ content: long });
	const init = { method: "POST", body, headers: { "content-type": "application/json" } };
	const { status, coding, text } = await ask("/posts/", "zstd", init);
	expect([status, coding, JSON.parse(text).content]).toEqual([201, "zstd", long]);
});

test("documents are compressed, the same each time, and ranges of them are not", async () => {
	for (const file of ["/openapi.json", "/client.ts", "/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js"]) {
		const plain = await ask(file, null);
		for (const coding of ["gzip", "zstd", "gzip"]) {
			const reply = await ask(file, coding);
			expect([file, reply.coding as string, reply.text === plain.text]).toEqual([file, coding, true]);
			expect(reply.headers.get("content-type")).toBe(plain.headers.get("content-type"));
			expect(reply.headers.get("vary")).toBe("Origin, Accept-Encoding");
			expect(reply.bytes.length).toBeLessThan(plain.bytes.length / 3);
		}
	}
});

test("pictures and archives stay as they are", async () => {
	const { coding, bytes } = await ask("/users/me/export", "gzip, zstd");
	expect([coding, Buffer.from(bytes.subarray(0, 2)).toString()]).toEqual([null, "PK"]);
});

/** True for the names of properties that let a caller in. */
const isSecret = (name: string) => /^(?:access_token|refresh_token|token)$/.test(name);
const holdsSecret = (schema: TSchema): boolean =>
	Object.entries<TSchema>(schema.properties ?? {}).some(([name, part]) => isSecret(name) || holdsSecret(part)) ||
	(schema.items !== undefined && holdsSecret(schema.items)) ||
	(schema.anyOf ?? schema.allOf ?? []).some(holdsSecret);

describe("an answer with a secret is not compressed", () => {
	test("and that are all below /auth and /oauth, invitations and reset links", () => {
		const routes = testApp().app.routes as { path: string; hooks: { response?: Record<string, TSchema> } }[];
		const secret = routes.filter(({ hooks }) => Object.values(hooks.response ?? {}).some(holdsSecret));
		const elsewhere = secret.map(({ path }) => path).filter((path) => !/^\/(?:auth|oauth)\//.test(path));
		expect(elsewhere).toEqual(["/invites", "/admin/users/:username/reset-link"]);
		expect(secret.length).toBeGreaterThan(5);
	});

	test("however long it is", async () => {
		const other = testApp({ publicUrl: `https://${"x".repeat(60)}.example/${"x".repeat(1100)}` });
		const root = await other.asAdmin("root1");
		const headers = { "accept-encoding": "gzip, zstd" };
		await root.patch("/users/me", { bio: "x".repeat(1500) });
		for (const [path, body] of [
			["/invites", {}],
			["/admin/users/root1/reset-link", {}],
		] as const) {
			const reply = await root.post(path, body, headers);
			expect([path, reply.status, reply.headers.get("content-encoding")]).toEqual([path, 201, null]);
			expect(reply.headers.get("vary")).toBeNull();
		}
		const { headers: me } = await root.get("/auth/me", undefined, headers);
		expect(me.get("content-encoding")).toBeNull();
	});
});
