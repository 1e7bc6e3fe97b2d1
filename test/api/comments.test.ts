import { expect, test } from "bun:test";
import { testApp, walk } from "../support/app";

test("comments come oldest first, or newest first when asked", async () => {
	const { as, anonymous } = testApp();
	const ada = await as("ada");
	const { body: post } = await ada.post("/posts/", { content: "Hello" });
	const path = `/comments/posts/${post.id}/comments`;
	const { status, body } = await ada.post(path, { content: "one" });
	for (const content of ["two", "three", "four", "five"]) await ada.post(path, { content });
	const contents = async (query: string) => (await walk(anonymous, path + query)).map(({ content }) => content);

	expect(status).toBe(201);
	expect(body).toMatchObject({ post_id: post.id, author: { username: "ada" }, content: "one" });
	expect(await contents("")).toEqual(["one", "two", "three", "four", "five"]);
	expect(await contents("?sort=newest")).toEqual(["five", "four", "three", "two", "one"]);
	expect((await anonymous.get(`/posts/${post.id}`)).body.comment_count).toBe(5);
});

test("a comment has 1 to 2000 characters", async () => {
	const { as } = testApp();
	const ada = await as("ada");
	const { body: post } = await ada.post("/posts/", { content: "Hello" });
	const comment = (content: unknown) => ada.post(`/comments/posts/${post.id}/comments`, { content });

	expect((await comment("é".repeat(2000))).status).toBe(201);
	for (const content of ["", "  ", "\u3164\u200b", "x".repeat(2001), 1, undefined])
		expect((await comment(content)).body.errors[0].pointer).toBe("/content");
});

test("its author and administrators delete a comment", async () => {
	const { as, asAdmin, anonymous } = testApp();
	const ada = await as("ada");
	const bob = await as("bob");
	const admin = await asAdmin("moderator_1");
	const { body: post } = await ada.post("/posts/", { content: "Hello" });
	const comment = async () => (await bob.post(`/comments/posts/${post.id}/comments`, { content: "hi" })).body.id;
	const [first, second] = [await comment(), await comment()];

	expect((await anonymous.delete(`/comments/${first}`)).status).toBe(401);
	expect((await ada.delete(`/comments/${first}`)).status).toBe(403);
	expect((await bob.delete(`/comments/${first}`)).status).toBe(204);
	expect((await bob.delete(`/comments/${first}`)).status).toBe(404);
	expect((await admin.delete(`/comments/${second}`)).status).toBe(204);
	expect((await anonymous.get(`/posts/${post.id}`)).body.comment_count).toBe(0);
});

test("comments go with their post", async () => {
	const { as } = testApp();
	const ada = await as("ada");
	const { body: post } = await ada.post("/posts/", { content: "Hello" });
	const { body: comment } = await ada.post(`/comments/posts/${post.id}/comments`, { content: "hi" });
	await ada.delete(`/posts/${post.id}`);

	expect((await ada.get(`/comments/posts/${post.id}/comments`)).status).toBe(404);
	expect((await ada.delete(`/comments/${comment.id}`)).status).toBe(404);
	expect((await ada.post(`/comments/posts/${post.id}/comments`, { content: "hi" })).status).toBe(404);
});
