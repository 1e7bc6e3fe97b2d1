import { expect, test } from "bun:test";
import { testApp, walk } from "../support/app";

const nowhere = "019b76f5-1d4e-7000-8b63-4f6f1a2b3c4d";

test("a post is made, found at its address, and read by everyone", async () => {
	const { as, anonymous } = testApp();
	const ada = await as("ada");
	const { status, headers, body } = await ada.post("/posts/", { content: "Hello", title: "First" });

	expect(status).toBe(201);
	expect(body).toMatchObject({
		author: { id: ada.id, username: "ada", display_name: "ada", avatar_url: null },
		title: "First",
		content: "Hello",
		image: null,
		image_url: null,
		visibility: "public",
		like_count: 0,
		comment_count: 0,
		liked: false,
		created_at: "2026-01-02T03:04:05.678Z",
		edited_at: null,
	});
	expect(headers.get("location")).toBe(`/posts/${body.id}`);
	expect((await anonymous.get(headers.get("location") ?? "")).body).toEqual(body);
	expect((await anonymous.get(`/posts/${body.id}/`)).status).toBe(200);
});

test("fields of a post that are not the author's to set are refused", async () => {
	const { as } = testApp();
	const ada = await as("ada");
	const bob = await as("bob");
	const others = {
		id: nowhere,
		author: { id: bob.id },
		author_id: bob.id,
		like_count: 9,
		created_at: "1999-01-01T00:00:00.000Z",
	};
	const { status, body } = await ada.post("/posts/", { content: "Hello", ...others });

	expect([status, body.errors]).toEqual([
		422,
		Object.keys(others).map((name) => ({ pointer: `/${name}`, detail: "There is no such field." })),
	]);
	expect((await ada.get("/posts/")).body.items).toEqual([]);
});

test.each([
	["/content", {}],
	["/content", { content: "" }],
	["/content", { content: " \n\t " }],
	["/content", { content: "\u200b\u3164\u2800\ufe0f" }],
	["/content", { content: "x".repeat(5001) }],
	["/content", { content: 5 }],
	["/content", { content: null }],
	["/content", { content: "a\u0000b" }],
	["/content", { content: "lone \ud800 half" }],
	["/title", { content: "x", title: "x".repeat(201) }],
	["/visibility", { content: "x", visibility: "friends" }],
	["", "[]"],
	["", '"text"'],
	["", "null"],
	["", "17"],
])("a post that breaks a rule is refused, and %p is named", async (pointer, body) => {
	const ada = await testApp().as("ada");
	const reply = await ada.post("/posts/", body);

	expect([reply.status, reply.body.code]).toEqual([422, "invalid"]);
	expect(reply.body.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
});

test("content may be 5000 characters of any kind", async () => {
	const ada = await testApp().as("ada");
	const content = `${"🦣".repeat(4999)}\n`;

	expect((await ada.post("/posts/", { content })).body.content).toBe(content);
});

test("a title is one line, and none where it shows nothing", async () => {
	const ada = await testApp().as("ada");
	const { id, title } = (await ada.post("/posts/", { content: "x", title: " Tea\n\u202eat four " })).body;
	expect(title).toBe("Tea at four");
	for (const blank of ["\u3164", " ", "\u202e\n"]) {
		expect((await ada.post("/posts/", { content: "x", title: blank })).body.title).toBeNull();
		expect((await ada.patch(`/posts/${id}`, { title: blank })).body.title).toBeNull();
	}
	expect((await ada.patch(`/posts/${id}`, { content: "\u3164" })).body.errors[0].pointer).toBe("/content");
	const content = "\u202bline\u202c\n\u2067two\u2069 \u0007";
	expect((await ada.patch(`/posts/${id}`, { content })).body.content).toBe(content);
});

test("only its author changes a post", async () => {
	const { as, anonymous, clock } = testApp();
	const ada = await as("ada");
	const bob = await as("bob");
	const { body: post } = await ada.post("/posts/", { content: "Hello", title: "First" });
	clock.now = new Date("2026-01-02T03:14:05.678Z");

	expect((await bob.patch(`/posts/${post.id}`, { content: "mine" })).status).toBe(403);
	expect((await anonymous.patch(`/posts/${post.id}`, { content: "mine" })).status).toBe(401);
	const { body } = await ada.patch(`/posts/${post.id}`, { content: "Changed", title: null });
	expect(body).toEqual({ ...post, content: "Changed", title: null, edited_at: "2026-01-02T03:14:05.678Z" });
	expect((await anonymous.get("/posts/?q=hello")).body.items).toEqual([]);
	expect((await anonymous.get("/posts/?q=changed")).body.items).toMatchObject([body]);
	expect((await ada.patch(`/posts/${post.id}`, { content: "" })).status).toBe(422);
});

test("a change that changes nothing is no edit, nor is another visibility", async () => {
	const ada = await testApp().as("ada");
	const { body: post } = await ada.post("/posts/", { content: "Hello" });

	expect((await ada.patch(`/posts/${post.id}`, {})).body).toEqual(post);
	expect((await ada.patch(`/posts/${post.id}`, { content: "Hello" })).body).toEqual(post);
	expect((await ada.patch(`/posts/${post.id}`, { visibility: "private" })).body).toEqual({
		...post,
		visibility: "private",
	});
});

test("its author and administrators delete a post", async () => {
	const { as, asAdmin, anonymous } = testApp();
	const ada = await as("ada");
	const bob = await as("bob");
	const root = await asAdmin("moderator_1");
	const first = (await ada.post("/posts/", { content: "one" })).body.id;
	const second = (await ada.post("/posts/", { content: "two" })).body.id;

	expect((await bob.delete(`/posts/${first}`)).status).toBe(403);
	expect((await root.patch(`/posts/${first}`, { content: "x" })).status).toBe(403);
	expect((await ada.delete(`/posts/${first}`)).status).toBe(204);
	expect((await root.delete(`/posts/${second}`)).status).toBe(204);
	expect((await ada.delete(`/posts/${first}`)).status).toBe(404);
	expect((await anonymous.get("/posts/")).body.items).toEqual([]);
	expect((await ada.get("/auth/me")).body.posts_count).toBe(0);
});

test("there is no such post", async () => {
	const ada = await testApp().as("ada");
	for (const id of [nowhere, "1", "x".repeat(3000), "%00", "..%2f..%2fetc", "' OR 1=1 --"])
		expect([id, (await ada.get(`/posts/${encodeURIComponent(id)}`)).status]).toEqual([id, 404]);
	expect((await ada.patch(`/posts/${nowhere}`, { content: "x" })).status).toBe(404);
	expect((await ada.delete(`/posts/${nowhere}`)).status).toBe(404);
});

test("posts come newest first, oldest first or most liked first", async () => {
	const { as, anonymous } = testApp();
	const ada = await as("ada");
	const bob = await as("bob");
	const ids: string[] = [];
	for (let i = 0; i < 7; i++) ids.push((await ada.post("/posts/", { content: `post ${i}` })).body.id);
	for (const i of [2, 5]) await bob.post(`/likes/posts/${ids[i]}/like`);
	await ada.post(`/likes/posts/${ids[2]}/like`);
	const order = async (sort: string) =>
		(await walk(anonymous, `/posts/?sort=${sort}`)).map(({ id }) => ids.indexOf(id));

	expect(await order("newest")).toEqual([6, 5, 4, 3, 2, 1, 0]);
	expect(await order("oldest")).toEqual([0, 1, 2, 3, 4, 5, 6]);
	expect(await order("popular")).toEqual([2, 5, 6, 4, 3, 1, 0]);
	expect((await anonymous.get("/posts/?sort=random")).body.errors[0].pointer).toBe("/sort");
});

test("posts of one author, by their list or by theirs", async () => {
	const { as, anonymous } = testApp();
	const ada = await as("ada");
	const bob = await as("bob");
	for (let i = 0; i < 3; i++) {
		await ada.post("/posts/", { content: `ada ${i}` });
		await bob.post("/posts/", { content: `bob ${i}` });
	}
	const contents = async (path: string) => (await walk(anonymous, path)).map(({ content }) => content);

	expect(await contents("/posts/?author=ADA")).toEqual(["ada 2", "ada 1", "ada 0"]);
	expect(await contents("/users/ada/posts")).toEqual(["ada 2", "ada 1", "ada 0"]);
	expect(await contents("/posts/?author=ada&q=1&sort=oldest")).toEqual(["ada 1"]);
	expect(await contents("/posts/?author=nobody_here")).toEqual([]);
});

test("search finds words in title and content, whatever their case or accents", async () => {
	const { as, anonymous } = testApp();
	const ada = await as("ada");
	await ada.post("/posts/", { content: "Über den Wolken", title: "Flüge" });
	await ada.post("/posts/", { content: "under the clouds" });
	const found = async (q: string, rest = "") =>
		(await walk(anonymous, `/posts/?q=${encodeURIComponent(q)}${rest}`)).map(({ content }) => content);

	expect(await found("wolken uber")).toEqual(["Über den Wolken"]);
	expect(await found("FLUGE")).toEqual(["Über den Wolken"]);
	expect(await found("wolken clouds")).toEqual([]);
	expect(await found("the", "&sort=popular")).toEqual(["under the clouds"]);
	expect(await found("")).toHaveLength(2);
	expect(await found("   ")).toHaveLength(2);
	expect(await found("!!!")).toEqual([]);
	expect(await found("clouds !!!")).toEqual(["under the clouds"]);
});
