import { expect, test } from "bun:test";
import fc from "fast-check";
import { type Person, type TestApp, testApp, walk } from "../support/app";
import { runs } from "../support/runs";

const names = ["ada", "bob", "eve"];
const visibilities = ["public", "followers", "private"] as const;
type Visibility = (typeof visibilities)[number];

const step = fc.record({
	act: fc.constantFrom(
		"post",
		"post",
		"hide",
		"unpost",
		"like",
		"like",
		"unlike",
		"comment",
		"uncomment",
		"follow",
		"follow",
		"unfollow",
		"leave",
	),
	who: fc.nat(names.length - 1),
	whom: fc.nat(names.length - 1),
	what: fc.nat(5),
	visibility: fc.constantFrom(...visibilities),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What should be, kept by hand: the naive model that the API is held against. */
type Model = {
	follows: Set<string>;
	posts: {
		id: string;
		author: string;
		visibility: Visibility;
		likes: Set<string>;
		comments: { id: string; author: string }[];
	}[];
};

test("after any history, everyone sees exactly what they may, and every count is a recount", async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (history) => {
			const app = testApp();
			const people = new Map<string, Person>();
			for (const name of names) people.set(name, await app.as(name));
			const model: Model = { follows: new Set(), posts: [] };
			for (const step of history) await apply(step, app, people, model);
			for (const name of [...names, null]) await compare(name, app, people, model);
		}),
		{ numRuns: runs(40) },
	);
});

const sees = (model: Model, viewer: string | null, { author, visibility }: Model["posts"][number]) =>
	visibility === "public" ||
	viewer === author ||
	(visibility === "followers" && model.follows.has(`${viewer} ${author}`));

async function apply(
	{ act, who, whom, what, visibility }: Step,
	app: TestApp,
	people: Map<string, Person>,
	model: Model,
) {
	const name = names[who] as string;
	const other = names[whom] as string;
	const person = people.get(name) as Person;
	const post = model.posts[what % Math.max(1, model.posts.length)];
	const visible = post && sees(model, name, post);
	if (act === "post") {
		const { body } = await person.post("/posts/", { content: "word", visibility });
		model.posts.push({ id: body.id, author: name, visibility, likes: new Set(), comments: [] });
	} else if (act === "follow" || act === "unfollow") {
		await (act === "follow" ? person.post : person.delete)(`/users/${other}/follow`);
		if (name !== other) model.follows[act === "follow" ? "add" : "delete"](`${name} ${other}`);
	} else if (act === "leave") {
		await person.delete("/users/me", { password: person.password });
		people.set(name, await app.as(name)); // and comes back as somebody new
		model.follows = new Set([...model.follows].filter((edge) => !edge.split(" ").includes(name)));
		model.posts = model.posts.filter(({ author }) => author !== name);
		for (const post of model.posts) {
			post.likes.delete(name);
			post.comments = post.comments.filter(({ author }) => author !== name);
		}
	} else if (post && (act === "like" || act === "unlike")) {
		const { status } = await (act === "like" ? person.post : person.delete)(`/likes/posts/${post.id}/like`);
		const takesBack = act === "unlike" && post.likes.has(name); // one's own, even under a hidden post
		expect(status).toBe(visible || takesBack ? 200 : 404);
		if (visible || takesBack) post.likes[act === "like" ? "add" : "delete"](name);
	} else if (post && act === "comment") {
		const { status, body } = await person.post(`/comments/posts/${post.id}/comments`, { content: "hm" });
		expect(status).toBe(visible ? 201 : 404);
		if (visible) post.comments.push({ id: body.id, author: name });
	} else if (post && act === "uncomment") {
		const comment = post.comments.pop();
		if (!comment) return;
		const { status } = await person.delete(`/comments/${comment.id}`);
		const allowed = comment.author === name ? 204 : visible ? 403 : 404;
		expect(status).toBe(allowed);
		if (allowed !== 204) post.comments.push(comment);
	} else if (post && act === "hide") {
		const { status } = await person.patch(`/posts/${post.id}`, { visibility });
		expect(status).toBe(post.author === name ? 200 : visible ? 403 : 404);
		if (post.author === name) post.visibility = visibility;
	} else if (post && act === "unpost") {
		const { status } = await person.delete(`/posts/${post.id}`);
		expect(status).toBe(post.author === name ? 204 : visible ? 403 : 404);
		if (post.author === name) model.posts = model.posts.filter(({ id }) => id !== post.id);
	}
}

async function compare(viewer: string | null, { anonymous }: TestApp, people: Map<string, Person>, model: Model) {
	const client = viewer === null ? anonymous : (people.get(viewer) as Person);
	const visible = model.posts.filter((post) => sees(model, viewer, post)).reverse();
	const ids = async (path: string) => (await walk(client, path, 3)).map(({ id }) => id);

	expect(await ids("/posts/")).toEqual(visible.map(({ id }) => id));
	expect(await ids("/posts/?q=word")).toEqual(visible.map(({ id }) => id));
	for (const post of visible) {
		const { body } = await client.get(`/posts/${post.id}`);
		expect([body.like_count, body.comment_count]).toEqual([post.likes.size, post.comments.length]);
		expect(body.liked).toBe(viewer !== null && post.likes.has(viewer));
		expect(await ids(`/likes/posts/${post.id}/likes`)).toHaveLength(post.likes.size);
		expect(await ids(`/comments/posts/${post.id}/comments`)).toEqual(post.comments.map(({ id }) => id));
	}
	if (viewer === null) return;
	const feed = visible.filter(({ author }) => author === viewer || model.follows.has(`${viewer} ${author}`));
	expect(await ids("/feed/")).toEqual(feed.map(({ id }) => id));
	const { body: me } = await client.get("/auth/me");
	expect(me.posts_count).toBe(model.posts.filter((p) => p.author === viewer && p.visibility === "public").length);
	expect(me.following_count).toBe([...model.follows].filter((edge) => edge.startsWith(`${viewer} `)).length);
	expect(me.followers_count).toBe((await ids(`/users/${viewer}/followers`)).length);
}
