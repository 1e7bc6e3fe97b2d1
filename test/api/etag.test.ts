import { expect, test } from "bun:test";
import { testApp } from "../support/app";

const tagOf = ({ headers }: { headers: Headers }) => headers.get("etag") ?? "";
const knowing = (etag: string) => ({ "if-none-match": etag });

test("who has a post or a profile already is told so, until what it shows changes", async () => {
	const { as, anonymous, withToken } = testApp();
	const ada = await as("ada");
	const { body: post } = await ada.post("/posts/", { content: "Hello" });
	const changes: Record<string, () => Promise<unknown>> = {
		[`/posts/${post.id}`]: () => ada.patch(`/posts/${post.id}`, { content: "Hello again" }),
		"/users/ada": () => ada.patch("/users/me", { bio: "Hello" }),
	};
	for (const [path, change] of Object.entries(changes)) {
		const first = await anonymous.get(path);
		const tag = tagOf(first);
		expect(tag).toMatch(/^"[0-9a-z]+"$/);
		expect(first.headers.get("content-type")).toBe("application/json;charset=utf-8");
		for (const known of [tag, `W/${tag}`, `"other", ${tag}`, "*"]) {
			const again = await anonymous.get(path, undefined, knowing(known));
			expect([known, again.status, again.body, tagOf(again)]).toEqual([known, 304, "", tag]);
		}
		expect((await anonymous.get(path, undefined, knowing('"other"'))).body).toEqual(first.body);

		await change();
		const changed = await anonymous.get(path, undefined, knowing(tag));
		expect([changed.status, tagOf(changed) === tag]).toEqual([200, false]);
	}
	expect((await anonymous.get("/posts/019b76f5-1d4e-7000-8b63-4f6f1a2b3c4d", undefined, knowing("*"))).status).toBe(
		404,
	);
	expect((await withToken("x").get("/users/ada", undefined, knowing("*"))).status).toBe(401);
});

test("nothing that is somebody's own is for a shared cache", async () => {
	const { as, anonymous } = testApp({ corsOrigins: ["https://app.example"] });
	const [ada, bob] = [await as("ada"), await as("bob")];
	const { body: post } = await ada.post("/posts/", { content: "Hello", visibility: "private" });
	const cached = async (client: typeof anonymous, path: string, headers?: Record<string, string>) => {
		const reply = await client.get(path, undefined, headers);
		return [reply.status, reply.headers.get("cache-control"), reply.headers.get("vary")];
	};

	expect(await cached(ada, `/posts/${post.id}`)).toEqual([200, "private, no-cache", "Origin, Authorization"]);
	expect(await cached(bob, `/posts/${post.id}`)).toEqual([404, "no-store", "Origin"]);
	expect(await cached(anonymous, "/users/ada")).toEqual([200, "public, no-cache", "Origin, Authorization"]);
	for (const path of ["/auth/me", "/feed/", "/posts/", "/auth/sessions"])
		expect([path, ...(await cached(ada, path))]).toEqual([path, 200, "no-store", "Origin"]);

	// What bob may see of a post and what ada may are two answers.
	const { body: shown } = await ada.post("/posts/", { content: "Hello" });
	const tag = tagOf(await bob.get(`/posts/${shown.id}`));
	await bob.post(`/likes/posts/${shown.id}/like`);
	expect((await bob.get(`/posts/${shown.id}`, undefined, knowing(tag))).status).toBe(200);
	expect(tagOf(await bob.get(`/posts/${shown.id}`))).not.toBe(tagOf(await ada.get(`/posts/${shown.id}`)));
});
