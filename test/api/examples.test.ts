import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { backupService } from "../../src/instance/backup/service";
import { type Client, type Person, type Reply, testApp } from "../support/app";
import { newTemporary } from "../support/backup";
import { form, picture } from "../support/pictures";

/**
 * Every operation of the document with its own examples, as "Try it out" of the documentation page fills them in: word for
 * word, but for the values that only the server can give.
 */
type Schema = { $ref?: string; format?: string; examples?: unknown[]; enum?: unknown[]; default?: unknown };
type Operation = {
	operationId: string;
	tags: string[];
	security: object[];
	parameters?: { in: string; name: string; required: boolean; example?: unknown; schema: Schema }[];
	requestBody?: { content: Record<string, { schema: Schema; example?: Record<string, unknown> }> };
	responses: Record<string, object>;
};
type Document = {
	paths: Record<string, Record<string, Operation>>;
	components: { schemas: Record<string, { properties: Record<string, Schema> }> };
};

const temporary = newTemporary();
afterAll(() => rmSync(temporary, { recursive: true, force: true }));
let folders = 0;

/** An empty instance with an administrator and bob, and with ada from the first time that a test asks for her. */
async function newWorld() {
	const folder = join(temporary, String(folders++));
	mkdirSync(folder, { recursive: true });
	const app = testApp({
		backups: backupService({
			folder,
			isRunning: () => false,
			now: () => new Date("2026-11-23T04:05:06.789Z"),
			make: async (name) => writeFileSync(join(folder, name), "an archive"),
			done: () => {},
		}),
		doctor: async () => ({ status: "ok", checkedAt: new Date(), findings: [] }),
	});
	let ada: Promise<Person> | undefined;
	return {
		app,
		root: await app.asAdmin("root"),
		bob: await app.as("bob"),
		ada: () => {
			ada ??= app.as("ada");
			return ada;
		},
	};
}
type World = Awaited<ReturnType<typeof newWorld>>;

/** All that the server has to give before the call: parameters and fields by name, and the person who calls. */
type Scene = Record<string, unknown> & { caller?: Client };

const idOf = async (reply: Promise<Reply>): Promise<string> => (await reply).body.id;
const posted = async ({ ada }: World) => idOf((await ada()).post("/posts/", { content: "Tea in the #garden" }));
const onPost = async (world: World): Promise<Scene> => ({ post_id: await posted(world) });
const commented = async (world: World) =>
	idOf((await world.ada()).post(`/comments/posts/${await posted(world)}/comments`, { content: "Well said" }));
const deleted = async (world: World): Promise<Scene> => {
	const id = await posted(world);
	await (await world.ada()).delete(`/posts/${id}`);
	return { id };
};
const refreshable = async ({ ada }: World): Promise<Scene> => ({ refresh_token: (await ada()).refreshToken });
const asBob = async ({ ada, bob }: World): Promise<Scene> => {
	await ada();
	return { caller: bob };
};

const scenes: Record<string, (world: World) => Promise<Scene>> = {
	register: async ({ app }) => ({ caller: app.anonymous }), // and no ada yet
	refresh: refreshable,
	refreshAsForm: refreshable,
	logout: refreshable,
	resetPassword: async ({ ada, root }) => {
		await ada();
		return { token: (await root.post("/admin/users/ada/reset-link")).body.token };
	},
	restoreMe: async ({ ada }) => {
		await (await ada()).delete("/users/me", { password: "correct horse battery" });
		return {};
	},
	endSession: async ({ ada }) => ({ id: (await (await ada()).get("/auth/sessions")).body.items[0].id }),
	deleteToken: async ({ ada }) => ({
		id: await idOf((await ada()).post("/auth/tokens", { name: "bot", scopes: ["read"] })),
	}),
	deleteInvite: async ({ ada }) => ({ id: await idOf((await ada()).post("/invites", {})) }),
	getBackup: async ({ root }) => {
		await root.post("/admin/backups");
		return {};
	},
	follow: asBob,
	unfollow: async (world) => {
		await world.bob.post(`/users/${(await world.ada()).username}/follow`);
		return asBob(world);
	},
	getPost: onPost,
	updatePost: onPost,
	updatePostWithPicture: onPost,
	deletePost: onPost,
	like: onPost,
	unlike: onPost,
	getLikes: onPost,
	createComment: onPost,
	getComments: onPost,
	deleteComment: async (world) => ({ comment_id: await commented(world) }),
	restore: deleted,
	deleteForEver: deleted,
	restoreAny: deleted,
	deleteAnyForEver: deleted,
	getPicture: async ({ app, ada }) => {
		const headers = { authorization: `Bearer ${(await ada()).accessToken}` };
		const body = form({ image: await picture() });
		const { image } = (await app.request("POST", "/posts/", { headers, body })).body;
		return { name: image.url.split("/").at(-1) };
	},
};
/** Nothing else may be replaced: it would hide an example that does not work. */
const onlyTheServerGives = ["id", "post_id", "comment_id", "name", "token", "refresh_token", "caller"];

const document = (await testApp().anonymous.get("/openapi.json")).body as Document;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
	Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
);

const exampleOf = ({ examples, enum: choices, default: usual }: Schema) => examples?.[0] ?? usual ?? choices?.[0];

/** `isFull` fills in what may be left out as well, wherever there is an example. */
async function tryOut(operation: (typeof operations)[number], isFull: boolean): Promise<Reply> {
	const world = await newWorld();
	const { operationId, method, tags, security, parameters = [], requestBody } = operation;
	const scene = (await scenes[operationId]?.(world)) ?? {};
	for (const name of Object.keys(scene)) expect(onlyTheServerGives).toContain(name);
	const { caller, ...given } = scene;

	let path = operation.path;
	const query = new URLSearchParams();
	for (const { in: place, name, required, example, schema } of parameters) {
		const value = given[name] ?? example ?? exampleOf(schema);
		if (place === "path") path = path.replace(`{${name}}`, encodeURIComponent(String(value)));
		else if (required || (isFull && value !== undefined)) query.set(name, String(value));
	}
	const [type = "", media] = Object.entries(requestBody?.content ?? {})[0] ?? [];
	const send = caller ?? (security.length === 0 ? world.app.anonymous : tags[0] === "admin" ? world.root : null);
	const person = send ?? (await world.ada());
	if (operationId !== "register") await world.ada();
	const call = person[method.toLowerCase() as keyof Client];
	const url = `${path}${query.size > 0 ? `?${query}` : ""}`;
	if (!media) return call(url);
	if (type === "multipart/form-data") return call(url, await formOf(media.schema, isFull));
	const body = Object.fromEntries(
		Object.entries(media.example ?? {}).map(([name, value]) => [name, given[name] ?? value]),
	);
	if (type === "application/json") return call(url, JSON.stringify(body, null, 2));
	return call(url, `${new URLSearchParams(body as Record<string, string>)}`, { "content-type": type });
}

async function formOf({ $ref = "" }: Schema, isFull: boolean) {
	const fields: Record<string, string | Blob> = {};
	for (const [name, schema] of Object.entries(
		document.components.schemas[`${$ref.split("/").at(-1)}`]?.properties ?? {},
	))
		if (schema.format === "binary") fields[name] = await picture();
		else if (isFull) fields[name] = String(exampleOf(schema));
	return form(fields);
}

describe.each(operations)("$method $path", (operation) => {
	const success = Object.keys(operation.responses).map(Number).sort()[0] as number;
	const isForm = "multipart/form-data" in (operation.requestBody?.content ?? {});
	const hasMore = isForm || operation.parameters?.some(({ in: place, required }) => place === "query" && !required);
	for (const isFull of hasMore ? [false, true] : [false])
		test(isFull ? "with all that may be given" : "as it is filled in", async () => {
			const { status, body } = await tryOut(operation, isFull);
			expect([status, status < 300 ? null : body]).toEqual([success, null]);
		});
});

test("there is no scene without its operation", () => {
	const names = operations.map(({ operationId }) => operationId);
	for (const name of Object.keys(scenes)) expect(names).toContain(name);
});
