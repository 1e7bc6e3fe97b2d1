import { expect, test } from "bun:test";
import { testApp, walk } from "../support/app";

test("the feed has one's own posts and those of the followed, newest first", async () => {
	const { as } = testApp();
	const [ada, bob, eve] = [await as("ada"), await as("bob"), await as("eve")];
	await ada.post("/users/bob/follow");
	for (const [person, content] of [
		[bob, "bob 1"],
		[eve, "eve 1"],
		[ada, "ada 1"],
		[bob, "bob 2"],
	] as const)
		await person.post("/posts/", { content });
	const feed = async () => (await walk(ada, "/feed/", 1)).map(({ content }) => content);

	expect(await feed()).toEqual(["bob 2", "ada 1", "bob 1"]);
	await ada.post("/users/eve/follow");
	expect(await feed()).toEqual(["bob 2", "ada 1", "eve 1", "bob 1"]);
	await ada.delete("/users/bob/follow");
	expect(await feed()).toEqual(["ada 1", "eve 1"]);
});

test("the feed tells what the reader liked", async () => {
	const { as } = testApp();
	const [ada, bob] = [await as("ada"), await as("bob")];
	await ada.post("/users/bob/follow");
	const { body: post } = await bob.post("/posts/", { content: "Hello" });
	await ada.post(`/likes/posts/${post.id}/like`);

	expect((await ada.get("/feed/")).body.items[0]).toMatchObject({ id: post.id, liked: true, like_count: 1 });
});

test("the feed is for somebody signed in", async () => {
	const { status, headers } = await testApp().anonymous.get("/feed/");
	expect(status).toBe(401);
	expect(headers.get("www-authenticate")).toStartWith("Bearer");
});
