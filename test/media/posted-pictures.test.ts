import { beforeEach, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { operator } from "../../src/core/permissions";
import { filesOf } from "../../src/media/files";
import { memoryFiles } from "../../src/media/memory";
import { type Client, memoryStores, type Person, type TestApp, testApp } from "../support/app";
import { form, picture } from "../support/pictures";

const limits = { maxUploadBytes: 10 * 1024 ** 2, userQuotaBytes: 500 * 1024 ** 2, minFreeBytes: 0 };

let app: TestApp;
let incomingDir: string;
let author: Person;
let stranger: Person;
let anonymous: Client;
beforeEach(async () => {
	incomingDir = await mkdtemp(join(tmpdir(), "minifeed-"));
	app = testApp({ incomingDir });
	anonymous = app.anonymous;
	[author, stranger] = [await app.as("author"), await app.as("stranger")];
});

const post = async (fields: Record<string, string | Blob> = {}, person = author) =>
	person.post("/posts/", form({ image: await picture(), ...fields }));
const kept = async () => (await Array.fromAsync(app.files.list())).map(({ name }) => name).sort();
/** The server deletes uploads after the response. */
const nothingArrives = async () => {
	while (readdirSync(incomingDir).length > 0) await Bun.sleep(1);
};
/** The first names of pictures whose files must be deleted. */
const first = { after: "", limit: 1 };
const path = (url: string) => url.split("?")[0] as string;

test("a post is made with a picture, which everybody can fetch", async () => {
	const { status, body } = await post({ image: await picture({ width: 300, height: 200 }), image_alt: "A red wall" });

	expect([status, body.content, body.image_url]).toEqual([201, "", body.image.url]);
	expect(body.image).toEqual({
		url: expect.stringMatching(/^\/uploads\/[0-9a-f]{64}\.webp$/),
		thumbnail_url: expect.stringMatching(/^\/uploads\/[0-9a-f]{64}-small\.webp$/),
		width: 300,
		height: 200,
		alt: "A red wall",
		placeholder: expect.stringMatching(/^data:image\/\w+;base64,/),
	});
	for (const url of [body.image.url, body.image.thumbnail_url]) {
		const { status, headers } = await anonymous.get(url);
		expect([status, headers.get("content-type")]).toEqual([200, "image/webp"]);
		expect(headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
		expect(headers.get("content-security-policy")).toBe("default-src 'none'; sandbox");
		expect(headers.get("x-content-type-options")).toBe("nosniff");
		expect(headers.get("content-disposition")).toBe(`inline; filename="${url.slice("/uploads/".length)}"`);
	}
	expect((await anonymous.get(`/posts/${body.id}`)).body).toEqual(body);
	expect((await anonymous.get("/posts/")).body.items).toEqual([body]);
});

test("the text of a form is held to the same rules as JSON", async () => {
	const { body } = await post({ content: "Look", title: "Mine", visibility: "followers" });
	expect(body).toMatchObject({ content: "Look", title: "Mine", visibility: "followers", like_count: 0 });

	const long = await post({
		content: "x".repeat(5001),
		title: "x".repeat(201),
		visibility: "friends",
		image_alt: "a\0",
	});
	expect([long.status, long.body.errors.map((e: { pointer: string }) => e.pointer).sort()]).toEqual([
		422,
		["/content", "/image_alt", "/title", "/visibility"],
	]);
	expect(await kept()).toHaveLength(2);
});

const whole = await picture({ width: 200, height: 200, at: (x, y) => [(x * y) & 255, x, y] });

test.each([
	["an empty picture", form({ content: "x", image: new File([], "x.jpg") }), 422],
	["text for a picture", form({ content: "x", image: "hello" }), 422],
	["a picture in another field", form({ content: "x", photo: new Blob(["x"]) }), 422],
	["a web page", form({ image: new File(["<html><script>alert(1)</script>"], "x.jpg", { type: "image/jpeg" }) }), 415],
	["a drawing", form({ image: new File(["<svg xmlns='http://www.w3.org/2000/svg'/>"], "x.svg") }), 415],
	["half a photo", form({ image: whole.slice(0, whole.size / 2) }), 415],
	["more text than there is room for", form({ image: new Blob(["x"]), more: "x".repeat(70_000) }), 413],
])("%s is refused, and nothing is left of it", async (_, body, status) => {
	expect((await author.post("/posts/", body)).status).toBe(status);
	expect((await author.get("/posts/")).body.items).toEqual([]);
	expect(await kept()).toEqual([]);
	await nothingArrives();
});

const boundary = "--x\r\n";
const part = (disposition: string, content = "x") =>
	`${boundary}Content-Disposition: ${disposition}\r\n\r\n${content}\r\n`;
const image = part('form-data; name="image"; filename="a.jpg"');

test.each([
	["no boundary", "multipart/form-data", `${image}--x--`, 400],
	["no end", "multipart/form-data; boundary=x", image, 400],
	["nothing in it", "multipart/form-data; boundary=x", "", 400],
	["half a header", "multipart/form-data; boundary=x", `${boundary}Content-Disp`, 400],
	[
		"a field twice",
		"multipart/form-data; boundary=x",
		`${part('form-data; name="content"').repeat(2)}${image}--x--`,
		400,
	],
	["two pictures", "multipart/form-data; boundary=x", `${image.repeat(2)}--x--`, 400],
	["too many parts", "multipart/form-data; boundary=x", `${part('form-data; name="a"').repeat(40)}${image}--x--`, 400],
	["a part without a name", "multipart/form-data; boundary=x", `${part("form-data")}--x--`, 422],
	["a part of another kind", "multipart/form-data; boundary=x", `${part('attachment; name="image"')}--x--`, 422],
	["compression", "multipart/form-data; boundary=x", image, 415],
])("a form with %s is refused", async (what, type, body, status) => {
	const headers: Record<string, string> = { authorization: `Bearer ${author.accessToken}`, "content-type": type };
	if (what === "compression") headers["content-encoding"] = "gzip";
	const reply = await app.request("POST", "/posts/", { headers, body });
	expect([what, reply.status]).toEqual([what, status]);
	expect(app.failures).toEqual([]);
});

test("the name of a file does nothing, whatever it is", async () => {
	const jpeg = await picture();
	for (const name of ["../../etc/passwd", "a\0.php", "C:\\x.exe", "x".repeat(5000), '"; filename="b', ".instance"]) {
		const { status } = await author.post("/posts/", form({ image: new File([jpeg], name) }));
		expect([name, status]).toEqual([name, name.length > 300 ? 201 : 201]);
	}
	expect(await kept()).toHaveLength(2); // the same picture each time
});

test("too large a picture is refused by its length, or as soon as it is too long", async () => {
	app = testApp({ incomingDir, media: { ...limits, maxUploadBytes: 100_000 } });
	author = await app.as("author");
	const noise = new Blob([crypto.getRandomValues(new Uint8Array(60_000)), new Uint8Array(50_000)]);
	const told = await author.post("/posts/", form({ image: noise }));
	expect([told.status, told.body.code]).toEqual([413, "too_large"]);

	let sent = 0;
	const endless = new ReadableStream({
		pull(controller) {
			controller.enqueue(new TextEncoder().encode(sent === 0 ? image.slice(0, -3) : "x".repeat(10_000)));
			sent += 10_000;
		},
	});
	const headers = { authorization: `Bearer ${author.accessToken}`, "content-type": "multipart/form-data; boundary=x" };
	const untold = await app.request("POST", "/posts/", { headers, body: endless });
	expect([untold.status, untold.headers.get("connection")]).toEqual([413, "close"]);
	expect(sent).toBeLessThan(400_000);
	await nothingArrives();
});

test("who may not write sends a picture in vain, and none of it is read", async () => {
	const body = form({ image: await picture() });
	expect((await anonymous.post("/posts/", body)).status).toBe(401);
	expect((await anonymous.patch("/users/me", form({ avatar: await picture() }))).status).toBe(401);
	expect(readdirSync(incomingDir)).toEqual([]);
	const { body: first } = await author.post("/posts/", { content: "Hello" });
	expect((await stranger.patch(`/posts/${first.id}`, form({ image: await picture() }))).status).toBe(403);
	expect(await kept()).toEqual([]);
});

test("a picture is replaced and taken away, its description with it, and the files go", async () => {
	const { body: first } = await post({ image_alt: "Red", content: "Hello" });
	app.clock.now = new Date("2026-01-02T03:14:00.000Z");
	const blue = await picture({ at: () => [0, 0, 200] });
	const { status, body: second } = await author.patch(`/posts/${first.id}`, form({ image: blue, title: "Blue" }));

	expect([status, second.title, second.image.alt, second.edited_at]).toEqual([
		200,
		"Blue",
		"",
		"2026-01-02T03:14:00.000Z",
	]);
	expect(second.image.url).not.toBe(first.image.url);
	expect((await anonymous.get(first.image.url)).status).toBe(404);
	expect(await kept()).toHaveLength(2);

	const { body: described } = await author.patch(`/posts/${first.id}`, { image_alt: "Blue" });
	expect(described.image).toEqual({ ...second.image, alt: "Blue" });
	const { body: bare } = await author.patch(`/posts/${first.id}`, { image: null });
	expect([bare.image, bare.image_url, bare.content]).toEqual([null, null, "Hello"]);
	expect(await kept()).toEqual([]);
	expect((await author.patch(`/posts/${first.id}`, { image: null })).body).toEqual(bare);
});

test("a post has text or a picture", async () => {
	const { body } = await post();
	const empty = { status: 422, body: { errors: [{ pointer: "/content" }] } };
	expect(await author.patch(`/posts/${body.id}`, { image: null })).toMatchObject(empty);
	expect(await author.post("/posts/", { content: " " })).toMatchObject(empty);
	expect((await author.patch(`/posts/${body.id}`, { image: null, content: "Text" })).status).toBe(200);
	expect(await author.patch(`/posts/${body.id}`, { content: "" })).toMatchObject(empty);
	expect(await author.patch(`/posts/${body.id}`, { image_alt: "Of what?" })).toMatchObject({
		status: 422,
		body: { errors: [{ pointer: "/image_alt" }] },
	});
	expect((await author.patch(`/posts/${body.id}`, form({ image: await picture(), content: "" }))).body.content).toBe(
		"",
	);
	for (const wrong of ["x", {}, 1])
		expect((await author.patch(`/posts/${body.id}`, { image: wrong })).status).toBe(422);
});

test("a picture that does not become one leaves the post as it was", async () => {
	const { body } = await post({ content: "Hello" });
	const reply = await author.patch(`/posts/${body.id}`, form({ image: new Blob(["no"]), content: "Changed" }));
	expect(reply.status).toBe(415);
	expect((await author.get(`/posts/${body.id}`)).body).toEqual(body);
	expect((await anonymous.get(body.image.url)).status).toBe(200);
});

test("where nothing can be brought back, deleting a post, or the account, deletes the files", async () => {
	app = testApp({ incomingDir, trashDays: 0 });
	author = await app.as("author");
	const { body } = await post();
	await post({ image: await picture({ at: () => [1, 2, 3] }), visibility: "private" });
	await author.patch("/users/me", form({ avatar: await picture() }));
	expect(await kept()).toHaveLength(6);
	await author.delete(`/posts/${body.id}`);
	expect(await kept()).toHaveLength(4);
	expect((await anonymous.get(body.image.url)).status).toBe(404);
	await author.delete("/users/me", { password: author.password });
	await app.media.collect();
	expect(await kept()).toEqual([]);
});

test("equal public pictures are stored once, as long as a post or account shows them", async () => {
	const [{ body: first }, { body: second }] = [await post(), await post({}, stranger)];
	expect(second.image.url).toBe(first.image.url);
	expect(await kept()).toHaveLength(2);
	await author.delete(`/posts/${first.id}`);
	await author.delete(`/trash/${first.id}`);
	expect((await anonymous.get(second.image.url)).status).toBe(200);
	await stranger.patch(`/posts/${second.id}`, form({ image: await picture() })); // by itself
	expect((await anonymous.get(second.image.url)).status).toBe(200);
	await stranger.delete(`/posts/${second.id}`);
	expect(await kept()).toHaveLength(2);
	await stranger.delete(`/trash/${second.id}`);
	await app.media.collect();
	expect(await kept()).toEqual([]);
});

test("the same picture posted and deleted by many at once ends as it should", async () => {
	const people = await Promise.all(Array.from({ length: 6 }, (_, i) => app.as(`person_${i}`)));
	await Promise.all(
		people.map(async (person, i) => {
			for (let n = 0; n < 5; n++) {
				const { body } = await post({}, person);
				expect((await anonymous.get(body.image.url)).status).toBe(200);
				if (n < 4 || i > 0) await person.delete(`/posts/${body.id}`);
			}
		}),
	);
	expect(await kept()).toHaveLength(2);
	expect(await app.stores.images.removed(first)).toEqual([]);
});

test("a picture that is not public has an unguessable name, and only readers of the post get it", async () => {
	const follower = await app.as("follower");
	await follower.post("/users/author/follow");
	for (const [visibility, readers] of [
		["followers", [author, follower]],
		["private", [author]],
	] as const) {
		const { body } = await post({ visibility });
		expect(path(body.image.url)).toMatch(/^\/uploads\/[0-9a-f]{64}-[0-9a-f]{32}\.webp$/);
		for (const reader of [author, follower, stranger, anonymous]) {
			const allowed = (readers as readonly Client[]).includes(reader);
			for (const url of [body.image.url, body.image.thumbnail_url]) {
				const reply = await reader.get(path(url));
				expect([visibility, reply.status]).toEqual([visibility, allowed ? 200 : 404]);
				expect(reply.headers.get("cache-control")).toBe(allowed ? "private, no-store" : "no-store");
			}
			if (!allowed) continue;
			const { image } = (await reader.get(`/posts/${body.id}`)).body;
			expect((await anonymous.get(image.url)).status).toBe(200); // as an <img> does
			expect((await anonymous.get(image.thumbnail_url)).status).toBe(200);
		}
	}
});

test("a link to what is not public ends with the right of the person it was made for", async () => {
	const follower = await app.as("follower");
	await follower.post("/users/author/follow");
	const { body } = await post({ visibility: "followers" });
	const link = async () => (await follower.get(`/posts/${body.id}`)).body.image.url as string;
	const status = async (url: string) => (await anonymous.get(url)).status;

	const first = await link();
	expect(await link()).toBe(first); // a page that is read again fetches no picture again
	expect(await status(first)).toBe(200);
	await follower.delete("/users/author/follow");
	expect(await status(first)).toBe(404);
	await follower.post("/users/author/follow");
	expect(await status(first)).toBe(200);
	await author.patch(`/posts/${body.id}`, { visibility: "private" });
	expect(await status(first)).toBe(404);
	await author.patch(`/posts/${body.id}`, { visibility: "followers" });
	app.clock.now = new Date(app.clock.now.getTime() + 29 * 60_000);
	expect(await status(first)).toBe(200);
	app.clock.now = new Date(app.clock.now.getTime() + 32 * 60_000);
	expect(await status(first)).toBe(404);

	const last = await (
		await app.withToken(
			(
				await anonymous.post("/auth/login", { username: "follower", password: follower.password })
			).body.access_token,
		)
	).get(`/posts/${body.id}`);
	expect(await status(last.body.image.url)).toBe(200);
	await app.accounts.admin.remove("follower", operator);
	expect(await status(last.body.image.url)).toBe(404);
});

test("a picture link ends at once when the person it was made for is suspended, and holds again afterwards", async () => {
	for (const visibility of ["followers", "private", "public"]) {
		const { url } = (await post({ visibility })).body.image;
		const status = async () => (await anonymous.get(url)).status;
		const [shown, hidden] = [200, visibility === "public" ? 200 : 404];
		expect([visibility, await status()]).toEqual([visibility, shown]);
		await app.accounts.admin.suspend("author", operator);
		expect([visibility, await status()]).toEqual([visibility, hidden]);
		await app.accounts.admin.restore("author", operator);
		expect([visibility, await status()]).toEqual([visibility, shown]);
		await app.stores.users.update(author.id, { pendingSince: app.clock.now, updatedAt: app.clock.now });
		expect([visibility, await status()]).toEqual([visibility, hidden]);
		await app.accounts.admin.restore("author", operator);
		const { body } = await anonymous.post("/auth/login", { username: "author", password: author.password });
		author = { ...author, ...app.withToken(body.access_token) };
	}
});

test("the server refuses forged and changed picture URLs", async () => {
	const { body } = await post({ visibility: "private" });
	const { body: other } = await post({ visibility: "private" });
	const [file, access = ""] = body.image.url.split("?access=");
	for (let i = 0; i < access.length; i++) {
		const changed = access.slice(0, i) + (access[i] === "A" ? "B" : "A") + access.slice(i + 1);
		expect((await anonymous.get(`${file}?access=${changed}`)).status).toBe(404);
	}
	for (const wrong of ["", "x", "A".repeat(48), "A".repeat(5000), "%00", "é", access.slice(1), access + access])
		expect((await anonymous.get(`${file}?access=${wrong}`)).status).toBe(404);
	expect((await anonymous.get(`${path(other.image.url)}?access=${access}`)).status).toBe(404);
});

test("a post that is no longer public takes its picture along, and gives it back", async () => {
	const { body } = await post();
	await author.patch(`/posts/${body.id}`, { visibility: "private" });
	expect((await anonymous.get(body.image.url)).status).toBe(404);
	expect((await stranger.get(body.image.url)).status).toBe(404);
	const { image } = (await author.get(`/posts/${body.id}`)).body;
	expect((await anonymous.get(image.url)).status).toBe(200);
	await author.patch(`/posts/${body.id}`, { visibility: "public" });
	expect((await anonymous.get(body.image.url)).status).toBe(200);
});

test("an avatar is shown wherever its person is, and can be taken away", async () => {
	await author.post("/posts/", { content: "Hello" });
	const { status, body } = await author.patch(
		"/users/me",
		form({ avatar: await picture(), bio: "Me", display_name: "A" }),
	);
	expect([status, body.bio, body.display_name]).toEqual([200, "Me", "A"]);
	const links = { avatar_url: body.avatar_url, avatar_thumbnail_url: body.avatar_thumbnail_url };
	expect(links.avatar_url).toMatch(/^\/uploads\/[0-9a-f]{64}\.webp$/);

	await author.post("/users/stranger/follow");
	expect((await anonymous.get("/users/author")).body).toMatchObject(links);
	expect((await anonymous.get("/users?q=auth")).body.items).toMatchObject([links]);
	expect((await anonymous.get("/posts/")).body.items[0].author).toMatchObject(links);
	expect((await anonymous.get("/users/stranger/followers")).body.items).toMatchObject([links]);
	for (const url of Object.values(links)) expect((await anonymous.get(url)).status).toBe(200);

	await author.patch("/users/me", { display_name: "B" });
	expect((await author.get("/auth/me")).body).toMatchObject(links);
	const { body: without } = await author.patch("/users/me", { avatar: null });
	expect([without.avatar_url, without.avatar_thumbnail_url]).toEqual([null, null]);
	expect((await anonymous.get(body.avatar_url)).status).toBe(404);
	expect(await kept()).toEqual([]);
});

test("one's pictures together may take so much and no more", async () => {
	const noisy = () => picture({ width: 200, height: 200, at: () => [Math.random() * 255, Math.random() * 255, 0] });
	await post({ image: await noisy() });
	const [{ bytes = 0 } = {}] = await app.stores.images.usage();
	app = testApp({ incomingDir, media: { ...limits, userQuotaBytes: Math.ceil(bytes * 2.5) } });
	[author, stranger] = [await app.as("author"), await app.as("stranger")];

	const ids: string[] = [];
	for (let i = 0; i < 2; i++) ids.push((await post({ image: await noisy() })).body.id);
	const third = await post({ image: await noisy() });
	expect([third.status, third.body.code, third.body.detail]).toEqual([
		413,
		"too_large",
		expect.stringContaining("together"),
	]);
	expect(await kept()).toHaveLength(4);
	expect((await author.patch(`/posts/${ids[0]}`, form({ image: await noisy() }))).status).toBe(200); // in its place
	expect((await post({ image: await noisy() }, stranger)).status).toBe(201);
	await author.delete(`/posts/${ids[0]}`);
	expect((await post({ image: await noisy() })).status).toBe(201);
	expect((await author.get("/posts/?author=author")).body.items).toHaveLength(2);
});

test("a disk that is nearly full takes no picture, and everything else goes on", async () => {
	const files = { ...memoryFiles(), free: async () => 10_001_000 };
	app = testApp({ incomingDir, files, media: { ...limits, maxUploadBytes: 10_000_000, minFreeBytes: 1001 } });
	author = await app.as("author");
	const { status, body } = await post();
	expect([status, body.code]).toEqual([507, "storage_full"]);
	expect(readdirSync(incomingDir)).toEqual([]);
	expect((await author.post("/posts/", { content: "Hello" })).status).toBe(201);
});

test("a disk that fails in the middle leaves no post, and no file", async () => {
	const files = memoryFiles();
	app = testApp({
		incomingDir,
		files: {
			...files,
			async put(given) {
				await files.put(Object.fromEntries(Object.entries(given).slice(0, 1)));
				throw new Error("The cable came out.");
			},
		},
	});
	author = await app.as("author");
	expect((await post()).status).toBe(500);
	expect(app.failures).toHaveLength(1);
	expect((await author.get("/posts/")).body.items).toEqual([]);
	expect(await Array.fromAsync(files.list())).toEqual([]);
});

/** An app that calls `meanwhile` when the first picture has a name but no row yet. */
const appWith = async (meanwhile: () => Promise<unknown>, options = {}) => {
	const files = memoryFiles();
	let isFirst = true;
	const put: typeof files.put = async (given) => {
		if (isFirst) {
			isFirst = false;
			await meanwhile();
		}
		await files.put(given);
	};
	app = testApp({ incomingDir, files: { ...files, put }, ...options });
	anonymous = app.anonymous;
	author = await app.as("author");
};

test("a post that changes while its picture is rendered keeps what it became", async () => {
	const change = { visibility: "private", content: "Hidden", title: "New" };
	let id = "";
	await appWith(() => author.patch(`/posts/${id}`, change));
	id = (await author.post("/posts/", { content: "Hello" })).body.id;
	app.clock.now = new Date("2026-01-02T03:14:00.000Z");
	const { status, body } = await author.patch(`/posts/${id}`, form({ image: await picture(), image_alt: "Red" }));

	expect([status, body]).toMatchObject([200, { ...change, image: { alt: "Red" } }]);
	expect((await anonymous.get(`/posts/${id}`)).status).toBe(404);
	expect(path(body.image.url)).toMatch(/^\/uploads\/[0-9a-f]{64}-[0-9a-f]{32}\.webp$/);
	expect(await kept()).toHaveLength(2);
	expect((await kept()).every((name) => name.includes("-") && body.image.url.includes(name.slice(0, 97)))).toBe(true);
});

test("a picture takes away the one that came while it was rendered", async () => {
	let id = "";
	const blue = form({ image: await picture({ at: () => [0, 0, 200] }) });
	await appWith(() => author.patch(`/posts/${id}`, blue));
	id = (await author.post("/posts/", { content: "Hello" })).body.id;
	const { body } = await author.patch(`/posts/${id}`, form({ image: await picture() }));
	expect((await kept()).map((name) => `/uploads/${name}`)).toContain(body.image.url);
	expect(await kept()).toHaveLength(2);
});

test.each([
	["the post", 404, (id: string) => author.delete(`/posts/${id}`), (id: string) => `/posts/${id}`],
	["the account", 401, () => author.delete("/users/me", { password: author.password }), (id: string) => `/posts/${id}`],
	["the account", 401, () => author.delete("/users/me", { password: author.password }), () => "/users/me"],
	["the account", 401, () => author.delete("/users/me", { password: author.password }), () => "/posts/"],
])("when %s goes while a picture is rendered, the answer is %i and no file is left", async (_, status, go, to) => {
	let id = "";
	await appWith(() => go(id));
	id = (await author.post("/posts/", { content: "Hello" })).body.id;
	const where = to(id);
	const body = form({ [where === "/users/me" ? "avatar" : "image"]: await picture() });
	expect((await author[where === "/posts/" ? "post" : "patch"](where, body)).status).toBe(status);
	expect(await kept()).toEqual([]);
	expect(app.failures).toEqual([]);
});

test("a picture that comes while its post is deleted goes with it", async () => {
	const stores = memoryStores();
	let id = "";
	const remove: typeof stores.posts.remove = async (...given) => {
		await author.patch(`/posts/${id}`, form({ image: await picture() }));
		return stores.posts.remove(...given);
	};
	app = testApp({ incomingDir, trashDays: 0, stores: { ...stores, posts: { ...stores.posts, remove } } });
	author = await app.as("author");
	id = (await author.post("/posts/", { content: "Hello" })).body.id;
	expect((await author.delete(`/posts/${id}`)).status).toBe(204);
	while ((await kept()).length > 0) await Bun.sleep(1);
});

test("files that could not be deleted are deleted later", async () => {
	const files = memoryFiles();
	let broken = true;
	const remove: typeof files.remove = async (...given) => {
		if (broken) throw new Error("The cable came out.");
		return files.remove(...given);
	};
	app = testApp({ incomingDir, trashDays: 0, files: { ...files, remove } });
	author = await app.as("author");
	const { body } = await post();
	expect((await author.delete(`/posts/${body.id}`)).status).toBe(204);
	await app.media.collect();
	expect(app.failures.length).toBeGreaterThan(0);
	expect(await Array.fromAsync(files.list())).toHaveLength(2);
	expect((await author.get(body.image.url)).status).toBe(404);
	broken = false;
	await app.media.collect();
	expect(await Array.fromAsync(files.list())).toEqual([]);
});

test("files that a backup needs are hidden, and are deleted after the backup", async () => {
	const files = memoryFiles();
	let isHeld = true;
	const remove: typeof files.remove = async (...given) => (isHeld ? "held" : files.remove(...given));
	app = testApp({ incomingDir, trashDays: 0, files: { ...files, remove } });
	author = await app.as("author");
	const { body } = await post();
	expect((await author.delete(`/posts/${body.id}`)).status).toBe(204);
	expect((await author.get(body.image.url)).status).toBe(404);
	expect(await Array.fromAsync(files.list())).toHaveLength(2);
	isHeld = false;
	while ((await app.stores.images.removed(first)).length > 0) await Bun.sleep(20);
	expect(await Array.fromAsync(files.list())).toEqual([]);
	expect(app.failures).toEqual([]);
});

test("a picture that is known is not sent again, to those who may see it", async () => {
	const { body } = await post();
	const etag = (await anonymous.get(body.image.url)).headers.get("etag") ?? "";
	const ask = (value: string) => anonymous.get(body.image.url, undefined, { "if-none-match": value });
	for (const known of [etag, `W/${etag}`, `"x", ${etag}`]) {
		const { status, body: nothing, headers } = await ask(known);
		expect([known, status, nothing, headers.get("etag")]).toEqual([known, 304, "", etag]);
	}
	expect((await ask('"another"')).status).toBe(200);
	await author.patch(`/posts/${body.id}`, { visibility: "private" });
	expect((await ask(etag)).status).toBe(404);
});

test("no other name leads to a file", async () => {
	const { body } = await post();
	const [name] = filesOf(body.image.url.slice("/uploads/".length, -".webp".length));
	await app.files.put({ ".instance": new Uint8Array(3), "secret.key": new Uint8Array(3) });
	for (const wrong of [
		".instance",
		"secret.key",
		"..%2fsecret.key",
		`${name}%00`,
		`x${name}`,
		`%2e%2f${name}`,
		name?.toUpperCase(),
		"%ff",
		"",
	])
		expect([wrong, (await anonymous.get(`/uploads/${wrong}`)).status]).toEqual([wrong, 404]);
	expect((await anonymous.head(body.image.url)).status).toBe(200);
	expect((await anonymous.delete(body.image.url)).status).toBe(405);
});

test("few who send many pictures at once leave places for all others, and all places come back", async () => {
	const { media } = testApp({ media: limits });
	const held: (() => void)[] = [];
	const fill = async (id: string) => {
		for (let count = 0; ; count++) {
			const done = await media.admit({ id }).catch(() => null);
			if (!done) return count;
			held.push(done);
		}
	};
	const counts: number[] = [];
	for (const id of ["a", "b", "c", "d", "e", "f"]) counts.push(await fill(id));
	expect(counts).toEqual([26, 21, 17, 13, 11, 8]);
	for (let i = 0; i < 30; i++) held.push(await media.admit({ id: `other ${i}` }));
	for (const done of held) done();
	expect(await fill("a")).toBe(26);
});
