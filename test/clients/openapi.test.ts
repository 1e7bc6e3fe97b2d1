import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import openapiTypescript, { astToString } from "openapi-typescript";
import { password, testApp } from "../support/app";
import { picture } from "../support/pictures";
import { temporaryProject } from "../support/project";

const document = (await testApp().anonymous.get("/openapi.json")).body as object;
const { directory, write, run, remove } = temporaryProject("openapi");
afterAll(remove);

test("a strict linter finds nothing to say about it", async () => {
	const rules = {
		extends: ["recommended"],
		rules: {
			"no-path-trailing-slash": "off", // the paths of the contract end as they end
			"no-invalid-media-type-examples": "error",
			"no-invalid-parameter-examples": "error",
			"no-invalid-schema-examples": "error",
		},
	};
	await write("redocly.yaml", JSON.stringify(rules));
	await write("openapi.json", JSON.stringify(document));
	const { stdout } = await run("@redocly/cli/bin/cli.js", "lint", "openapi.json", "--format=json");
	const { totals, problems } = JSON.parse(stdout) as { totals: object; problems: { message: string }[] };
	expect(problems.map(({ message }) => message)).toEqual([]);
	expect(totals).toEqual({ errors: 0, warnings: 0, ignored: 0 });
}, 60_000);

test("a client generated from it compiles, and works as it says", async () => {
	const types = astToString(await openapiTypescript(JSON.stringify(document)));
	await write("api.ts", types);
	await write("client.ts", client);
	const compilerOptions = {
		noEmit: true,
		strict: true,
		module: "preserve",
		target: "esnext",
		types: [],
		skipLibCheck: true,
	};
	await write("tsconfig.json", JSON.stringify({ compilerOptions, files: ["client.ts"] }));
	expect(await run("typescript/bin/tsc", "-p", ".")).toEqual({ code: 0, stdout: "", stderr: "" });

	const { use } = (await import(join(directory, "client.ts"))) as {
		use: (fetch: (request: Request) => Promise<globalThis.Response>, image: Blob) => Promise<unknown>;
	};
	const { app } = testApp();
	expect(await use((request) => app.handle(request), await picture())).toEqual({
		alt: "",
		feed: ["ada: Hello", "ada: Good morning"],
		next: "string",
		refused: "invalid",
		missing: "not_found",
	});
}, 60_000);

/** A program as a user of the API might write it. The compiler must take all of it, and refuse the one misuse. */
const client = `
import createClient from "openapi-fetch";
import type { components, paths } from "./api";

type Code = components["schemas"]["Problem"]["code"];

export async function use(fetch: (request: Request) => Promise<Response>, image: Blob) {
	const api = createClient<paths>({ baseUrl: "http://localhost", fetch });
	const { data: session } = await api.POST("/auth/register", {
		body: { username: "ada", email: "ada@example.com", password: "${password}" },
	});
	if (!session) throw new Error("registering failed");
	const headers = { authorization: \`Bearer \${session.access_token}\` };

	for (const content of ["First", "Good morning", "Hello"]) {
		const { data: post } = await api.POST("/posts/", { headers, body: { content, visibility: "public" } });
		const title: string | null | undefined = post?.title;
		if (title !== null) throw new Error("a title where none was given");
	}
	const { data: page } = await api.GET("/feed/", { headers, params: { query: { limit: 2 } } });
	const feed: string[] | undefined = page?.items.map(({ author, content }) => \`\${author.username}: \${content}\`);

	// @ts-expect-error: a post has content
	const { error: refused } = await api.POST("/posts/", { headers, body: { title: "Nothing" } });
	const { data: pictured } = await api.POST("/posts", {
		headers,
		body: { image: "", content: "Look" },
		bodySerializer: ({ content }) => {
			const form = new FormData();
			form.append("image", image, "wall.jpg");
			if (content) form.append("content", content);
			return form;
		},
	});
	const alt: string | undefined = pictured?.image?.alt;
	const params = { path: { post_id: session.user.id } };
	const { error: missing } = await api.GET("/posts/{post_id}", { params });
	const next: string | null | undefined = page?.next_cursor;
	const codes: { refused?: Code; missing?: Code } = { refused: refused?.code, missing: missing?.code };
	return { feed, next: typeof next, alt, ...codes };
}
`;
