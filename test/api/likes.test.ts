import { expect, test } from "bun:test";
import { testApp, walk } from "../support/app";

test("a like counts once, however often it is given", async () => {
	const { as } = testApp();
	const ada = await as("ada");
	const bob = await as("bob");
	const { body: post } = await ada.post("/posts/", { content: "Hello" });
	const path = `/likes/posts/${post.id}/like`;

	expect((await bob.post(path)).body).toEqual({ post_id: post.id, liked: true, like_count: 1 });
	await Promise.all(Array.from({ length: 30 }, () => bob.post(path)));
	expect((await ada.post(path)).body.like_count).toBe(2);
	expect((await bob.get(`/posts/${post.id}`)).body).toMatchObject({ liked: true, like_count: 2 });
	expect((await bob.delete(path)).body).toEqual({ post_id: post.id, liked: false, like_count: 1 });
	expect((await bob.delete(path)).body).toEqual({ post_id: post.id, liked: false, like_count: 1 });
	expect((await bob.get(`/posts/${post.id}`)).body).toMatchObject({ liked: false, like_count: 1 });
});

test("who liked a post, newest first", async () => {
	const { as, anonymous, clock } = testApp();
	const { body: post } = await (await as("ada")).post("/posts/", { content: "Hello" });
	for (const name of ["fan1", "fan2", "fan3"]) {
		clock.now = new Date(clock.now.getTime() + 1);
		await (await as(name)).post(`/likes/posts/${post.id}/like`);
	}

	const names = (await walk(anonymous, `/likes/posts/${post.id}/likes`, 1)).map(({ username }) => username);
	expect(names).toEqual(["fan3", "fan2", "fan1"]);
});

test("a stranger likes nothing", async () => {
	const { as, anonymous } = testApp();
	const { body: post } = await (await as("ada")).post("/posts/", { content: "Hello" });

	expect((await anonymous.post(`/likes/posts/${post.id}/like`)).status).toBe(401);
	expect((await anonymous.get(`/posts/${post.id}`)).body.like_count).toBe(0);
});
