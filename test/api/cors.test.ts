import { expect, test } from "bun:test";
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
