import { Database } from "bun:sqlite";
import { beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStores } from "../../src/db/open";
import { type Client, type Person, password, secret, type TestApp, testApp, walk } from "../support/app";
import { form, picture } from "../support/pictures";

let app: TestApp;
let ada: Person;
let bob: Person;
let eve: Person;
let admin: Person;
let anonymous: Client;
beforeEach(async () => {
	app = testApp();
	anonymous = app.anonymous;
	[ada, bob, eve, admin] = [
		await app.as("adalovelace"),
		await app.as("bob"),
		await app.as("eve"),
		await app.asAdmin("moderator_1"),
	];
});

const limits = { maxUploadBytes: 10 * 1024 ** 2, userQuotaBytes: 0, minFreeBytes: 0 };
const week = 7 * 24 * 60 * 60 * 1000;
const later = (milliseconds: number) => {
	app.clock.now = new Date(app.clock.now.getTime() + milliseconds);
};
const write = async (person: Client, content: string, more = {}) =>
	(await person.post("/posts/", { content, ...more })).body;
const ids = async (path: string, client: Client = anonymous) => (await walk(client, path, 2)).map(({ id }) => id);
const comment = async (person: Client, post: string, content: string) =>
	(await person.post(`/comments/posts/${post}/comments`, { content })).body;
const leave = (person: Person, more = {}) => person.delete("/users/me", { password, ...more });
const comeBack = (username: string, given = password) => anonymous.post("/auth/restore", { username, password: given });
/** Signed in anew, since tokens end before the days are over. */
const again = async (person: Person): Promise<Person> => {
	const { body } = await anonymous.post("/auth/login", { username: person.username, password });
	return { ...person, ...app.withToken(body.access_token) };
};
const files = async () => {
	await app.stores.trash.resume();
	await app.media.collect();
	return (await Array.fromAsync(app.files.list())).length;
};
/** What housekeeping does. */
const sweep = async () => {
	await app.stores.trash.sweep(new Date(app.clock.now.getTime() - week));
	await app.media.collect();
};

test("a post comes back as it was: text, likes, comments, counts, tags, mentions, picture, place", async () => {
	const before = await write(bob, "zero");
	const { body: post } = await ada.post(
		"/posts/",
		form({ content: "heliotrope for @bob #Flowers", title: "Tea", image: await picture(), image_alt: "a cat" }),
	);
	const after = await write(bob, "two #flowers");
	await bob.post(`/likes/posts/${post.id}/like`);
	await ada.post(`/likes/posts/${post.id}/like`);
	for (const text of ["first", "second", "third"]) await comment(text === "second" ? ada : bob, post.id, text);
	await bob.post("/users/adalovelace/follow");
	const read = async () => ({
		post: (await bob.get(`/posts/${post.id}`)).body,
		likes: await ids(`/likes/posts/${post.id}/likes`),
		comments: (await bob.get(`/comments/posts/${post.id}/comments`)).body,
		lists: [
			await ids("/posts/"),
			await ids("/posts/?sort=popular"),
			await ids("/posts/?q=heliotrope"),
			await ids("/posts/?q=%40bob"),
			await ids("/posts/?q=%23flowers"),
			await ids("/feed/", bob),
			await ids("/users/adalovelace/posts"),
		],
		tag: (await bob.get("/tags/flowers")).body,
		profile: (await bob.get("/users/adalovelace")).body,
		picture: (await anonymous.get(post.image_url)).status,
	});
	const was = await read();
	expect([was.post.like_count, was.post.comment_count, was.picture]).toEqual([2, 3, 200]);

	expect((await ada.delete(`/posts/${post.id}`)).status).toBe(204);

	expect((await bob.get(`/posts/${post.id}`)).status).toBe(404);
	expect((await ada.get(`/posts/${post.id}`)).status).toBe(404);
	expect((await bob.get(`/comments/posts/${post.id}/comments`)).status).toBe(404);
	for (const path of ["/posts/", "/posts/?q=heliotrope", "/posts/?q=%23flowers", "/posts/?q=%40bob", "/feed/"])
		expect(await ids(path, bob)).not.toContain(post.id);
	expect((await bob.get("/users/adalovelace")).body.posts_count).toBe(0);
	expect([(await anonymous.get(post.image_url)).status, await files()]).toEqual([404, 2]);

	const { status, body } = await ada.get("/trash");
	expect([status, body]).toEqual([
		200,
		{
			items: [
				{
					id: post.id,
					kind: "post",
					excerpt: "Tea",
					deleted_at: app.clock.now.toISOString(),
					expires_at: new Date(app.clock.now.getTime() + week).toISOString(),
				},
			],
			next_cursor: null,
		},
	]);
	const last = await write(bob, "written meanwhile");
	later(week - 1);
	[ada, bob, admin] = [await again(ada), await again(bob), await again(admin)];
	const restored = await ada.post(`/trash/${post.id}/restore`);
	expect([restored.status, restored.body.kind, restored.body.comment]).toEqual([200, "post", null]);
	expect(restored.body.post).toEqual({ ...was.post, liked: true });

	await bob.delete(`/posts/${last.id}`);
	expect(await read()).toEqual(was);
	expect((await ids("/posts/")).slice(0, 3)).toEqual([after.id, post.id, before.id]);
	expect((await ada.get("/trash")).body.items).toEqual([]);
	expect(await files()).toBe(2);
});

test("the newest post comes back below what was written meanwhile, and so does a comment", async () => {
	const post = await write(ada, "one");
	const said = await comment(bob, post.id, "first");
	await bob.delete(`/comments/${said.id}`);
	await ada.delete(`/posts/${post.id}`);
	const next = await write(bob, "two");
	const answer = await comment(ada, next.id, "elsewhere");
	expect((await bob.get("/trash")).body.items).toMatchObject([{ id: said.id, kind: "comment", excerpt: "first" }]);
	expect(await bob.post(`/trash/${said.id}/restore`)).toMatchObject({ status: 409, body: { code: "conflict" } });

	expect((await ada.post(`/trash/${post.id}/restore`)).status).toBe(200);
	const second = await comment(ada, post.id, "second");
	const { status, body } = await bob.post(`/trash/${said.id}/restore`);
	expect([status, body]).toEqual([200, { id: said.id, kind: "comment", post: null, comment: said }]);
	expect(await ids("/posts/")).toEqual([next.id, post.id]);
	expect(await ids(`/comments/posts/${post.id}/comments`)).toEqual([said.id, second.id]);
	expect(await ids(`/comments/posts/${next.id}/comments`)).toEqual([answer.id]);
	expect((await bob.get(`/posts/${post.id}`)).body.comment_count).toBe(2);
});

test("an account comes back with its password: profile, posts, comments, likes, follows, mentions, avatar", async () => {
	await ada.patch("/users/me", form({ avatar: await picture(), bio: "ultramarine", display_name: "Ada" }));
	const [open, mine] = [
		await write(ada, "chartreuse #tea"),
		await write(ada, "hidden", { visibility: "private" }),
		await ada.post("/posts/", form({ image: await picture({ width: 80 }), visibility: "followers" })),
	];
	const his = await write(bob, "by @adalovelace");
	await comment(bob, open.id, "his, on hers");
	await comment(ada, his.id, "hers, on his");
	await ada.post(`/likes/posts/${his.id}/like`);
	await bob.post(`/likes/posts/${open.id}/like`);
	await ada.post("/users/bob/follow");
	await bob.post("/users/adalovelace/follow");
	const dropped = await write(ada, "dropped before");
	await ada.delete(`/posts/${dropped.id}`);
	const { body: token } = await ada.post("/auth/tokens", { name: "bot", scopes: ["read"] });
	const read = async (her: Client) => ({
		profile: (await bob.get("/users/adalovelace")).body,
		me: (await her.get("/auth/me")).body,
		lists: [
			await ids("/posts/", bob),
			await ids("/posts/", her),
			await ids("/posts/?q=%40adalovelace"),
			await ids("/posts/?q=chartreuse"),
			await ids("/posts/?q=%23tea"),
			await ids("/feed/", bob),
			await ids("/users/bob/followers"),
			await ids("/users/adalovelace/followers"),
			await ids("/users?q=ada"),
		],
		posts: [(await bob.get(`/posts/${open.id}`)).body, (await bob.get(`/posts/${his.id}`)).body],
		mine: (await her.get(`/posts/${mine.id}`)).body,
		comments: [await ids(`/comments/posts/${open.id}/comments`), await ids(`/comments/posts/${his.id}/comments`)],
		likes: [await ids(`/likes/posts/${open.id}/likes`), await ids(`/likes/posts/${his.id}/likes`)],
		trash: (await her.get("/trash")).body,
		files: await files(),
	});
	const was = await read(ada);
	expect(was.lists.map((list) => list.length)).toEqual([3, 4, 1, 1, 1, 3, 1, 1, 1]);

	expect((await leave(ada)).status).toBe(204);

	for (const path of ["/users/adalovelace", `/posts/${open.id}`]) expect((await bob.get(path)).status).toBe(404);
	expect(await ids("/posts/?q=%40adalovelace")).toEqual([]);
	expect((await bob.get(`/posts/${his.id}`)).body).toMatchObject({ like_count: 0, comment_count: 0 });
	expect((await anonymous.post("/auth/login", { username: "adalovelace", password })).status).toBe(401);
	expect((await anonymous.get(was.profile.avatar_url)).status).toBe(404);

	const { status, body } = await comeBack("ADALOVELACE@example.com");
	expect([status, body.user.username]).toEqual([200, "adalovelace"]);
	expect(await read(app.withToken(body.access_token))).toEqual(was);
	expect((await anonymous.get(was.profile.avatar_url)).status).toBe(200);
	for (const old of [ada.accessToken, token.token]) expect((await app.withToken(old).get("/feed/")).status).toBe(401);
	expect((await anonymous.post("/auth/login", { username: "adalovelace", password })).status).toBe(200);
	expect((await comeBack("adalovelace")).status).toBe(401);
	const { items } = (await admin.get("/admin/audit?action=account_restored")).body;
	expect(items).toMatchObject([{ actor: { id: ada.id }, subject: { id: ada.id } }]);
});

test("whoever never was, has another password or was deleted by somebody else gets the same answer", async () => {
	await leave(ada);
	await admin.delete("/admin/users/bob");
	const answers = [
		await comeBack("nobody_here"),
		await comeBack("adalovelace", "another password"),
		await comeBack("bob"),
		await comeBack("eve"),
	];
	const seen = answers.map(({ status, body: { instance: _, ...body } }) => ({ status, body }));
	for (const one of seen) expect(one).toEqual(seen[0] as (typeof seen)[0]);
	expect(seen[0]?.status).toBe(401);
	expect((await comeBack("adalovelace")).status).toBe(200);
});

test("guesses at the password of a deleted account are limited like those of any other", async () => {
	app = testApp({ rateLimit: true });
	anonymous = app.anonymous;
	await leave(await app.as("adalovelace"));
	const statuses: number[] = [];
	for (let i = 0; i < 8; i++) statuses.push((await comeBack("adalovelace", `wrong ${i}`)).status);
	expect([statuses[0], statuses.at(-1)]).toEqual([401, 429]);
	expect((await comeBack("adalovelace")).status).toBe(429);
});

test("what somebody else has by now is not taken from them", async () => {
	await leave(ada);
	const taker = await app.as("adalovelace");
	expect(await comeBack("adalovelace")).toMatchObject({
		status: 409,
		body: { detail: "Another account has taken the username of this account." },
	});
	expect((await admin.post(`/admin/trash/${ada.id}/restore`)).status).toBe(409);
	await leave(taker, { permanent: true });
	const other = { username: "somebody_new", email: "AdaLovelace@example.com", password };
	expect((await anonymous.post("/auth/register", other)).status).toBe(201);
	expect((await comeBack("adalovelace")).body.detail).toBe(
		"Another account has taken the e-mail address of this account.",
	);
	await anonymous.post("/auth/login", other);
	await admin.delete("/admin/users/somebody_new");
	expect((await comeBack("adalovelace")).status).toBe(200);
	expect((await anonymous.get("/users/adalovelace")).body.id).toBe(ada.id);
});

test("of two deleted accounts of one name, the password tells which comes back", async () => {
	await leave(ada);
	await anonymous.post("/auth/register", {
		username: "adalovelace",
		email: "other@example.com",
		password: "another password of hers",
	});
	const second = await anonymous.post("/auth/login", { username: "adalovelace", password: "another password of hers" });
	await app.withToken(second.body.access_token).delete("/users/me", { password: "another password of hers" });
	expect((await comeBack("adalovelace")).body.user.id).toBe(ada.id);
});

test("who takes the name of a deleted account, and deletes that again and again, keeps nobody from coming back", async () => {
	await leave(ada);
	const others = "another password of theirs";
	for (let i = 0; i < 5; i++) {
		const { body } = await anonymous.post("/auth/register", {
			username: "adalovelace",
			email: "adalovelace@example.com",
			password: others,
		});
		await app.withToken(body.access_token).delete("/users/me", { password: others });
	}
	expect((await comeBack("adalovelace")).body.user.id).toBe(ada.id);
});

test("who is gone stays out of what comes back, and so does what they made", async () => {
	const post = await write(ada, "for @bob and @eve");
	for (const one of [bob, eve]) {
		await one.post(`/likes/posts/${post.id}/like`);
		await comment(one, post.id, "hm");
	}
	await ada.delete(`/posts/${post.id}`);
	await leave(bob);
	await app.as("bob"); // is somebody else
	const { body } = await ada.post(`/trash/${post.id}/restore`);
	expect(body.post).toMatchObject({ like_count: 1, comment_count: 1 });
	expect(await ids("/posts/?q=%40eve")).toEqual([post.id]);
	expect(await ids("/posts/?q=%40bob")).toEqual([]);

	await ada.delete(`/posts/${post.id}`);
	await leave(ada);
	expect(await admin.post(`/admin/trash/${post.id}/restore`)).toMatchObject({
		status: 409,
		body: { detail: "The account of its author is deleted." },
	});
	const back = app.withToken((await comeBack("adalovelace")).body.access_token);
	expect((await back.post(`/trash/${post.id}/restore`)).status).toBe(200);
});

test("somebody else's trash does not exist, and what an administrator deleted is theirs to bring back", async () => {
	const [own, removed] = [await write(ada, "own"), await write(ada, "removed", { visibility: "public" })];
	const hidden = await write(ada, "hidden", { visibility: "private" });
	await ada.delete(`/posts/${own.id}`);
	await ada.delete(`/posts/${hidden.id}`);
	await admin.delete(`/posts/${removed.id}`);
	for (const one of [bob, eve, admin])
		for (const id of [own.id, removed.id, ada.id, "x", crypto.randomUUID()]) {
			expect((await one.post(`/trash/${id}/restore`)).status).toBe(404);
			expect((await one.delete(`/trash/${id}`)).status).toBe(404);
		}
	expect(await ids("/trash", ada)).toEqual([hidden.id, own.id]);
	expect((await ada.post(`/trash/${removed.id}/restore`)).status).toBe(404);
	expect((await ada.delete(`/trash/${removed.id}`)).status).toBe(404);
	expect((await anonymous.get("/trash")).status).toBe(401);
	for (const call of [
		bob.get("/admin/trash"),
		bob.post(`/admin/trash/${own.id}/restore`),
		bob.delete("/admin/trash/x"),
	])
		expect((await call).status).toBe(403);

	const items = await walk(admin, "/admin/trash", 1);
	expect(items.map(({ id, excerpt, deleted_by_owner }) => [id, excerpt, deleted_by_owner])).toEqual([
		[removed.id, "removed", false],
		[hidden.id, null, true],
		[own.id, "own", true],
	]);
	expect(items[0].owner).toEqual({ id: ada.id, username: "adalovelace" });
	const { status, body } = await admin.post(`/admin/trash/${removed.id}/restore`);
	expect([status, body]).toEqual([200, { id: removed.id, kind: "post", owner_id: ada.id }]);
	expect((await anonymous.get(`/posts/${removed.id}`)).status).toBe(200);
	expect((await admin.delete(`/admin/trash/${own.id}`)).status).toBe(204);
	expect((await ada.post(`/trash/${own.id}/restore`)).status).toBe(404);
	for (const [action, id] of [
		["post_restored", ada.id],
		["trash_deleted", ada.id],
	])
		expect((await admin.get(`/admin/audit?action=${action}`)).body.items).toMatchObject([
			{ actor: { id: admin.id }, subject: { id } },
		]);
});

test("an account that an administrator deleted comes back through one, with its role", async () => {
	const post = await write(bob, "his");
	await admin.patch("/admin/users/bob", { role: "admin" });
	expect((await admin.delete("/admin/users/bob")).status).toBe(204);
	const { items } = (await admin.get("/admin/trash")).body;
	expect(items).toMatchObject([{ id: bob.id, kind: "account", owner: { id: bob.id, username: "bob" }, excerpt: null }]);
	expect((await admin.post(`/admin/trash/${bob.id}/restore`)).body).toEqual({
		id: bob.id,
		kind: "account",
		owner_id: bob.id,
	});
	const { body } = await anonymous.post("/auth/login", { username: "bob", password });
	expect(body.user.role).toBe("admin");
	expect((await anonymous.get(`/posts/${post.id}`)).status).toBe(200);
});

test("an administrator who deletes their own account there brings it back themselves", async () => {
	const other = await app.asAdmin("moderator_2");
	await other.delete("/admin/users/moderator_2");
	expect((await comeBack("moderator_2")).status).toBe(200);
});

test("of many clients that restore at once, one does", async () => {
	const post = await write(ada, "one");
	await bob.post(`/likes/posts/${post.id}/like`);
	await ada.delete(`/posts/${post.id}`);
	const restore = () => ada.post(`/trash/${post.id}/restore`);
	const answers = await Promise.all([
		...Array.from({ length: 8 }, restore),
		admin.post(`/admin/trash/${post.id}/restore`),
	]);
	expectOneSuccess(answers, 404);
	expect((await restore()).status).toBe(404);
	expect(await ids("/posts/")).toEqual([post.id]);

	await leave(ada);
	await app.stores.trash.resume();
	expectOneSuccess(await Promise.all(Array.from({ length: 4 }, () => comeBack("adalovelace"))), 401);
	expect((await comeBack("adalovelace")).status).toBe(401);
	expect((await bob.get(`/posts/${post.id}`)).body.like_count).toBe(1);
	expect(app.failures).toEqual([]);
});

/** A slow restore takes several transactions. Other restores get 503 until it ends, and `refusal` afterwards. */
function expectOneSuccess(answers: { status: number }[], refusal: number) {
	const statuses = answers.map(({ status }) => status);
	expect(statuses.filter((status) => status === 200)).toHaveLength(1);
	expect([200, 503, refusal]).toEqual(expect.arrayContaining(statuses));
}

test("after its days it is gone: from the list, for its owner and for administrators, and then its files", async () => {
	const { body: post } = await ada.post("/posts/", form({ content: "heliotrope", image: await picture() }));
	await ada.delete(`/posts/${post.id}`);
	await leave(bob);
	later(week);
	expect((await ada.get("/trash")).status).toBe(401); // her token has ended by then
	const [back, judge] = [await again(ada), await again(admin)];
	expect((await back.get("/trash")).body.items).toEqual([]);
	expect((await judge.get("/admin/trash")).body.items).toEqual([]);
	for (const call of [
		back.post(`/trash/${post.id}/restore`),
		back.delete(`/trash/${post.id}`),
		judge.post(`/admin/trash/${bob.id}/restore`),
	])
		expect((await call).status).toBe(404);
	expect((await comeBack("bob")).status).toBe(401);
	expect(await files()).toBe(2);
	await sweep();
	expect(await files()).toBe(0);
	expect(await app.stores.trash.sweep(new Date(app.clock.now.getTime() + week))).toBe(0);
});

test("whoever wants it gone now has it gone, files and all", async () => {
	const { body: post } = await ada.post("/posts/", form({ image: await picture() }));
	await ada.delete(`/posts/${post.id}`);
	expect(await files()).toBe(2);
	expect((await ada.delete(`/trash/${post.id}`)).status).toBe(204);
	expect(await files()).toBe(0);
	expect((await ada.delete(`/trash/${post.id}`)).status).toBe(404);

	const { body: other } = await ada.post("/posts/", form({ image: await picture() }));
	await ada.delete(`/posts/${other.id}`);
	await leave(ada, { for_ever: true });
	expect([await files(), (await comeBack("adalovelace")).status]).toEqual([0, 401]);
	expect((await admin.get("/admin/trash")).body.items).toEqual([]);

	const { body: his } = await bob.post("/posts/", form({ image: await picture() }));
	await bob.delete(`/posts/${his.id}`);
	await leave(bob);
	expect((await admin.delete(`/admin/trash/${bob.id}`)).status).toBe(204);
	expect([await files(), (await admin.get("/admin/trash")).body.items]).toEqual([0, []]);
});

test("where nothing can be brought back, nothing is kept", async () => {
	app = testApp({ trashDays: 0 });
	anonymous = app.anonymous;
	ada = await app.as("adalovelace");
	const { body: post } = await ada.post("/posts/", form({ image: await picture() }));
	await ada.delete(`/posts/${post.id}`);
	expect([await files(), (await ada.get("/trash")).body.items]).toEqual([0, []]);
	expect((await ada.post(`/trash/${post.id}/restore`)).status).toBe(404);
	await leave(ada);
	expect((await comeBack("adalovelace")).status).toBe(401);
});

test("pictures in the trash leave room for others, and of more than another quota the oldest go", async () => {
	const one = form({ image: await picture() });
	await ada.post("/posts/", one);
	const bytes = await app.stores.images.bytesOf(ada.id);
	app = testApp({ media: { maxUploadBytes: 10 ** 7, userQuotaBytes: Math.ceil(bytes * 1.5), minFreeBytes: 0 } });
	ada = await app.as("adalovelace");
	const made: string[] = [];
	for (let i = 0; i < 3; i++) {
		const { status, body } = await ada.post("/posts/", form({ image: await picture({ at: () => [i * 90, 80, 40] }) }));
		expect(status).toBe(201);
		made.push(body.id);
		await ada.delete(`/posts/${body.id}`);
	}
	expect(await ids("/trash", ada)).toEqual([made[2] as string]);
	expect(await files()).toBe(2);
	expect((await ada.post(`/trash/${made[2]}/restore`)).status).toBe(200);
});

test("what an administrator deleted does not go because its owner deletes more", async () => {
	await ada.post("/posts/", form({ image: await picture() }));
	const bytes = await app.stores.images.bytesOf(ada.id);
	app = testApp({ media: { maxUploadBytes: 10 ** 7, userQuotaBytes: Math.ceil(bytes * 1.5), minFreeBytes: 0 } });
	[ada, admin] = [await app.as("adalovelace"), await app.asAdmin("moderator_1")];
	const shown = async (red: number) =>
		(await ada.post("/posts/", form({ image: await picture({ at: () => [red, 80, 40] }) }))).body;
	const removed = await shown(0);
	await admin.delete(`/posts/${removed.id}`);
	for (const red of [50, 100, 150]) await ada.delete(`/posts/${(await shown(red)).id}`);
	expect(await ids("/trash", ada)).toHaveLength(1);
	expect((await admin.post(`/admin/trash/${removed.id}/restore`)).status).toBe(200);
	expect((await ada.get(removed.image_url)).status).toBe(200);
});

test("nobody gets the picture of what is deleted, by no link, until it is back", async () => {
	const image = await picture();
	const { body: post } = await ada.post("/posts/", form({ image, visibility: "private" }));
	const link = post.image_url;
	expect(link).toContain("?access=");
	const statuses = async () => [(await anonymous.get(link)).status, (await ada.get(link)).status];
	expect(await statuses()).toEqual([200, 200]);
	await ada.delete(`/posts/${post.id}`);
	expect([await statuses(), await files()]).toEqual([[404, 404], 2]);
	await ada.post(`/trash/${post.id}/restore`);
	expect(await statuses()).toEqual([200, 200]);
});

test("nothing new takes the place of what is deleted; should anything have it, what comes back takes another", async () => {
	const directory = mkdtempSync(join(tmpdir(), "minifeed-"));
	const path = join(directory, "minifeed.db");
	const stores = openStores({ path, durability: "normal", secret });
	app = testApp({ stores });
	ada = await app.as("adalovelace");
	const post = await write(ada, "first");
	await ada.delete(`/posts/${post.id}`);
	const moved = {
		id: crypto.randomUUID(),
		author_id: ada.id,
		title: null,
		content: "moved here",
		image: null,
	} as const;
	const times = { created_at: app.clock.now.toISOString(), edited_at: null };
	await stores.transfer.add("posts", [{ ...moved, visibility: "public", ...times }]);
	await ada.post(`/trash/${post.id}/restore`);
	const order = async () => (await ada.get("/posts/")).body.items.map(({ id }: { id: string }) => id);
	expect(await order()).toEqual([moved.id, post.id]);

	await ada.delete(`/posts/${post.id}`);
	const client = new Database(path);
	const other = crypto.randomUUID();
	const values = `'${other}', author_key, 'in its place', 'public', created_at`;
	client.run(
		`INSERT INTO posts (key, id, author_key, content, visibility, created_at) SELECT 1, ${values} FROM posts LIMIT 1`,
	);
	client.close();
	expect((await ada.post(`/trash/${post.id}/restore`)).status).toBe(200);
	expect(await order()).toEqual([post.id, moved.id, other]);
	await stores.close();
	rmSync(directory, { recursive: true });
});

test("with another secret what was deleted is lost, and nothing else", async () => {
	const directory = mkdtempSync(join(tmpdir(), "minifeed-"));
	const path = join(directory, "minifeed.db");
	const open = (secret: string) => openStores({ path, durability: "normal", secret });
	let stores = open(secret);
	app = testApp({ stores });
	ada = await app.as("adalovelace");
	const [kept, dropped] = [await write(ada, "kept"), await write(ada, "dropped")];
	await ada.delete(`/posts/${dropped.id}`);
	await stores.close();
	stores = open("another secret, long enough to sign with, too");
	const filter = { since: new Date(0) };
	expect((await stores.trash.page(filter, { limit: 10 })).items).toEqual([]);
	expect(await stores.trash.restore(dropped.id, filter)).toBeNull();
	expect((await stores.posts.page({ sort: "newest" }, { limit: 10 }, null)).items.map(({ id }) => id)).toEqual([
		kept.id,
	]);
	expect(await stores.trash.sweep(new Date(Date.now() + week))).toBe(1);
	await stores.close();
	rmSync(directory, { recursive: true });
});

test("an entry never has the key of an earlier one", async () => {
	const stores = openStores({ path: ":memory:", durability: "normal", secret });
	app = testApp({ stores });
	ada = await app.as("adalovelace");
	const keys: string[] = [];
	for (let i = 0; i < 3; i++) {
		const { id } = await write(ada, `post ${i}`);
		await ada.delete(`/posts/${id}`);
		keys.push((await ada.get("/trash?limit=1")).body.items[0].id);
		await ada.delete(`/trash/${id}`);
	}
	expect(new Set(keys).size).toBe(3);
	await stores.close();
});

test("a post with very many likes and comments is gone at once, and comes back whole", async () => {
	const stores = openStores({ path: ":memory:", durability: "normal", secret });
	app = testApp({ stores });
	anonymous = app.anonymous;
	[ada, bob] = [await app.as("adalovelace"), await app.as("bob")];
	const post = await write(ada, "popular #tea");
	await stores.inOneTransaction(async () => {
		for (let i = 0; i < 1_200; i++) {
			const id = crypto.randomUUID();
			const names = { id, username: `u${i}`, email: `u${i}@example.com`, displayName: `u${i}` };
			await stores.users.create({ ...names, passwordHash: "hash", role: "user", createdAt: app.clock.now });
			await stores.likes.add({ postId: post.id, userId: id, createdAt: app.clock.now });
			const comment = {
				id: crypto.randomUUID(),
				postId: post.id,
				authorId: id,
				content: "hm",
				createdAt: app.clock.now,
			};
			await stores.comments.create(comment);
		}
	});
	const before = [(await bob.get(`/posts/${post.id}`)).body, await ids(`/likes/posts/${post.id}/likes`)];
	await stores.posts.remove(post.id, { at: app.clock.now, byOwner: true, quota: 0 });
	for (const client of [ada, bob, anonymous]) {
		expect((await client.get(`/posts/${post.id}`)).status).toBe(404);
		expect((await client.get("/posts/?q=popular")).body.items).toEqual([]);
		expect((await client.get("/posts/")).body.items).toEqual([]);
	}
	expect((await bob.get("/users/adalovelace")).body.posts_count).toBe(0);
	expect((await bob.get("/tags")).body.items).toEqual([]);
	expect((await ada.patch(`/posts/${post.id}`, { content: "x" })).status).toBe(404);
	expect((await ada.post(`/trash/${post.id}/restore`)).status).toBe(503);
	await stores.trash.resume();
	expect((await ada.get("/trash")).body.items).toMatchObject([{ id: post.id, excerpt: "popular #tea" }]);
	expect((await ada.post(`/trash/${post.id}/restore`)).status).toBe(200);
	expect([(await bob.get(`/posts/${post.id}`)).body, await ids(`/likes/posts/${post.id}/likes`)]).toEqual(before);
	await stores.close();
});

test("an account that is deleted for good takes along all its posts in the trash, and nobody else's", async () => {
	const stores = openStores({ path: ":memory:", durability: "normal", secret });
	const at = new Date();
	const [moveToTrash, filter] = [{ at, byOwner: true, quota: 0 }, { since: new Date(0) }];
	for (const id of ["ada", "bob"]) {
		const names = { id, username: id, email: `${id}@example.com`, displayName: id };
		await stores.users.create({ ...names, passwordHash: "hash", role: "user", createdAt: at });
	}
	await stores.inOneTransaction(async () => {
		for (const authorId of ["ada", "bob"])
			for (let i = 0; i < 120; i++) {
				const id = `${authorId}${i}`;
				await stores.posts.create({ id, authorId, title: null, content: id, visibility: "public", createdAt: at });
				await stores.posts.remove(id, moveToTrash);
			}
	});
	await stores.users.remove("ada", moveToTrash);
	await stores.trash.resume();
	await stores.trash.remove("ada", filter);
	const { items } = await stores.trash.page(filter, { limit: 200 });
	expect([items.length, new Set(items.map(({ ownerId }) => ownerId))]).toEqual([120, new Set(["bob"])]);
	await stores.close();
});

test("an account may go while a large post of it is on its way into the trash: each comes back by itself", async () => {
	const stores = openStores({ path: ":memory:", durability: "normal", secret });
	const at = new Date();
	const [moveToTrash, filter] = [{ at, byOwner: true, quota: 0 }, { since: new Date(0) }];
	await stores.inOneTransaction(async () => {
		for (let i = 0; i < 700; i++) {
			const names = { id: `u${i}`, username: `u${i}`, email: `u${i}@example.com`, displayName: `u${i}` };
			await stores.users.create({ ...names, passwordHash: "hash", role: "user", createdAt: at });
			if (i === 0)
				for (const id of ["large", "small"]) {
					const post = { id, authorId: "u0", title: null, content: id, visibility: "public" as const, createdAt: at };
					await stores.posts.create(post);
				}
			await stores.likes.add({ postId: "large", userId: `u${i}`, createdAt: at });
		}
	});
	await stores.posts.remove("large", moveToTrash);
	await stores.users.remove("u0", moveToTrash);
	await stores.trash.resume();
	await stores.trash.restore("u0", filter);
	expect([await stores.posts.byId("large", null), (await stores.posts.byId("small", null))?.id]).toEqual([
		null,
		"small",
	]);
	await stores.trash.restore("large", filter);
	expect(await stores.posts.byId("large", null)).toMatchObject({ visibility: "public", likeCount: 700 });
	await stores.close();
});

test("what comes back follows the rules of what is written: quota and visibility", async () => {
	const image = await picture();
	const bytes = async () => (await app.stores.images.bytesOf(ada.id)) as number;
	const { body: first } = await ada.post("/posts/", form({ content: "one", image }));
	const quota = Math.floor(1.5 * (await bytes()));
	app = testApp({ stores: app.stores, files: app.files, media: { ...limits, userQuotaBytes: quota } });
	ada = await again(ada);
	await ada.delete(`/posts/${first.id}`);
	const { body: second } = await ada.post("/posts/", form({ content: "two", image: await picture({ width: 65 }) }));
	expect(await bytes()).toBeGreaterThan(0);
	expect((await ada.post(`/trash/${first.id}/restore`)).status).toBe(413);
	await ada.patch(`/posts/${second.id}`, { image: null });
	expect((await ada.post(`/trash/${first.id}/restore`)).status).toBe(200);

	const [hidden, deleted] = [await write(bob, "to be hidden"), await write(bob, "to be deleted")];
	const comments = [await comment(ada, hidden.id, "on hidden"), await comment(ada, deleted.id, "on deleted")];
	for (const { id } of comments) await ada.delete(`/comments/${id}`);
	await bob.patch(`/posts/${hidden.id}`, { visibility: "private" });
	await bob.delete(`/posts/${deleted.id}`);
	for (const restore of [
		(id: string) => ada.post(`/trash/${id}/restore`),
		(id: string) => admin.post(`/admin/trash/${id}/restore`),
	]) {
		const [ofHidden, ofDeleted] = await Promise.all(comments.map(({ id }) => restore(id)));
		const { instance: _, ...one } = ofHidden?.body ?? {};
		const { instance: __, ...other } = ofDeleted?.body ?? {};
		expect([ofHidden?.status, one]).toEqual([409, other]); // the same, whether hidden or deleted
	}
	await bob.patch(`/posts/${hidden.id}`, { visibility: "public" });
	expect((await ada.post(`/trash/${comments[0]?.id}/restore`)).status).toBe(200);
});
