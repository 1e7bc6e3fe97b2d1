import { beforeEach, expect, test } from "bun:test";
import { Unzip, UnzipInflate, UnzipPassThrough, unzipSync } from "fflate";
import { operator } from "../../src/core/permissions";
import { fullFile } from "../../src/media/files";
import { memoryFiles } from "../../src/media/memory";
import type { NewImage } from "../../src/media/store";
import { type Person, password, type Reply, type TestApp, testApp } from "../support/app";
import { form, picture } from "../support/pictures";

let app: TestApp;
let ada: Person;
let bob: Person;
beforeEach(async () => {
	app = testApp();
	[ada, bob] = [await app.as("ada"), await app.as("bob")];
});

const ask = ({ accessToken }: Person, init: RequestInit = {}) =>
	app.app.handle(
		new Request("http://localhost/users/me/export", { headers: { authorization: `Bearer ${accessToken}` }, ...init }),
	);

/** What is in somebody's export: bytes by name, and the JSON by its file. */
async function taken(person: Person) {
	const response = await ask(person);
	expect(response.status).toBe(200);
	const zip = await response.bytes();
	const files = unzipSync(zip);
	const text = (name: string) => new TextDecoder().decode(files[name]);
	const json = (name: string): Reply["body"] => JSON.parse(text(`${name}.json`));
	return { zip, files, names: Object.keys(files).sort(), text, json };
}

const lists = ["posts", "comments", "likes", "following", "followers", "tokens"];
const texts = ["README.txt", "account.json", "record.json", ...lists.map((name) => `${name}.json`)].sort();
const post = async (person: Person, body: object | FormData) => (await person.post("/posts/", body)).body;
const served = async (person: Person, url: string) => {
	const headers = { authorization: `Bearer ${person.accessToken}` };
	return (await app.app.handle(new Request(`http://localhost${url}`, { headers }))).bytes();
};

test("somebody takes everything they made and are away", async () => {
	await ada.patch("/users/me", form({ avatar: await picture({ at: () => [1, 2, 3] }), bio: "I count on engines." }));
	const open = await post(ada, { content: "Open", title: "A title" });
	const hidden = await post(ada, { content: "Hidden", visibility: "private" });
	const shown = await post(
		ada,
		form({ image: await picture(), image_alt: "A wall", content: "Look", visibility: "followers" }),
	);
	const his = await post(bob, { content: "By Bob" });
	await bob.post(`/likes/posts/${open.id}/like`);
	await ada.patch(`/posts/${open.id}`, { content: "Open, and changed" });
	await ada.post(`/likes/posts/${his.id}/like`);
	const { body: comment } = await ada.post(`/comments/posts/${his.id}/comments`, { content: "Well said" });
	await ada.post("/users/bob/follow");
	await bob.post("/users/ada/follow");
	await app.anonymous.post("/auth/login", { username: "ada", password });
	await ada.post("/auth/tokens", { name: "bot", scopes: ["write"], expires_at: "2030-01-02T03:04:05Z" });
	await app.accounts.admin.setRole("ada", "admin", { ...operator, id: bob.id, address: "203.0.113.0/24" });
	const { body: me } = await ada.get("/auth/me");
	const at = app.clock.now.toISOString();

	const { names, files, json, text } = await taken(ada);
	const file = `pictures/${shown.id}.webp`;
	expect(names).toEqual([...texts, "pictures/avatar.webp", file].sort());
	expect(json("account")).toEqual({
		...me,
		avatar: { file: "pictures/avatar.webp", width: 48, height: 48 },
		sessions: [
			{ device: "", address: "", created_at: at, expires_at: expect.any(String) },
			{ device: "", address: "", created_at: at, expires_at: expect.any(String) },
		],
	});
	const common = { title: null, image: null, like_count: 0, comment_count: 0, created_at: at, edited_at: null };
	expect(json("posts")).toEqual([
		{
			...common,
			id: open.id,
			content: "Open, and changed",
			title: "A title",
			visibility: "public",
			like_count: 1,
			edited_at: at,
		},
		{ ...common, id: hidden.id, content: "Hidden", visibility: "private" },
		{
			...common,
			id: shown.id,
			content: "Look",
			visibility: "followers",
			image: { file, width: 64, height: 48, alt: "A wall" },
		},
	]);
	expect(json("comments")).toEqual([
		{ id: comment.id, post_id: his.id, post_author: "bob", content: "Well said", created_at: at },
	]);
	expect(json("tokens")).toEqual([
		{ name: "bot", scopes: ["read", "write"], created_at: at, expires_at: "2030-01-02T03:04:05.000Z" },
	]);
	// Who did it, and from where, is somebody else's.
	expect(json("record").map(({ action, by_me }: Reply["body"]) => [action, by_me])).toEqual([
		["registered", true],
		["signed_in", true],
		["token_created", true],
		["role_changed", false],
	]);
	expect(text("record.json")).not.toMatch(/203\.0\.113|bob/);
	expect(json("likes")).toEqual([{ post_id: his.id, post_author: "bob", created_at: at }]);
	for (const name of ["following", "followers"])
		expect(json(name)).toEqual([{ id: bob.id, username: "bob", display_name: "bob", created_at: at }]);
	for (const name of texts) expect(text("README.txt")).toContain(name === "README.txt" ? "ada" : name);

	expect(Buffer.from(await served(ada, shown.image.url)).equals(files[file] as Uint8Array)).toBe(true);
	const avatar = await served(ada, me.avatar_url);
	expect(Buffer.from(avatar).equals(files["pictures/avatar.webp"] as Uint8Array)).toBe(true);
});

test("it is a file to keep, called after its owner and the day, and nobody else's to see", async () => {
	for (const init of [{}, { method: "HEAD" }]) {
		const { status, headers, body } = await ask(ada, init);
		expect(status).toBe(200);
		expect(headers.get("content-type")).toBe("application/zip");
		expect(headers.get("content-disposition")).toBe('attachment; filename="minifeed-ada-2026-01-02.zip"');
		expect(headers.get("cache-control")).toBe("no-store");
		await body?.cancel();
	}
	const stranger = await app.anonymous.get("/users/me/export");
	expect([stranger.status, stranger.body.code]).toEqual([401, "unauthenticated"]);
});

test("an account with nothing in it has every file, and nothing in the lists", async () => {
	const { names, json } = await taken(ada);
	expect(names).toEqual(texts);
	expect(json("account")).toMatchObject({ username: "ada", email: "ada@example.com", avatar: null });
	for (const name of lists) expect([name, json(name)]).toEqual([name, []]);
	expect(json("record")).toMatchObject([{ action: "registered", by_me: true }]);
});

test("what others wrote is not in it, nor who hides what one once liked", async () => {
	await ada.post("/users/bob/follow");
	const his = await post(bob, form({ content: "turquoise", title: "crimson", image: await picture() }));
	const { body: mine } = await ada.post(`/comments/posts/${his.id}/comments`, { content: "My own words" });
	await bob.post(`/comments/posts/${his.id}/comments`, { content: "vermilion" });
	await ada.post(`/likes/posts/${his.id}/like`);
	await bob.patch("/users/me", { bio: "ultramarine" });
	await post(bob, { content: "magenta", visibility: "private" });
	await post(bob, { content: "ochre", visibility: "followers" });
	await bob.patch(`/posts/${his.id}`, { visibility: "private" });

	const { names, json, zip } = await taken(ada);
	expect(names).toEqual(texts);
	expect(json("comments")).toMatchObject([
		{ id: mine.id, post_id: his.id, post_author: null, content: "My own words" },
	]);
	expect(json("likes")).toMatchObject([{ post_id: his.id, post_author: null }]);
	const whole = Buffer.from(zip);
	for (const word of ["turquoise", "crimson", "vermilion", "ultramarine", "magenta", "ochre", "bob@example.com"])
		expect([word, whole.includes(word)]).toEqual([word, false]);
	expect(whole.includes("argon2")).toBe(false);
});

test("text comes out as it went in, whatever is in it", async () => {
	const contents = [
		'"},\n{"id":"x"}]',
		"\u2028\u2029 \ud83d\udc08\u200d\u2b1b \u202e",
		"PK\u0003\u0004 PK\u0005\u0006",
		'\\"\t\v\n',
		"ö".repeat(5000),
	];
	for (const content of contents) await post(ada, { content, title: content.slice(0, 200) });
	await ada.patch("/users/me", { display_name: '"Ada" \ud83d\udc08', bio: "]}\n" });

	const { json } = await taken(ada);
	expect(json("account")).toMatchObject({ display_name: '"Ada" \ud83d\udc08', bio: "]}\n" });
	expect(json("posts").map(({ content }: { content: string }) => content)).toEqual(contents);
});

test("each list has an entry a line", async () => {
	for (const content of ["one\ntwo", "three", "four"]) await post(ada, { content });
	const lines = (await taken(ada)).text("posts.json").split("\n");
	expect([lines[0], lines.length, lines.at(-2)]).toEqual(["[", 6, "]"]);
	expect(lines.slice(1, 4).map((line) => JSON.parse(line.replace(/,$/, "")).content)).toEqual([
		"one\ntwo",
		"three",
		"four",
	]);
});

test("the same picture in two posts is there for each of them", async () => {
	const image = await picture();
	const [first, second] = [await post(ada, form({ image })), await post(ada, form({ image }))];
	expect(first.image.url).toBe(second.image.url);
	const { json, files } = await taken(ada);
	const named = json("posts").map((each: Reply["body"]) => each.image.file);
	expect(named).toEqual([`pictures/${first.id}.webp`, `pictures/${second.id}.webp`]);
	const [one, other] = named.map((name: string) => files[name]);
	expect(one).toEqual(other);
});

test("a picture whose file is gone is left out, and the post says so", async () => {
	const [lost, kept] = [
		await post(ada, form({ image: await picture(), content: "Lost", image_alt: "A wall" })),
		await post(ada, form({ image: await picture({ width: 70 }), content: "Kept" })),
	];
	await ada.patch("/users/me", form({ avatar: await picture() }));
	const { avatar_url } = (await ada.get("/auth/me")).body;
	for (const url of [lost.image_url, avatar_url]) await app.files.remove([url.slice("/uploads/".length)]);

	const { names, json } = await taken(ada);
	expect(names).toEqual([...texts, `pictures/${kept.id}.webp`].sort());
	expect(json("account").avatar).toEqual({ file: null, width: 48, height: 48 });
	expect(json("posts").map(({ image }: Reply["body"]) => image)).toEqual([
		{ file: null, width: 64, height: 48, alt: "A wall" },
		{ file: `pictures/${kept.id}.webp`, width: 70, height: 48, alt: "" },
	]);
	expect(app.failures).toEqual([]);
});

test("a picture that cannot be read does not take the others along", async () => {
	const broken = memoryFiles();
	app = testApp({
		files: {
			...broken,
			async get(name) {
				const found = await broken.get(name);
				return name === unreadable && found
					? Object.assign(found, { bytes: () => Promise.reject(new Error("the disk is bad")) })
					: found;
			},
		},
	});
	let unreadable = "";
	ada = await app.as("ada");
	const [bad, good] = [
		await post(ada, form({ image: await picture() })),
		await post(ada, form({ image: await picture({ width: 70 }) })),
	];
	unreadable = bad.image_url.slice("/uploads/".length);

	const { names } = await taken(ada);
	expect(names).toEqual([...texts, `pictures/${good.id}.webp`].sort());
	expect(app.failures).toEqual([new Error("the disk is bad")]);
});

test("one at a time: a second is refused until the first has been read, or its reader has gone away", async () => {
	const refused = async (person = ada) => {
		const response = await ask(person);
		const { code } = (await response.json()) as { code: string };
		return [response.status, code, response.headers.get("retry-after")];
	};
	const first = await ask(ada);
	expect(await refused()).toEqual([503, "busy", "2"]);
	expect((await ask(bob)).status).toBe(200);
	await first.bytes();

	const second = await ask(ada);
	expect(await refused()).toEqual([503, "busy", "2"]);
	await second.body?.cancel();

	const gone = new AbortController();
	const third = await ask(ada, { signal: gone.signal });
	const reader = (third.body as ReadableStream<Uint8Array>).getReader();
	await reader.read();
	gone.abort();
	expect(reader.read()).rejects.toThrow();

	expect((await taken(ada)).names).toEqual(texts);
	expect(app.failures).toEqual([]);
});

test("few at a time, and each that ends lets another in", async () => {
	const people = await Promise.all(Array.from({ length: 9 }, (_, i) => app.as(`person${i}`)));
	const answers: Response[] = [];
	for (const person of people) answers.push(await ask(person));
	expect(answers.map(({ status }) => status)).toEqual([...Array(8).fill(200), 503]);
	const last = people[8] as Person;
	expect((await ask(last)).status).toBe(503);
	await answers[0]?.body?.cancel();
	expect((await taken(last)).names).toEqual(texts);
});

test("HEAD takes no place", async () => {
	for (let i = 0; i < 3; i++) expect((await ask(ada, { method: "HEAD" })).status).toBe(200);
	expect((await taken(ada)).names).toEqual(texts);
});

const createdAt = new Date("2026-01-01T00:00:00Z");
const image = (name: string, bytes: number): NewImage => ({
	name,
	width: 10,
	height: 10,
	bytes,
	placeholder: "",
	createdAt,
	quota: Number.MAX_SAFE_INTEGER,
});

/** Posts straight into the store; every `pictured`th has a picture of `bytes` bytes. */
async function fill(count: number, { pictured, bytes }: { pictured: number; bytes: number }) {
	const content = new Uint8Array(bytes).fill(7);
	await app.stores.inOneTransaction(async () => {
		for (let i = 0; i < count; i++) {
			const name = i.toString(16).padStart(64, "0");
			const hasPicture = i % pictured === 0;
			if (hasPicture) await app.files.put({ [fullFile(name)]: content });
			await app.stores.posts.create({
				id: `post-${i}`,
				authorId: ada.id,
				title: null,
				content: `Number ${i} `.repeat(40),
				visibility: i % 2 ? "private" : "public",
				image: hasPicture ? image(name, bytes) : null,
				createdAt,
			});
		}
	});
}

test("a large one is made no faster than it is read", async () => {
	await fill(5_000, { pictured: 10, bytes: 100_000 });
	let fetched = 0;
	const { get } = app.files;
	app.files.get = (name) => {
		fetched++;
		return get(name);
	};
	const { body } = await ask(ada);
	const reader = (body as ReadableStream<Uint8Array>).getReader();
	await Bun.sleep(20);
	expect(fetched).toBe(0);

	const names: string[] = [];
	const found: Record<string, number> = {};
	let json = "";
	const unzip = new Unzip((file) => {
		names.push(file.name);
		file.ondata = (error, data) => {
			expect(error).toBeNull();
			found[file.name] = (found[file.name] ?? 0) + data.length;
			if (file.name === "posts.json") json += Buffer.from(data).toString();
		};
		file.start();
	});
	unzip.register(UnzipInflate);
	unzip.register(UnzipPassThrough);
	let [total, largest, ahead] = [0, 0, 0];
	for (;;) {
		const { value, done } = await reader.read();
		if (done) break;
		total += value.length;
		largest = Math.max(largest, value.length);
		ahead = Math.max(ahead, fetched * 100_000 - total);
		unzip.push(value);
	}
	unzip.push(new Uint8Array(), true);

	expect(fetched).toBe(500);
	expect(total).toBeGreaterThan(50_000_000);
	expect(ahead).toBeLessThan(300_000);
	expect(largest).toBeLessThan(300_000);
	expect(names).toHaveLength(texts.length + 500);
	expect(new Set(Object.entries(found).flatMap(([name, size]) => (name.endsWith(".webp") ? [size] : [])))).toEqual(
		new Set([100_000]),
	);
	expect(JSON.parse(json).map(({ id }: { id: string }) => id)).toEqual(
		Array.from({ length: 5_000 }, (_, i) => `post-${i}`),
	);
}, 30_000);

test("what changes while it is made does not break it", async () => {
	await fill(2_000, { pictured: 20, bytes: 50_000 });
	const { body } = await ask(ada);
	const reader = (body as ReadableStream<Uint8Array>).getReader();
	const pieces: Uint8Array[] = [];
	let isDeleted = false;
	for (let i = 0; ; i++) {
		const { value, done } = await reader.read();
		if (done) break;
		pieces.push(value);
		await app.stores.posts.remove(`post-${i * 7}`);
		await app.files.remove([fullFile((i * 3 * 20).toString(16).padStart(64, "0"))]);
		if (i === 10) await post(ada, { content: "Late" });
		if (i === 20) isDeleted = (await ada.delete("/users/me", { password })).status === 204;
	}
	expect(isDeleted).toBe(true);
	const files = unzipSync(Buffer.concat(pieces));
	for (const name of lists) expect(JSON.parse(Buffer.from(files[`${name}.json`] ?? []).toString())).toBeArray();
	for (const [name, bytes] of Object.entries(files)) if (name.endsWith(".webp")) expect(bytes).toHaveLength(50_000);
	expect(app.failures).toEqual([]);
});

test("a picture that another takes the place of meanwhile is there once", async () => {
	const put = async (digit: string, bytes: number) => {
		await app.files.put({ [fullFile(digit.repeat(64))]: new Uint8Array(100_000).fill(Number(digit)) });
		await app.stores.users.changeProfile(ada.id, () => ({
			avatar: image(digit.repeat(64), bytes),
			updatedAt: createdAt,
		}));
	};
	await fill(40, { pictured: 1, bytes: 100_000 });
	await put("1", 1);
	const reader = ((await ask(ada)).body as ReadableStream<Uint8Array>).getReader();
	const pieces: Uint8Array[] = [];
	for (let i = 0; ; i++) {
		const { value, done } = await reader.read();
		if (done) break;
		pieces.push(value);
		if (i === 5) await put("2", 200_000); // comes after all others
	}
	const names: string[] = [];
	const files = unzipSync(Buffer.concat(pieces), { filter: ({ name }) => names.push(name) > 0 });
	expect(names.filter((name) => name === "pictures/avatar.webp")).toHaveLength(1);
	expect(names).toHaveLength(texts.length + 41);
	expect(files["pictures/avatar.webp"]?.[0]).toBe(1);
});

test("who gets the place of a deleted account in the database does not get into an export that goes on", async () => {
	const write = (id: string, authorId: string) =>
		app.stores.posts.create({ id, authorId, title: null, content: "x", visibility: "private", createdAt });
	for (let i = 0; i < 60; i++) await write(`p${i}`, bob.id);
	const found: string[] = [];
	for await (const page of app.stores.takeouts.rows("posts", bob.id) as AsyncIterable<{ id: string }[]>) {
		found.push(...page.map(({ id }) => id));
		if (found.length > page.length) continue;
		await app.stores.users.remove(bob.id);
		const eve = await app.as("eve");
		for (let i = 0; i < 60; i++) await write(`e${i}`, eve.id);
	}
	expect(found.length).toBeGreaterThan(0);
	expect(found.filter((id) => id.startsWith("e"))).toEqual([]);
});

test("many of everything come once each, over all pages", async () => {
	const createdAt = app.clock.now; // the same for all, which an order by time alone could not tell apart
	await app.stores.inOneTransaction(async () => {
		for (let i = 0; i < 130; i++) {
			const id = `user-${i}`;
			const names = { username: id, displayName: id, email: `${id}@example.com` };
			await app.stores.users.create({ id, ...names, passwordHash: "x", role: "user", createdAt });
			await app.stores.follows.add({ followerId: ada.id, username: id, createdAt });
			await app.stores.follows.add({ followerId: id, username: "ada", createdAt });
			await app.stores.posts.create({
				id: `p${i}`,
				authorId: id,
				title: null,
				content: "x",
				visibility: "public",
				createdAt,
			});
			await app.stores.likes.add({ postId: `p${i}`, userId: ada.id, createdAt });
			await app.stores.comments.create({ id: `c${i}`, postId: `p${i}`, authorId: ada.id, content: "x", createdAt });
		}
	});
	for (let i = 0; i < 130; i++) {
		const [id, name, bytes] = [`own-${i}`, i.toString(16).padStart(64, "0"), i % 3];
		await app.files.put({ [fullFile(name)]: new Uint8Array(1) });
		const kept = { authorId: ada.id, title: null, content: "x", visibility: "public", createdAt } as const;
		await app.stores.posts.create({ id, image: image(name, bytes), ...kept });
	}
	const { json, names } = await taken(ada);
	const numbers = Array.from({ length: 130 }, (_, i) => i);
	for (const name of ["following", "followers"])
		expect(json(name).map(({ username }: Reply["body"]) => username)).toEqual(numbers.map((i) => `user-${i}`));
	expect(json("likes").map((like: Reply["body"]) => [like.post_id, like.post_author])).toEqual(
		numbers.map((i) => [`p${i}`, `user-${i}`]),
	);
	expect(json("comments").map(({ id }: Reply["body"]) => id)).toEqual(numbers.map((i) => `c${i}`));
	expect(json("posts").map(({ id }: Reply["body"]) => id)).toEqual(numbers.map((i) => `own-${i}`));
	expect(names).toEqual([...texts, ...numbers.map((i) => `pictures/own-${i}.webp`)].sort());
});
