import { beforeEach, expect, test } from "bun:test";
import { type Client, type Person, testApp, walk } from "../support/app";

let author: Person;
let follower: Person;
let stranger: Person;
let admin: Person;
let anonymous: Client;
const posts: Record<string, string> = {};

beforeEach(async () => {
	const app = testApp();
	anonymous = app.anonymous;
	author = await app.as("author");
	follower = await app.as("follower");
	stranger = await app.as("stranger");
	admin = await app.asAdmin("moderator_1");
	await follower.post("/users/author/follow");
	for (const visibility of ["public", "followers", "private"]) {
		posts[visibility] = (await author.post("/posts/", { content: `secretword ${visibility}`, visibility })).body.id;
		await author.post(`/likes/posts/${posts[visibility]}/like`);
		await author.post(`/comments/posts/${posts[visibility]}/comments`, { content: "mine" });
	}
});

const viewers = (): [string, Client, string[]][] => [
	["the author", author, ["public", "followers", "private"]],
	["a follower", follower, ["public", "followers"]],
	["a stranger", stranger, ["public"]],
	["an administrator", admin, ["public"]],
	["nobody", anonymous, ["public"]],
];

test("lists, searches and pages of posts hold only what the viewer may see", async () => {
	for (const [name, client, visible] of viewers())
		for (const path of [
			"/posts/",
			"/posts/?sort=popular",
			"/posts/?q=secretword",
			"/posts/?q=secretword&sort=popular",
			"/posts/?author=author",
			"/users/author/posts",
		]) {
			const seen = (await walk(client, path, 1)).map(({ visibility }) => visibility).sort();
			expect([name, path, seen]).toEqual([name, path, [...visible].sort()]);
		}
});

test("what hangs on a post is hidden with it", async () => {
	for (const [name, client, visible] of viewers())
		for (const [visibility, id] of Object.entries(posts)) {
			const expected = visible.includes(visibility) ? 200 : 404;
			for (const path of [`/posts/${id}`, `/likes/posts/${id}/likes`, `/comments/posts/${id}/comments`])
				expect([name, path, (await client.get(path)).status]).toEqual([name, path, expected]);
		}
});

test("nobody acts on a post that they cannot see, and its counts stay", async () => {
	for (const client of [stranger, admin]) {
		const id = posts.followers;
		expect((await client.post(`/likes/posts/${id}/like`)).status).toBe(404);
		expect((await client.delete(`/likes/posts/${id}/like`)).status).toBe(404);
		expect((await client.post(`/comments/posts/${id}/comments`, { content: "hi" })).status).toBe(404);
		expect((await client.patch(`/posts/${id}`, { content: "hi" })).status).toBe(404);
		expect((await client.delete(`/posts/${id}`)).status).toBe(404);
	}
	expect((await author.get(`/posts/${posts.followers}`)).body).toMatchObject({ like_count: 1, comment_count: 1 });
});

test("the feed has followers-only posts of the followed and all of one's own", async () => {
	const seen = async (client: Client) => (await walk(client, "/feed/", 1)).map(({ visibility }) => visibility);

	expect(await seen(author)).toEqual(["private", "followers", "public"]);
	expect(await seen(follower)).toEqual(["followers", "public"]);
	expect(await seen(stranger)).toEqual([]);
});

test("a profile counts public posts only, for everyone", async () => {
	for (const [name, client] of viewers())
		expect([name, (await client.get("/users/author")).body.posts_count]).toEqual([name, 1]);
	await author.patch(`/posts/${posts.private}`, { visibility: "public" });
	expect((await anonymous.get("/users/author")).body.posts_count).toBe(2);
	await author.patch(`/posts/${posts.private}`, { visibility: "followers" });
	await author.delete(`/posts/${posts.followers}`);
	expect((await anonymous.get("/users/author")).body.posts_count).toBe(1);
});

const hiding: [string, string, () => Promise<unknown>][] = [
	["unfollowing", "followers", () => follower.delete("/users/author/follow")],
	["the post went private", "public", () => author.patch(`/posts/${posts.public}`, { visibility: "private" })],
];

test.each(hiding)("after %s, followers take back their like and comment, and nothing else", async (_, which, hide) => {
	const id = posts[which];
	const like = `/likes/posts/${id}/like`;
	const commented = async (client: Client) =>
		(await client.post(`/comments/posts/${id}/comments`, { content: "hi" })).body.id;
	const [mine, others] = [await commented(follower), await commented(author)];
	await follower.post(like);
	await hide();

	expect((await follower.get(`/posts/${id}`)).status).toBe(404);
	expect(await walk(follower, "/feed/")).toHaveLength(which === "public" ? 1 : 0);
	const { status, body } = await follower.delete(like);
	expect([status, body]).toEqual([200, { post_id: id, liked: false, like_count: 0 }]); // the author's like is not counted
	expect((await follower.delete(like)).status).toBe(404);
	expect((await follower.delete(`/comments/${others}`)).status).toBe(404);
	expect((await admin.delete(`/comments/${mine}`)).status).toBe(404);
	expect((await follower.delete(`/comments/${mine}`)).status).toBe(204);
	expect((await follower.delete(`/comments/${mine}`)).status).toBe(404);
	expect((await author.get(`/posts/${id}`)).body).toMatchObject({ like_count: 1, comment_count: 2 });
});

test("a post made private vanishes for everyone else at once", async () => {
	await author.patch(`/posts/${posts.public}`, { visibility: "private" });

	expect((await anonymous.get(`/posts/${posts.public}`)).status).toBe(404);
	expect((await anonymous.get("/posts/?q=secretword")).body.items).toEqual([]);
	expect((await author.get(`/posts/${posts.public}`)).status).toBe(200);
});
