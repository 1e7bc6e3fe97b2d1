import { expect, test } from "bun:test";
import { type Client, type Person, testApp } from "../support/app";

type Made = { post: string; comment: string; deleted: string; invite: string };
type Scene = { author: Person; fan: Person; root: Person; made: Made; signIn: (who: Person) => Promise<Client> };
type Operation = { operationId: string };

/** A fan follows an author, likes and comments on a post, deletes another comment, and invites a friend. */
async function scene(visibility: string): Promise<Scene> {
	const app = testApp();
	const [author, fan, root] = [await app.as("author"), await app.as("fan"), await app.asAdmin("moderator_1")];
	await fan.post("/users/author/follow");
	const post: string = (await author.post("/posts/", { content: "For you", visibility })).body.id;
	const write = async (): Promise<string> =>
		(await fan.post(`/comments/posts/${post}/comments`, { content: "My number is 555" })).body.id;
	await fan.post(`/likes/posts/${post}/like`);
	const [comment, deleted] = [await write(), await write()];
	await fan.delete(`/comments/${deleted}`);
	const invite: string = (await fan.post("/invites", {})).body.id;
	const signIn = async ({ username, password }: Person) =>
		app.withToken((await app.anonymous.post("/auth/login", { username, password })).body.access_token);
	return { author, fan, root, made: { post, comment, deleted, invite }, signIn };
}

const hiding: [event: string, visibility: string, hide: (scene: Scene) => Promise<unknown>][] = [
	["unfollowing", "followers", ({ fan }) => fan.delete("/users/author/follow")],
	[
		"the post went private",
		"public",
		({ author, made: { post } }) => author.patch(`/posts/${post}`, { visibility: "private" }),
	],
	["the post is for followers and the author was suspended", "followers", ({ root }) => setState(root, "suspended")],
];
const setState = (root: Person, state: string) => root.patch("/admin/users/author", { state });

/** The operations that end something which the caller made under, or about, something of others. */
const own: Record<string, (made: Made) => string> = {
	unlike: ({ post }) => `/likes/posts/${post}/like`,
	deleteComment: ({ comment }) => `/comments/${comment}`,
	deleteForEver: ({ deleted }) => `/trash/${deleted}`,
	unfollow: () => "/users/author/follow",
	deleteInvite: ({ invite }) => `/invites/${invite}`,
};
/** These depend on nothing of others. */
const independent = ["deleteMe", "deletePost", "endSession", "endOtherSessions", "deleteToken"];

test("the tables of this test have every DELETE, except those of administrators", async () => {
	const { paths } = (await testApp().anonymous.get("/openapi.json")).body;
	const operations = Object.entries(paths as Record<string, Record<string, Operation>>)
		.filter(([path]) => !path.startsWith("/admin/"))
		.flatMap(([, methods]) => methods.delete ?? []);
	expect(operations.map(({ operationId }) => operationId).sort()).toEqual([...Object.keys(own), ...independent].sort());
});

test.each(hiding)("after %s, people can still take back all of their own", async (_, visibility, hide) => {
	const now = await scene(visibility);
	const { author, fan, root, made, signIn } = now;
	await hide(now);
	for (const [name, path] of Object.entries(own)) {
		const { status } = await fan.delete(path(made));
		expect([name, status < 300]).toEqual([name, true]);
	}

	expect((await fan.get("/trash")).body.items).toMatchObject([{ id: made.comment }]);
	await setState(root, "active");
	const again = await signIn(author);
	expect((await again.get(`/posts/${made.post}`)).body).toMatchObject({ like_count: 0, comment_count: 0 });
	expect((await again.get("/users/author")).body.followers_count).toBe(0);
	expect((await again.get(`/comments/posts/${made.post}/comments`)).body.items).toEqual([]);
});
