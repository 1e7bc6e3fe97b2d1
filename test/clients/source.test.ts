import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { client, type Document } from "../../src/http/docs/client";
import { type Reply, testApp } from "../support/app";
import { repository, temporaryProject } from "../support/project";

const { anonymous } = testApp();
const source: string = (await anonymous.get("/client.ts")).body;
const document = (await anonymous.get("/openapi.json")).body as Document;

const { directory, write, run, remove } = temporaryProject("source");
beforeAll(() => write("client.ts", source));
afterAll(remove);

test("it is as a formatter would have it", async () => {
	const child = Bun.spawn(["node_modules/.bin/biome", "format", "--stdin-file-path=client.ts"], {
		cwd: repository,
		stdin: new Blob([source]),
		stdout: "pipe",
	});
	expect(await new Response(child.stdout).text()).toBe(source);
}, 60_000);

test("the strictest compiler takes it, for browsers and for Bun, and refuses what the API would", async () => {
	await write("program.ts", program);
	await write("nasty.ts", client(nasty));
	const strict = {
		noEmit: true,
		strict: true,
		noUncheckedIndexedAccess: true,
		exactOptionalPropertyTypes: true,
		noImplicitOverride: true,
		noPropertyAccessFromIndexSignature: true,
		verbatimModuleSyntax: true,
		isolatedModules: true,
		erasableSyntaxOnly: true,
		module: "preserve",
		target: "es2022",
	};
	const targets = {
		browser: { lib: ["es2022", "dom"], types: [] },
		bun: { lib: ["esnext"], types: ["bun-types"], skipLibCheck: true },
	};
	for (const [name, target] of Object.entries(targets)) {
		const configuration = { compilerOptions: { ...strict, ...target }, files: ["program.ts", "nasty.ts"] };
		await write(`${name}.json`, JSON.stringify(configuration));
		expect([name, await run("typescript/bin/tsc", "-p", `${name}.json`)]).toEqual([
			name,
			{ code: 0, stdout: "", stderr: "" },
		]);
	}
}, 60_000);

/** A program as a user might write it. Each mark is on a mistake that the compiler must see. */
const program = `
import { all, ApiError, type Client, createClient, type Post, type Problem } from "./client";

export async function use(signal: AbortSignal) {
	const api: Client = createClient({ baseUrl: "http://localhost:8000", token: async () => null, fetch });
	const { user } = await api.register({ username: "ada", email: "ada@example.com", password: "correct horse" });
	const post: Post = await api.createPost({ content: "Hello", title: null, visibility: "followers" });
	const nothing: void = await api.deletePost(post.id, { signal });
	for await (const found of all((page) => api.getPosts({ q: "tea", sort: "popular", limit: 50, ...page }, { signal })))
		console.log(found.author.username, found.title?.length);
	for await (const { username } of all((page) => api.getFollowers(user.username, page))) console.log(username);
	await api.getFeed();
	const file: File = new File(["a picture"], "tea.jpg");
	const shown: Post = await api.createPost({ image: file, image_alt: "Tea", content: "Hello", visibility: "followers" });
	console.log(shown.image?.url.length, shown.image_url?.length);
	await api.createPost({ image: new Blob(["a picture"]) });
	await api.updatePost(post.id, { image: file, title: "Tea" });
	await api.updatePost(post.id, { image: null, title: null });
	await api.updatePost(post.id, { image_alt: "Coffee" });
	await api.updateMe({ avatar: file, bio: "Tea" });
	await api.updateMe({ avatar: null });
	await api.logout();

	// @ts-expect-error: a post has content
	await api.createPost({ title: "Nothing" });
	// @ts-expect-error: nobody may see it like this
	await api.createPost({ content: "Hello", visibility: "friends" });
	// @ts-expect-error: there is no such field
	await api.updatePost(post.id, { text: "Hello" });
	// @ts-expect-error: nobody may sort like this
	await api.getPosts({ sort: "longest" });
	// @ts-expect-error: people are found by something
	await api.findUsers({ limit: 2 });
	// @ts-expect-error: which one?
	await api.getPost();
	// @ts-expect-error: a title may be null
	console.log(post.title.length);
	// @ts-expect-error: the wire has another name for it
	console.log(post.createdAt);
	// @ts-expect-error: a like is no post
	console.log((await api.like(post.id)).content);
	// @ts-expect-error: a picture may be missing
	console.log(post.image.width);
	// @ts-expect-error: a picture is a file, and not where one is
	await api.createPost({ image: "tea.jpg" });
	// @ts-expect-error: without a picture, a post has content
	await api.createPost({ image: null });
	// @ts-expect-error: nobody chose a file
	await api.createPost({ image: file.size > 0 ? file : undefined });
	// @ts-expect-error: in a form there is no null, which would stay out of it
	await api.updatePost(post.id, { image: file, title: null });
	// @ts-expect-error: a picture is a file, and not what is in it
	await api.updatePost(post.id, { image: await file.text() });
	// @ts-expect-error: one's own picture has another name
	await api.updateMe({ image: file });
	// @ts-expect-error: an <img> fetches pictures
	await api.getPicture("tea.webp");
	return nothing;
}

export function explain(error: unknown): string {
	if (!(error instanceof ApiError)) throw error;
	const code: Problem["code"] | null = error.code;
	// @ts-expect-error: there is no such code
	if (code === "teapot") return "tea";
	return code === "invalid" ? error.errors.map(({ pointer }) => pointer).join() : error.message;
}
`;

/** The document with an operation and a schema that would break out of the source wherever they can. */
// biome-ignore-start lint/suspicious/noTemplateCurlyInString: that is what is nasty about it
const nasty: Document = {
	...document,
	info: { title: "*/ alert(1) /*\n*/", version: "`${alert(1)}`" },
	paths: {
		...document.paths,
		"/a`b\\c${d}/{class}/{post-id}/{body}": {
			put: {
				operationId: "not-a name",
				summary: "Ends */ here\nand `there` ${d}",
				tags: ["a\nb"],
				security: [],
				parameters: [
					{ in: "path", name: "d", schema: { type: "string" } },
					{ in: "path", name: "class", schema: { type: "string" } },
					{ in: "path", name: "post-id", schema: { type: "string" } },
					{ in: "path", name: "body", schema: { type: "integer" } },
					{ in: "query", name: "a-b", required: true, description: "*/", schema: { enum: ['"', "\\", "\n"] } },
				],
				requestBody: { content: { "multipart/form-data": { schema: { $ref: "#/components/schemas/1-Nasty" } } } },
				responses: { 200: { content: { "application/json": { schema: { $ref: "#/components/schemas/1-Nasty" } } } } },
			},
		},
	},
	components: {
		schemas: {
			...document.components.schemas,
			"1-Nasty": {
				type: "object",
				description: "**/ alert(1) /*",
				required: ["*/"],
				properties: {
					"*/": { const: "`${alert(1)}*/\u2028", description: "a\u2028b */" },
					file: { type: "string", format: "binary" },
					many: { type: "array", items: { anyOf: [{ $ref: "#/components/schemas/1-Nasty" }, { type: "null" }] } },
					anything: {},
				},
			},
		},
	},
};

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: enough

test("whatever a document says stays text, and bodies with files go out as forms", async () => {
	await write("nasty.ts", client(nasty));
	const module = (await import(join(directory, "nasty.ts"))) as { createClient: (options: object) => Reply["body"] };
	let sent: [url: string, init: RequestInit] | undefined;
	const api = module.createClient({
		baseUrl: "http://localhost",
		fetch: async (...given: [string, RequestInit]) => {
			sent = given;
			return Response.json({});
		},
	});
	const file = new Blob(["GIF89a"]);
	await api["not-a name"]("/?#", "..", "é", 1, { file, many: null, anything: true }, { "a-b": '"&' });
	const [url, { method, headers, body }] = sent ?? expect.unreachable("nothing was sent");
	expect([method, url, headers]).toEqual(["PUT", "http://localhost/a`b\\c$%2F%3F%23/%20/%C3%A9/1?a-b=%22%26", {}]);
	const form = body as FormData;
	expect([...form.keys()]).toEqual(["file", "many", "anything"]);
	expect([form.get("many"), form.get("anything")]).toEqual(["", "true"]);
});
