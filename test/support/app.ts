import { expect } from "bun:test";
import type { TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import type { AppOptions } from "../../src/app";
import { operator } from "../../src/core/permissions";
import { Problem } from "../../src/http/problem";
import { memoryFiles } from "../../src/media/memory";
import { memoryApp, memoryStores, secret } from "../../src/testing/memory";

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects, and fails where that is not there
export type Reply = { status: number; headers: Headers; body: any };

type Send = (path: string, body?: unknown, headers?: Record<string, string>) => Promise<Reply>;
export type Client = Record<"get" | "post" | "patch" | "delete" | "head" | "options" | "put", Send>;

/** Somebody signed in: a client that sends their token, and what they got when they registered. */
export type Person = Client & {
	username: string;
	id: string;
	password: string;
	accessToken: string;
	refreshToken: string;
};

export const password = "correct horse battery";

export { memoryStores, secret };

/** The whole application over an empty in-memory database, with cheap hashes and a clock that can be moved. */
export function testApp(options: Partial<AppOptions> = {}) {
	const clock = { now: new Date("2026-01-02T03:04:05.678Z") };
	const failures: unknown[] = [];
	const files = memoryFiles();
	const { app, accounts, media, oneTimeLinks, limits, stores } = memoryApp({
		files,
		observers: [{ failed: (_, error) => failures.push(error) }],
		now: () => clock.now,
		...options,
	});

	const request = async (method: string, path: string, init: RequestInit = {}): Promise<Reply> => {
		const response = await app.handle(new Request(`http://localhost${path}`, { method, ...init }));
		const text = await response.text();
		const json = text && response.headers.get("content-type")?.includes("json");
		const reply = { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
		if (method !== "HEAD") expectDeclared(app.routes, method, path, reply);
		return reply;
	};

	const client = (token?: string): Client => {
		const send =
			(method: string): Send =>
			(path, body, headers = {}) =>
				request(method, path, {
					headers: {
						...(body === undefined || body instanceof FormData ? {} : { "content-type": "application/json" }),
						...(token ? { authorization: `Bearer ${token}` } : {}),
						...headers,
					},
					body: isSendable(body) ? body : JSON.stringify(body),
				});
		return {
			get: send("GET"),
			post: send("POST"),
			patch: send("PATCH"),
			delete: send("DELETE"),
			head: send("HEAD"),
			options: send("OPTIONS"),
			put: send("PUT"),
		};
	};

	const anonymous = client();
	return {
		app,
		accounts,
		media,
		limits,
		oneTimeLinks,
		stores,
		files: options.files ?? files,
		clock,
		/** What was logged as our own fault. */
		failures,
		request,
		anonymous,
		withToken: client,
		/** Registers somebody through the API. */
		async as(username: string): Promise<Person> {
			const { status, body } = await anonymous.post("/auth/register", {
				username,
				email: `${username}@example.com`,
				password,
			});
			expect(status).toBe(201);
			const { access_token: accessToken, refresh_token: refreshToken, user } = body;
			return { ...client(accessToken), username, id: user.id, password, accessToken, refreshToken };
		},
		/** An administrator, made as the configuration makes the first one. */
		async asAdmin(username: string): Promise<Person> {
			const id = await accounts.admin.create(
				{ username, email: `${username}@example.com`, password },
				"admin",
				operator,
			);
			const { body } = await anonymous.post("/auth/login", { username, password });
			const { access_token: accessToken, refresh_token: refreshToken } = body;
			return { ...client(accessToken), username, id, password, accessToken, refreshToken };
		},
	};
}
export type TestApp = ReturnType<typeof testApp>;

/** Anything else goes out as JSON. */
const isSendable = (body: unknown): body is string | FormData | undefined =>
	body === undefined || typeof body === "string" || body instanceof FormData;

/** Reads a whole list, page by page. */
export async function walk(client: Client, path: string, limit = 2): Promise<Reply["body"][]> {
	const items: Reply["body"][] = [];
	const url = new URL(path, "http://localhost");
	url.searchParams.set("limit", String(limit));
	for (;;) {
		const { status, body } = await client.get(url.pathname + url.search);
		expect(status).toBe(200);
		items.push(...body.items);
		if (body.next_cursor === null) return items;
		url.searchParams.set("cursor", body.next_cursor);
	}
}

type Route = { method: string; path: string; hooks: { response?: Record<string, TSchema> } };

/** Holds an answer against what its route declares: no undeclared success, no missing field, and none too many. */
function expectDeclared(routes: Route[], method: string, path: string, { status, headers, body }: Reply) {
	expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
	const route = routes.find((route) => route.method === method && fits(route.path, path));
	const declared = route?.hooks.response?.[status];
	if (status >= 400) return expectMatch(declared ?? Problem, body);
	if (["image/webp", "application/zip", "application/zstd"].includes(headers.get("content-type") ?? "")) return;
	if (declared && status !== 304) expectMatch(declared, body === "" ? undefined : body);
}

function expectMatch(schema: TSchema, body: unknown) {
	expect([...Value.Errors(schema, body)].map(({ path, message }) => `${path} ${message}`)).toEqual([]);
	expect(body).toEqual(Value.Clean(schema, structuredClone(body)));
}

function fits(pattern: string, path: string): boolean {
	const segments = (path.split("?")[0] ?? "").split("/").filter(Boolean);
	const expected = pattern.split("/").filter(Boolean);
	return (
		expected.length === segments.length && expected.every((part, i) => part.startsWith(":") || part === segments[i])
	);
}
