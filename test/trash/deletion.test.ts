import { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../../src/config/config";
import { openStores } from "../../src/db/open";
import { diskFiles } from "../../src/media/disk";
import type { FileStore } from "../../src/media/files";
import { housekeeping } from "../../src/server/housekeeping";
import { password, secret, type TestApp, testApp } from "../support/app";
import { form, picture } from "../support/pictures";

let directory: string;
let path: string;
let uploads: string;
beforeEach(() => {
	directory = mkdtempSync(join(tmpdir(), "minifeed-"));
	path = join(directory, "minifeed.db");
	uploads = join(directory, "uploads");
});
afterEach(() => rmSync(directory, { recursive: true }));

/** What only one person can be known by, or has written. Each word stands nowhere else. */
const words = {
	bio: "ultramarine",
	displayName: "Zinnober",
	title: "chartreuse",
	content: "heliotrope",
	changed: "aubergine",
	hidden: "cinnabar",
	alt: "celadon",
	comment: "vermilion",
	dropped: "gamboge",
	tag: "periwinkle",
};

async function filled(trashDays: number) {
	const stores = openStores({ path, durability: "full", secret });
	const files = diskFiles({ directory: uploads, durable: false });
	const app = testApp({ trashDays, stores, files });
	const [ada, bob] = [await app.as("adalovelace"), await app.as("bob")];
	const { body: avatar } = await ada.patch(
		"/users/me",
		form({ avatar: await picture(), display_name: words.displayName, bio: words.bio }),
	);
	const { body: hers } = await ada.post("/posts/", { title: words.title, content: words.content });
	await ada.patch(`/posts/${hers.id}`, { content: words.changed });
	await ada.post("/posts/", { content: words.hidden, visibility: "private" });
	await ada.post("/posts/", { content: `#${words.tag} @bob` });
	const { body: shown } = await ada.post(
		"/posts/",
		form({ image: await picture({ width: 80 }), image_alt: words.alt, visibility: "followers" }),
	);
	const { body: his } = await bob.post("/posts/", { content: "By Bob" });
	const { body: comment } = await ada.post(`/comments/posts/${his.id}/comments`, { content: words.comment });
	const { body: dropped } = await ada.post(`/comments/posts/${his.id}/comments`, { content: words.dropped });
	await ada.delete(`/comments/${dropped.id}`);
	if (trashDays === 0) expect((await ada.get("/trash")).body.items).toEqual([]);
	await bob.post(`/comments/posts/${hers.id}/comments`, { content: "to a post of hers" });
	await ada.post(`/likes/posts/${his.id}/like`);
	await bob.post(`/likes/posts/${hers.id}/like`);
	await ada.post("/users/bob/follow");
	await bob.post("/users/adalovelace/follow");
	await app.anonymous.post("/auth/login", { username: "adalovelace", password });
	await app.anonymous.post("/auth/refresh", { refresh_token: ada.refreshToken });
	const traces = [...Object.values(words), ada.id, "adalovelace", "adalovelace@example.com"];
	return {
		stores,
		files,
		app,
		ada,
		bob,
		traces: [...traces, hers.id, shown.id, comment.id],
		names: [imageName(shown.image_url), imageName(avatar.avatar_url)],
	};
}

const imageName = (url: string) => url.replace(/^\/uploads\/(.*)\.webp.*$/, "$1");

/** What a server does when it starts at this time. */
async function keepHouse({ stores, media }: TestApp, files: FileStore, now: Date) {
	const log = {
		info() {},
		warn() {},
		observer: { served() {}, failed: (_: string, error: unknown) => expect(error).toBe(null) },
	};
	await housekeeping({
		stores,
		files,
		media,
		config: loadConfig({ DATA_DIR: directory }),
		log,
		isReadOnly: () => false,
		now: () => now,
	})();
}

/** Every value of every table, those of the search index among them, in lower case: the index folds its words. */
function everything(): string {
	const client = new Database(path, { readonly: true });
	const tables = client.query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
	const rows = tables.flatMap(({ name }) => client.query(`SELECT * FROM ${name}`).values().flat());
	client.close();
	expect(tables.length).toBeGreaterThan(10);
	return rows
		.map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : String(value)))
		.join("\n")
		.toLowerCase();
}

/** The traces that a text has in it, whatever their case. */
const found = (traces: string[], text: string) =>
	traces.filter((trace) => text.toLowerCase().includes(trace.toLowerCase()));
const onDisk = (traces: string[]) =>
	found(
		traces,
		readdirSync(directory, { recursive: true, withFileTypes: true })
			.filter((entry) => entry.isFile())
			.map((entry) => `${entry.name}\n${readFileSync(join(entry.parentPath, entry.name), "latin1")}`)
			.join("\n"),
	);

test("of somebody who deleted their account nothing is left, in no table and in no file, but an id in the record", async () => {
	const { stores, app, ada, bob, traces: withId, names } = await filled(0);
	const traces = withId.filter((trace) => trace !== ada.id);
	const all = [...traces, ...names];
	const there = all.filter((trace) => trace !== words.content && trace !== words.dropped);
	expect(found(there, everything())).toEqual(there);
	expect(onDisk(there)).toEqual(there);
	expect(readdirSync(uploads)).toHaveLength(4);

	expect((await ada.delete("/users/me", { password: ada.password })).status).toBe(204);

	await app.media.collect(); // the server does, in the background
	expect(readdirSync(uploads)).toEqual([]);
	const { items } = await stores.audit.page({}, { limit: 100 });
	const kept = items.filter(({ actorId, subjectId }) => [actorId, subjectId].includes(ada.id));
	expect(kept.length).toBeGreaterThan(0);
	expect(everything().split(ada.id)).toHaveLength(1 + 2 * kept.length); // nowhere else
	expect(found(all, everything())).toEqual([]);
	expect(onDisk(traces)).toEqual([]); // at once; of the names of pictures, within a minute
	const left = ["bob@example.com", bob.id, "By Bob"];
	expect(onDisk(left)).toEqual(left);
	await stores.close();
	expect(found(all, everything())).toEqual([]);
	expect(onDisk(all)).toEqual([]);
	expect(onDisk(left)).toEqual(left);

	const client = new Database(path, { readonly: true });
	const kinds = [
		"users",
		"posts",
		"comments",
		"likes",
		"follows",
		"sessions",
		"refresh_tokens",
		"images",
		"removed_images",
	];
	const rows = Object.fromEntries(
		[...kinds, "tags", "post_tags", "mentions"].map((table) => [
			table,
			client.query<{ n: number }, []>(`SELECT count(*) AS n FROM ${table}`).get()?.n,
		]),
	);
	client.close();
	expect(rows).toEqual({
		users: 1,
		posts: 1,
		comments: 0,
		likes: 0,
		follows: 0,
		sessions: 1,
		refresh_tokens: 1,
		images: 0,
		removed_images: 0,
		tags: 0,
		post_tags: 0,
		mentions: 0,
	});
});

test("while it can be brought back, nothing of an account is in plain but its pictures, and then not even those", async () => {
	const { stores, files, app, ada, traces: withId, names } = await filled(7);
	const traces = withId.filter((trace) => trace !== ada.id);
	const there = traces.filter((trace) => trace !== words.content && trace !== words.dropped);
	expect(found(there, everything())).toEqual(there);

	expect((await ada.delete("/users/me", { password: ada.password })).status).toBe(204);

	const { items } = await stores.audit.page({}, { limit: 100 });
	const kept = items.filter(({ actorId, subjectId }) => [actorId, subjectId].includes(ada.id));
	expect(everything().split(ada.id)).toHaveLength(1 + 2 * kept.length); // nowhere else
	expect(found(traces, everything())).toEqual([]);
	expect(onDisk(traces)).toEqual([]);
	expect(readdirSync(uploads)).toHaveLength(4);
	expect(found(names, everything())).toEqual(names);

	const before = new Date(app.clock.now.getTime() + 7 * 24 * 60 * 60 * 1000 - 1);
	await keepHouse(app, files, before);
	expect(readdirSync(uploads)).toHaveLength(4);
	expect(await stores.trash.page({ since: new Date(0) }, { limit: 9 })).toMatchObject({ items: { length: 2 } }); // a comment, too

	await keepHouse(app, files, new Date(before.getTime() + 1));
	expect(readdirSync(uploads)).toEqual([]);
	expect(found([...traces, ...names], everything())).toEqual([]);
	await stores.close();
	expect(onDisk([...traces, ...names])).toEqual([]);
});

test("a large account is gone for everybody at once, and its rows step by step, with nothing left in any file", async () => {
	const stores = openStores({ path, durability: "full", secret });
	const app = testApp({ stores });
	const [ada, bob, eve] = [await app.as("adalovelace"), await app.as("bob"), await app.as("eve")];
	const { body: his } = await bob.post("/posts/", { content: "By Bob #shared" });
	const comment = () => ada.post(`/comments/posts/${his.id}/comments`, { content: words.comment });
	for (let i = 0; i < 3; i++) await comment();
	await eve.post(`/comments/posts/${his.id}/comments`, { content: "by Eve" });
	for (const who of [ada, eve]) await who.post(`/likes/posts/${his.id}/like`);
	await ada.post("/users/bob/follow");
	for (const who of [bob, eve]) await who.post("/users/adalovelace/follow");
	const visibilities = ["public", "followers", "private"] as const;
	await stores.inOneTransaction(async () => {
		for (let i = 0; i < 900; i++) {
			const post = { id: crypto.randomUUID(), authorId: ada.id, title: null, createdAt: app.clock.now };
			const visibility = visibilities[i % 3] as (typeof visibilities)[number];
			await stores.posts.create({ ...post, content: `${words.content} ${i} #shared #${words.tag} @bob`, visibility });
			if (i % 3 === 0) await stores.likes.add({ postId: post.id, userId: eve.id, createdAt: app.clock.now });
		}
	});
	const { body: first } = await eve.get("/users/adalovelace/posts?limit=1");
	const hers = first.items[0];

	// As `DELETE /users/me` does, but without going on.
	await stores.users.remove(ada.id, { at: app.clock.now, byOwner: true, quota: 0 });

	const posts = () => {
		const client = new Database(path, { readonly: true });
		const { n } = client.query<{ n: number }, []>("SELECT count(*) AS n FROM posts").get() ?? { n: 0 };
		client.close();
		return n;
	};
	expect(posts()).toBeGreaterThan(500);
	const seen = async () => {
		const read = async (client: typeof eve, path: string) => (await client.get(path)).body;
		const lists = [
			"/posts/",
			"/posts/?sort=popular",
			"/feed/",
			`/posts/?q=${words.content}`,
			"/posts/?q=from:adalovelace",
		];
		for (const path of ["", "/posts", "/followers", "/following"])
			expect([path, (await eve.get(`/users/adalovelace${path}`)).status]).toEqual([path, 404]);
		expect((await eve.get(`/posts/${hers.id}`)).status).toBe(404);
		expect((await eve.post(`/comments/posts/${hers.id}/comments`, { content: "x" })).status).toBe(404);
		expect((await eve.post("/users/adalovelace/follow")).status).toBe(404);
		expect((await ada.get("/auth/me")).status).toBe(401);
		for (const path of lists)
			for (const { author } of (await read(eve, path)).items) expect(author.username).not.toBe("adalovelace");
		const usernames = ({ items }: { items: { username: string }[] }) => items.map(({ username }) => username);
		return {
			post: await read(eve, `/posts/${his.id}`),
			likes: usernames(await read(eve, `/likes/posts/${his.id}/likes`)),
			comments: (await read(eve, `/comments/posts/${his.id}/comments`)).items.length,
			people: usernames(await read(eve, "/users?q=ada")),
			bob: await read(eve, "/users/bob"),
			eve: (await read(eve, "/auth/me")).following_count,
			tags: (await read(eve, "/tags?q=")).items,
			trending: (await read(eve, "/tags?trending")).items,
			mentions: (await read(eve, "/posts/?q=%40bob")).items,
		};
	};
	const shared = [{ name: "shared", post_count: 1 }];
	const expected = {
		post: expect.objectContaining({ like_count: 1, comment_count: 1 }),
		likes: ["eve"],
		comments: 1,
		people: [],
		bob: expect.objectContaining({ followers_count: 0, following_count: 0 }),
		eve: 0,
		tags: shared,
		trending: shared,
		mentions: [],
	};
	expect(await seen()).toEqual(expected);
	expect((await app.as("adalovelace")).id).not.toBe(ada.id); // the name and the address are free
	await (await app.withToken((await login(app, "adalovelace")).access_token)).delete("/users/me", {
		password,
		permanent: true,
	});
	expect((await app.anonymous.post("/auth/restore", { username: "adalovelace", password })).status).toBe(503);
	expect((await app.anonymous.post("/auth/restore", { username: "adalovelace", password: "another one" })).status).toBe(
		401,
	);

	const counts = [posts()];
	while (counts.at(-1) !== 1) {
		const before = counts.at(-1);
		while (posts() === before) await Bun.sleep(1);
		expect(await seen()).toEqual(expected);
		counts.push(posts());
	}
	expect(counts.length).toBeGreaterThan(3);
	await stores.trash.resume();
	const traces = [words.content, words.comment, words.tag, "adalovelace", "adalovelace@example.com"];
	expect(found(traces, everything())).toEqual([]);
	expect(onDisk(traces)).toEqual([]);
	await stores.close();
	expect(onDisk(traces)).toEqual([]);
	expect(app.failures).toEqual([]);
}, 30_000);

const login = async (app: TestApp, username: string) =>
	(await app.anonymous.post("/auth/login", { username, password })).body;
