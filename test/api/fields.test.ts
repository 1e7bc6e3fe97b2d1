import { expect, test } from "bun:test";
import fc from "fast-check";
import { nearest } from "../../src/core/nearest";
import { type Person, password, type Reply, testApp } from "../support/app";
import { form, picture } from "../support/pictures";

type Schema = {
	$ref?: string;
	type?: string;
	properties?: Record<string, Schema>;
	additionalProperties?: boolean;
	anyOf?: Schema[];
	items?: Schema;
	examples?: unknown[];
};
type Operation = {
	operationId: string;
	requestBody?: { content: Record<string, { schema: Schema; example?: Record<string, unknown> }> };
};
type Document = { paths: Record<string, Record<string, Operation>>; components: { schemas: Record<string, Schema> } };

const json = "application/json";
const urlencoded = "application/x-www-form-urlencoded";
const multipart = "multipart/form-data";

const document = (await testApp().anonymous.get("/openapi.json")).body as Document;
const resolve = (schema: Schema): Schema =>
	schema.$ref ? (document.components.schemas[schema.$ref.split("/").at(-1) ?? ""] as Schema) : schema;
const bodies = Object.entries(document.paths).flatMap(([path, operations]) =>
	Object.entries(operations).flatMap(([method, { operationId, requestBody }]) =>
		Object.entries(requestBody?.content ?? {}).map(([type, { schema, example = {} }]) => ({
			name: `${operationId} ${type}`,
			method: method.toUpperCase(),
			path: path.replace(/\{\w+\}/g, "x"),
			type,
			schema: resolve(schema),
			example,
			// RFC 6749, 3.2: an OAuth2 server ignores parameters that it does not know.
			isExempt: type === urlencoded,
		})),
	),
);

/** Encodes a body. In a form, `image` and `avatar` are files. */
const encode = (type: string, body: object) => {
	if (type === json) return JSON.stringify(body);
	const fields = Object.entries(body).map(([name, value]) => [name, String(value)] as [string, string]);
	return type === urlencoded ? String(new URLSearchParams(fields)) : form(Object.fromEntries(fields));
};

/** Calls an operation as an administrator with a session. */
const caller = async () => {
	const app = testApp();
	const { accessToken } = await app.asAdmin("moderator_1");
	return (method: string, path: string, type: string, body: object): Promise<Reply> =>
		app.request(method, path, {
			body: encode(type, body),
			headers: { authorization: `Bearer ${accessToken}`, ...(type !== multipart && { "content-type": type }) },
		});
};

const errorsOf = ({ body }: Reply): { pointer: string; detail: string }[] => body.errors ?? [];

test("every body refuses a field that it does not have, and the document says so", async () => {
	const call = await caller();
	expect(bodies.length).toBeGreaterThan(18);
	for (const { name, method, path, type, schema, example, isExempt } of bodies) {
		const isOfOAuth = path.startsWith("/oauth/");
		expect([name, schema.additionalProperties]).toEqual([name, isOfOAuth ? undefined : false]);
		for (const field of ["visibilty", "__proto__", "constructor", "toString", "a/b~c", ""]) {
			const body = JSON.parse(
				JSON.stringify(example)
					.replace(/^\{/, `{${JSON.stringify(field)}:"x",`)
					.replace(",}", "}"),
			);
			const reply = await call(method, path, type, body);
			const pointers = errorsOf(reply).map(({ pointer }) => pointer);
			const pointer = `/${field.replaceAll("~", "~0").replaceAll("/", "~1")}`;
			expect([name, field, pointers.includes(pointer)]).toEqual([name, field, !isExempt]);
			if (!isExempt) expect([name, field, reply.status]).toEqual([name, field, 422]);
			else expect([name, field, reply.status < 500 && reply.status !== 422]).toEqual([name, field, true]);
		}
	}
});

test("every object in a body says that it has no other fields, however deep it stands", () => {
	const visit = (schema: Schema, path: string) => {
		if (schema.type === "object") expect([path, schema.additionalProperties]).toEqual([path, false]);
		for (const [name, property] of Object.entries(schema.properties ?? {})) visit(resolve(property), `${path}/${name}`);
		for (const part of [...(schema.anyOf ?? []), ...(schema.items ? [schema.items] : [])]) visit(resolve(part), path);
	};
	for (const { name, path, schema } of bodies) if (!path.startsWith("/oauth/")) visit(schema, name);
});

test("a misspelt field is told its right name, and nothing is stored", async () => {
	const ada = await testApp().as("ada");
	for (const [field, meant] of [
		["visibilty", "visibility"],
		["Visibility", "visibility"],
		["vizibilities", undefined],
		["contnet", "content"],
		["imageAlt", "image_alt"],
		["titel", "title"],
		["name", undefined],
	] as const) {
		const detail = `There is no such field${meant ? `; did you mean ${meant}?` : "."}`;
		for (const body of [{ content: "x", [field]: "private" }, form({ content: "x", [field]: "private" })]) {
			const reply = await ada.post("/posts/", body);
			expect([field, reply.status, errorsOf(reply)]).toEqual([field, 422, [{ pointer: `/${field}`, detail }]]);
		}
	}
	expect((await ada.get("/posts/")).body.items).toEqual([]);
});

test("the answer to very many unknown fields, or one with a very long name, is short", async () => {
	const ada = await testApp().as("ada");
	const many = Object.fromEntries(Array.from({ length: 6000 }, (_, i) => [`f${i}`, 1]));
	const { status, body } = await ada.post("/posts/", many);
	expect([status, body.errors.length]).toEqual([422, 32]);
	expect(JSON.stringify(body).length).toBeLessThan(4000);

	const long = await ada.post("/posts/", { content: "x", ["v".repeat(60_000)]: 1, "lone \ud800 half": 1 });
	expect(errorsOf(long)).toEqual([
		{ pointer: "", detail: "Has an unknown field with a long name." },
		{ pointer: "/lone \ud800 half", detail: "There is no such field." },
	]);
});

test("OAuth2 forms may have parameters of their own, JSON may not", async () => {
	const { as, request } = testApp();
	const { refreshToken } = await as("ada");
	const send = (path: string, type: string, body: object) =>
		request("POST", path, { body: encode(type, body), headers: { "content-type": type } });
	const login = { username: "ada", password, scope: "", client_id: "x", client_secret: "", audience: "x" };
	expect((await send("/auth/login", urlencoded, login)).status).toBe(200);
	expect((await send("/auth/login", json, login)).status).toBe(422);
	const refresh = { refresh_token: refreshToken, audience: "x" };
	expect((await send("/auth/refresh", json, refresh)).status).toBe(422);
	expect((await send("/auth/refresh", urlencoded, refresh)).status).toBe(200);
	expect((await send("/oauth/token", urlencoded, { ...login, grant_type: "password" })).status).toBe(200);
});

/** Fields that always have one of their values. */
const neverEmpty = ["visibility", "role", "state"];

test("null clears every field of a PATCH that can be empty, and so does an empty text in a form", async () => {
	const app = testApp();
	const ada = await app.as("ada");
	const { id } = (await ada.post("/posts/", { content: "x" })).body;
	const patches = bodies.filter(({ method }) => method === "PATCH");
	expect(patches.length).toBe(5);
	for (const { name, path, schema, type } of patches)
		for (const field of Object.keys(schema.properties ?? {})) {
			const isClearable = !neverEmpty.includes(field);
			if (path.startsWith("/admin/")) expect([name, field, isClearable]).toEqual([name, field, false]);
			else {
				await fill(ada, id);
				const body = type === json ? { [field]: null } : form({ [field]: "" });
				const { status, body: after } = await ada.patch(path.replace("/x", `/${id}`), body);
				expect([name, field, status]).toEqual([name, field, isClearable ? 200 : 422]);
				if (isClearable) expect([name, field, emptied(field, after)]).toEqual([name, field, true]);
			}
		}
});

const emptied = (field: string, body: Reply["body"]) => {
	const { avatar_url: avatar, image } = body;
	const values = { ...body, avatar, image_alt: image?.alt };
	return field === "display_name" ? values[field] === body.username : !values[field];
};

/** Gives every field a value. */
async function fill(ada: Person, postId: string) {
	const image = await picture();
	const profile = await ada.patch("/users/me", form({ avatar: image, display_name: "Ada", bio: "Hi" }));
	const fields = { image, image_alt: "A wall", title: "Tea", content: "Hello" };
	const post = await ada.patch(`/posts/${postId}`, form(fields));
	expect([profile.status, post.status]).toEqual([200, 200]);
}

test("null for a field that can be empty counts as left out when something is made", async () => {
	const { anonymous, as } = testApp();
	const account = { username: "bob", email: "bob@example.com", password, display_name: null };
	expect((await anonymous.post("/auth/register", account)).body.user.display_name).toBe("bob");
	const ada = await as("ada");
	const post = await ada.post("/posts/", { content: "x", title: null, image: null, image_alt: null });
	expect([post.status, post.body.title, post.body.image]).toEqual([201, null, null]);
	expect(errorsOf(await ada.post("/posts/", { content: "x", image_alt: "A wall" }))).toEqual([
		{ pointer: "/image_alt", detail: "There is no picture to describe." },
	]);
	const token = { name: "bot", scopes: ["read"], expires_at: null };
	expect((await ada.post("/auth/tokens", token)).body.expires_at).toBeNull();
});

const names = fc.string({ unit: fc.constantFrom(..."abcdefgh_"), minLength: 3, maxLength: 20 });

test("the nearest name is the name itself, also with one slip, and in any case", () => {
	fc.assert(
		fc.property(names, fc.nat(), (name, at) => {
			const plain = name.replaceAll("_", "");
			expect(nearest(name.toUpperCase(), ["zzzzzzzz", name])).toBe(plain ? name : undefined);
			const missing = plain.slice(0, at % plain.length) + plain.slice((at % plain.length) + 1);
			if (missing.length >= 3) expect(nearest(missing, ["zzzzzzzz", name])).toBe(name);
		}),
	);
});
