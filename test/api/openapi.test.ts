import { expect, test } from "bun:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { diskFiles } from "../../src/media/disk";
import { password, testApp } from "../support/app";
import { picture } from "../support/pictures";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Media = { schema?: { $ref?: string }; example?: Json; encoding?: Json };
type Response = { $ref?: string; description?: string; headers?: object; content?: Record<string, Media> };
type Operation = {
	operationId?: string;
	summary?: string;
	tags?: string[];
	security?: Record<string, string[]>[];
	parameters?: { in: string; name: string; required: boolean; schema: object }[];
	requestBody?: { required: boolean; content: Record<string, Media> };
	responses: Record<string, Response>;
};
type Document = {
	tags: { name: string }[];
	paths: Record<string, Record<string, Operation>>;
	components: Record<"schemas" | "responses" | "headers" | "securitySchemes", Record<string, Json>>;
};

const { app, anonymous } = testApp();
const document = (await anonymous.get("/openapi.json")).body as Document;
const nameOf = (method: string, path: string) => `${method.toUpperCase()} ${path.replace(/:(\w+)/g, "{$1}")}`;
/** A final slash is optional. */
const isSame = (name: string, other: string) => name.replace(/\/$/, "") === other.replace(/\/$/, "");
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
	Object.entries(methods).map(([method, operation]) => ({
		...operation,
		path,
		name: nameOf(method, path),
		route: app.routes.find((route) => isSame(nameOf(route.method, route.path), nameOf(method, path))),
		responses: Object.entries(operation.responses).map(([status, response]) => ({
			status: Number(status),
			...(response.$ref ? (follow(response.$ref) as Response) : response),
		})),
	})),
);

/** What a reference within the document points to. */
function follow(ref: string): Json | undefined {
	let found = document as unknown as Json | undefined;
	for (const key of ref.replace(/^#\//, "").split("/")) found = (found as { [key: string]: Json } | undefined)?.[key];
	return found;
}

function* objectsIn(json: Json): Generator<{ [key: string]: Json }> {
	if (json === null || typeof json !== "object") return;
	if (!Array.isArray(json)) yield json;
	for (const value of Object.values(json)) yield* objectsIn(value);
}

/** The operations that take in a form what another takes in JSON. */
const twins = ["createPostWithPicture", "updatePostWithPicture", "updateMeWithPicture", "loginAsForm", "refreshAsForm"];

test("it lists exactly the routes there are, but for those of the documentation itself", () => {
	const hidden = [
		"/client.ts",
		"/docs",
		"/docs/handbook",
		"/docs/handbook/:topic",
		"/docs/handbook.css",
		"/docs/start.js",
		"/docs/swagger-ui-bundle.js",
		"/docs/swagger-ui.css",
		"/link",
		"/link/start.js",
		"/link/style.css",
		"/openapi.json",
	];
	const routes = app.routes.filter(({ path }) => !hidden.includes(path));
	expect(routes.length).toBe(app.routes.length - hidden.length);
	const forms = operations.filter(({ operationId }) => operationId && twins.includes(operationId));
	expect(forms.length).toBe(twins.length);
	expect(operations.map(({ name }) => name).sort()).toEqual(
		[...routes.map(({ method, path }) => nameOf(method, path)), ...forms.map(({ name }) => name)].sort(),
	);
});

test("every operation has a summary, a name of its own and one of the tags", () => {
	const tags = document.tags.map(({ name }) => name);
	for (const { name, summary, operationId, tags: own } of operations) {
		expect([name, summary]).toEqual([name, expect.stringMatching(/^[A-Z].*[^.]$/)]);
		expect([name, operationId]).toEqual([name, expect.stringMatching(/^[a-z]+[A-Za-z]*$/)]);
		expect([name, own?.length, tags.includes(own?.[0] ?? "")]).toEqual([name, 1, true]);
	}
	expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
	expect(new Set(operations.flatMap(({ tags }) => tags))).toEqual(new Set(tags));
});

test("every operation says who may call it, as its route does", () => {
	const schemes = Object.keys(document.components.securitySchemes);
	for (const { name, route, security, responses } of operations) {
		expect([name, security]).toEqual([name, route?.hooks.detail?.security ?? []]);
		for (const scheme of security?.flatMap((way) => Object.keys(way)) ?? []) expect(schemes).toContain(scheme);
		if (security?.length) expect([name, responses.some(({ status }) => status === 401)]).toEqual([name, true]);
	}
});

const pictures = "GET /uploads/{name}";
const backups = "GET /admin/backups/{name}";
/** A part of them can be asked for. */
const inParts = [pictures, backups];
const files: Record<string, string> = {
	[pictures]: "image/webp",
	[backups]: "application/zstd",
	"GET /users/me/export": "application/zip",
};
const isOfOAuth = (name: string) => name.startsWith("POST /oauth/");

test("every body and every answer has a schema and an example, and every failure is a problem, or one of OAuth2", () => {
	for (const { name, requestBody, responses } of operations) {
		for (const [type, { schema, example }] of Object.entries(requestBody?.content ?? {})) {
			const isForm = type === "multipart/form-data"; // of a file there is no example
			expect([name, type, schema?.$ref !== undefined, example !== undefined]).toEqual([name, type, true, !isForm]);
		}
		const successes = responses.filter(({ status }) => status < 300).map(({ status }) => status);
		expect([name, successes]).toEqual([name, inParts.includes(name) ? [200, 206] : [successes[0] as number]]);
		for (const { status, description, headers, content } of responses) {
			const success = files[name] ?? "application/json";
			const failure = isOfOAuth(name) ? "application/json" : "application/problem+json";
			// 416 is of the server itself; and of revoking there is nothing to say.
			const isSilent = [204, 304].includes(status) || (inParts.includes(name) && status === 416);
			const isEmpty = isSilent || (name === "POST /oauth/revoke" && status === 200);
			const types = isEmpty ? [] : [status < 400 ? success : failure];
			expect([name, status, Object.keys(content ?? {})]).toEqual([name, status, types]);
			for (const [type, { schema, example }] of Object.entries(content ?? {})) {
				const isNamed = schema?.$ref !== undefined;
				if (type === files[name]) expect(schema).toMatchObject({ type: "string", format: "binary" });
				else expect([name, status, isNamed, example !== undefined]).toEqual([name, status, true, true]);
			}
			expect(description).toBeString();
			expect(headers).toHaveProperty("X-Request-Id");
		}
	}
});

test("operations with a body tell what happens to a bad one, and their bodies are required", () => {
	for (const { name, route, requestBody, responses } of operations) {
		expect([name, requestBody !== undefined]).toEqual([name, route?.hooks.body !== undefined]);
		if (!requestBody) continue;
		expect(requestBody.required).toBe(true);
		const statuses = isOfOAuth(name) ? [400, 401] : [400, 413, 415, 422]; // RFC 6749 knows but one for the request
		expect(responses.map(({ status }) => status)).toEqual(expect.arrayContaining(statuses));
	}
});

test("an operation has one request type, and a form stands at the same address with the other ending", () => {
	const find = (id: string) => operations.find(({ operationId }) => operationId === id);
	for (const { name, requestBody } of operations)
		expect([name, Object.keys(requestBody?.content ?? { none: {} }).length]).toEqual([name, 1]);
	for (const twin of twins) {
		const form = find(twin);
		const text = find(twin.replace(/WithPicture|AsForm/, ""));
		const type = twin.endsWith("AsForm") ? "application/x-www-form-urlencoded" : "multipart/form-data";
		expect([twin, Object.keys(form?.requestBody?.content ?? {})]).toEqual([twin, [type]]);
		expect([twin, Object.keys(text?.requestBody?.content ?? {})]).toEqual([twin, ["application/json"]]);
		expect([form?.path === text?.path, isSame(form?.name ?? "", text?.name ?? "-")]).toEqual([false, true]);
		expect(form?.responses).toEqual(text?.responses ?? []);
		expect([form?.security, form?.parameters]).toEqual([text?.security, text?.parameters]);
	}
});

test("path parameters are those of the path, and a parameter with a default may be left out", () => {
	for (const { name, path, parameters = [] } of operations) {
		const inPath = parameters.filter((parameter) => parameter.in === "path");
		expect([name, inPath.map((parameter) => parameter.name)]).toEqual([
			name,
			[...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string),
		]);
		for (const { required, schema } of parameters) expect(required && "default" in schema).toBe(false);
	}
});

test("patterns are what every language understands", () => {
	for (const { pattern } of objectsIn(document as unknown as Json)) {
		if (typeof pattern !== "string") continue;
		expect(() => new RegExp(pattern, "u")).not.toThrow(); // JSON Schema asks for this flag
		// Only JavaScript knows empty classes, and only some know classes within classes.
		expect([pattern, /\[\^?\]|\[\^?[^\]]*(?<!\\)\[/.test(pattern)]).toEqual([pattern, false]);
	}
});

test("every reference leads somewhere, and nothing internal is left in the schemas", () => {
	for (const object of objectsIn(document as unknown as Json)) {
		if (typeof object.$ref === "string")
			expect([object.$ref, follow(object.$ref)]).not.toEqual([object.$ref, undefined]);
		for (const key of ["$id", "noValidate", "elysiaMeta", "x-accepts", "x-headers"])
			expect(object).not.toHaveProperty(key);
	}
});

test("a picture promises the headers that it has, and fails in no way that cannot be", async () => {
	const files = diskFiles({ directory: join(tmpdir(), "openapi-files"), durable: false });
	const { app, as } = testApp({ files });
	const ada = await as("ada");
	const body = new FormData();
	body.append("image", await picture());
	const headers = { authorization: `Bearer ${ada.accessToken}` };
	const posted = await app.handle(new Request("http://localhost/posts/", { method: "POST", headers, body }));
	const { image } = (await posted.json()) as { image: { url: string } };
	const getPicture = operations.find(({ name }) => name === pictures);
	const etag = `"${image.url.split("/").at(-1)}"`;

	const server = Bun.serve({ port: 0, fetch: (request) => app.handle(request) });
	try {
		const requests: Record<number, Record<string, string>> = {
			200: {},
			206: { range: "bytes=0-9" },
			304: { "if-none-match": etag },
			401: { authorization: "Bearer nonsense" },
			416: { range: "bytes=1000000-" },
		};
		for (const [status, headers] of Object.entries(requests)) {
			const answer = await fetch(new URL(image.url, server.url), { headers });
			expect(answer.status).toBe(Number(status));
			const promised = getPicture?.responses.find((response) => response.status === answer.status)?.headers ?? {};
			for (const name of Object.keys(promised))
				expect([status, name, answer.headers.has(name)]).toEqual([status, name, true]);
		}
		for (const query of ["?access=", "?access=%ff%00", "?access=1&access=2", "?access[]=1", "?access=[1]", "?other"])
			expect((await fetch(new URL(image.url + query, server.url))).status).toBe(200);
	} finally {
		await server.stop(true);
	}
	const statuses = getPicture?.responses.map(({ status }) => status).sort();
	expect(statuses).toEqual([200, 206, 304, 400, 401, 404, 416, 429, 500, 503]);
	const answers = operations.find(({ operationId }) => operationId === "getPosts")?.responses ?? [];
	expect(answers.map(({ status }) => status)).toContain(422);
});

test("a picture is a file in a form, and what tells of it in JSON is null", () => {
	for (const [operationId, field] of [
		["createPost", "image"],
		["updatePost", "image"],
		["updateMe", "avatar"],
	]) {
		const contentOf = (id: string) =>
			operations.find((operation) => operation.operationId === id)?.requestBody?.content;
		const content = { ...contentOf(`${operationId}`), ...contentOf(`${operationId}WithPicture`) };
		const form = follow(content["multipart/form-data"]?.schema?.$ref ?? "");
		expect(form).toMatchObject({
			properties: { [`${field}`]: { type: "string", format: "binary" } },
			required: [field],
		});
		const encoding = { [`${field}`]: { contentType: "image/jpeg, image/png, image/webp, image/gif" } };
		expect(content["multipart/form-data"]?.encoding).toEqual(encoding);
		const json = follow(content["application/json"]?.schema?.$ref ?? "");
		const onlyNull = { type: ["string", "null"], minLength: 1, maxLength: 0 }; // no string is so long
		expect(json).toMatchObject({ properties: { [`${field}`]: onlyNull } });
	}
});

test("what may be null says so as JSON Schema does, and choices are enums", () => {
	const { schemas } = document.components;
	for (const object of objectsIn(schemas)) {
		expect(object).not.toHaveProperty("nullable");
		// Generators take null beside something else, and not alone.
		for (const property of Object.values((object.properties ?? {}) as object)) expect(property.type).not.toBe("null");
	}
	expect(schemas.Post).toHaveProperty("properties.title.anyOf", [{ type: "string" }, { type: "null" }]);
	expect(schemas.Post).toHaveProperty("properties.image.anyOf", [
		{ $ref: "#/components/schemas/Image" },
		{ type: "null" },
	]);
	expect(schemas.Post).toHaveProperty("properties.visibility.enum", ["public", "followers", "private"]);
});

test("Location is promised exactly where it is given", async () => {
	const { as, asAdmin } = testApp();
	const ada = await as("ada");
	const root = await asAdmin("moderator_1");
	const post = await ada.post("/posts/", { content: "Hello" });
	const answers: Record<string, { headers: Headers }> = {
		createPost: post,
		createComment: await ada.post(`/comments/posts/${post.body.id}/comments`, { content: "Well said" }),
		createInvite: await root.post("/invites", {}),
		createResetLink: await root.post("/admin/users/ada/reset-link"),
		createToken: await ada.post("/auth/tokens", { name: "bot", scopes: ["read"] }),
		register: await ada.post("/auth/register", { username: "bob", email: "bob@example.com", password }),
	};
	const making = operations.filter(
		({ operationId = "", responses }) => responses.some(({ status }) => status === 201) && !twins.includes(operationId),
	);
	expect(making.map(({ operationId }) => operationId as string).sort()).toEqual(Object.keys(answers).sort());
	for (const { operationId = "", responses } of making) {
		const promised = "Location" in (responses.find(({ status }) => status === 201)?.headers ?? {});
		expect([operationId, promised]).toEqual([operationId, answers[operationId]?.headers.has("location") === true]);
	}
	expect((await ada.get(post.headers.get("location") ?? "")).body.id).toBe(post.body.id);
});

test("the document does not depend on what was called before", async () => {
	const { anonymous, as } = testApp();
	const ada = await as("ada");
	await ada.post("/posts/", { content: "Hello" });
	await ada.patch("/users/me", { bio: "x" });
	// Elysia writes `additionalProperties` into the schemas of routes that were called.
	expect((await anonymous.get("/openapi.json")).body).toEqual(document as object);
});
