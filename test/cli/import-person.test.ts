import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { unzipSync, type Zippable, zipSync } from "fflate";
import { type Person, password, type TestApp } from "../support/app";
import { newTemporary, treeOf } from "../support/backup";
import { instanceIn } from "../support/moving";
import { form, picture } from "../support/pictures";
import { runs } from "../support/runs";
import { command } from "../support/terminal";
import { contentOf } from "../support/versions";

const temporary = newTemporary();
afterAll(() => rmSync(temporary, { recursive: true, force: true }));
let names = 0;
const newPath = () => join(temporary, String(names++));
const take = (directory: string, ...args: string[]) =>
	command(["import", ...args], { DATA_DIR: directory, MIN_FREE_BYTES: "0" });
const told = async (directory: string, ...args: string[]) => {
	const { code, stdout, stderr } = await take(directory, ...args, "--json");
	expect([code, stderr]).toEqual([0, ""]);
	return JSON.parse(stdout);
};
const refusal = (sentence: string) => ({
	code: 1,
	stdout: "",
	stderr: expect.stringMatching(new RegExp(`^[^\\n]*${sentence.replace(/[.*+?^$()|[\]\\]/g, "\\$&")}[^\\n]*\\n$`)),
});
const stateOf = (directory: string) => ({
	rows: contentOf(join(directory, "minifeed.db")),
	pictures: treeOf(join(directory, "uploads")),
});
const tally = (added: number, there = 0, left = 0) => ({ added, there, left });

async function archiveOf({ app }: TestApp, token: string): Promise<Uint8Array> {
	const headers = { authorization: `Bearer ${token}` };
	const response = await app.handle(new Request("http://localhost/users/me/export", { headers }));
	return response.bytes();
}

async function signedIn(server: TestApp, { username, ...person }: Person): Promise<Person> {
	const { access_token } = (await server.anonymous.post("/auth/login", { username, password })).body;
	return { ...person, username, ...server.withToken(access_token), accessToken: access_token };
}

let zip: string;
let members: Record<string, Uint8Array>;
let source: string;
beforeAll(async () => {
	source = newPath();
	const there = await instanceIn(source);
	let [ada, bob] = [await there.as("ada"), await there.as("bob")];
	const avatar = await picture({ width: 90, height: 90 });
	await ada.patch("/users/me", form({ avatar, display_name: "Ada Lovelace", bio: "Counts" }));
	const write = async (body: unknown) => (await ada.post("/posts/", body)).body.id as string;
	const first = await write({ content: "First #tea @bob", title: "One" });
	there.clock.now = new Date("2026-02-02T00:00:00.000Z");
	[ada, bob] = [await signedIn(there, ada), await signedIn(there, bob)];
	await write(form({ image: await picture(), image_alt: "A cup", visibility: "followers" }));
	await write({ content: "Secret", visibility: "private" });
	const bobs = (await bob.post("/posts/", { content: "Hello from bob" })).body.id;
	for (const id of [first, bobs]) {
		await ada.post(`/likes/posts/${id}/like`);
		await ada.post(`/comments/posts/${id}/comments`, { content: `Well said of ${id === first ? "me" : "him"}` });
	}
	await ada.post("/users/bob/follow");
	zip = join(temporary, "ada.zip");
	const bytes = await archiveOf(there, ada.accessToken);
	writeFileSync(zip, bytes);
	members = unzipSync(bytes);
	await there.close();
});

/** Another instance, with some people and a post. */
async function elsewhere(...usernames: string[]) {
	const directory = newPath();
	const server = await instanceIn(directory);
	for (const username of usernames) await server.as(username);
	await server.close();
	return directory;
}
async function opened(directory: string, username = "ada") {
	const server = await instanceIn(directory);
	server.clock.now = new Date("2026-03-03T00:00:00.000Z");
	const { body } = await server.anonymous.post("/auth/login", { username, password });
	return { server, me: server.withToken(body.access_token) };
}

test("posts come back with their pictures, times and visibility, and with them the profile", async () => {
	const directory = await elsewhere("ada", "bob");
	expect(await told(directory, zip, "--as", "ada")).toEqual({
		dry_run: false,
		username: "ada",
		profile: { display_name: true, bio: true, avatar: true },
		posts: tally(3),
		following: tally(1),
		comments: tally(1, 0, 1),
		likes: tally(1, 0, 1),
		pictures_missing: 0,
	});
	const { server, me } = await opened(directory);
	const { items } = (await me.get("/posts/?sort=oldest")).body;
	expect(items).toMatchObject([
		{
			title: "One",
			content: "First #tea @bob",
			created_at: "2026-01-02T03:04:05.678Z",
			like_count: 1,
			comment_count: 1,
			liked: true,
		},
		{
			content: "",
			image: { alt: "A cup", width: 64, height: 48 },
			visibility: "followers",
			created_at: "2026-02-02T00:00:00.000Z",
		},
		{ content: "Secret", visibility: "private" },
	]);
	expect((await me.get(items[1].image.url)).status).toBe(200);
	expect((await server.anonymous.get("/posts/?q=%23tea")).body.items).toHaveLength(1);
	expect((await server.anonymous.get("/posts/?q=after%3A2026-01-02")).body.items).toHaveLength(1);
	const profile = (await me.get("/auth/me")).body;
	expect(profile).toMatchObject({ display_name: "Ada Lovelace", bio: "Counts", following_count: 1, posts_count: 1 });
	expect((await me.get(profile.avatar_url)).status).toBe(200);
	expect(server.failures).toEqual([]);
	await server.close();
	expect((await command(["audit", "--user", "ada"], { DATA_DIR: directory })).stdout).toContain("archive_imported");
});

test("taken in twice, nothing is there twice; what somebody said here of themselves stays", async () => {
	const directory = await elsewhere("ada", "bob");
	const { server, me } = await opened(directory);
	await me.patch("/users/me", { display_name: "Countess", bio: "Here" });
	await server.close();
	await told(directory, zip, "--as", "ada");
	const before = treeOf(join(directory, "uploads"));
	expect(await told(directory, zip, "--as", "ADA@example.com")).toMatchObject({
		profile: { display_name: false, bio: false, avatar: false },
		posts: tally(0, 3),
		following: tally(0, 1),
		comments: tally(0, 1, 1),
		likes: tally(0, 1, 1),
	});
	expect(treeOf(join(directory, "uploads"))).toEqual(before);
	const again = await opened(directory);
	expect((await again.me.get("/auth/me")).body).toMatchObject({
		display_name: "Countess",
		bio: "Here",
		posts_count: 1,
	});
	await again.server.close();
});

test("into the same instance comes what was deleted since, and nothing else", async () => {
	const [directory, archive] = [newPath(), newPath()];
	const there = await instanceIn(directory);
	const ada = await there.as("ada");
	const posts = [];
	for (const content of ["one", "two"]) posts.push((await ada.post("/posts/", { content })).body.id);
	await ada.post(`/likes/posts/${posts[0]}/like`);
	writeFileSync(archive, await archiveOf(there, ada.accessToken));
	await ada.delete(`/posts/${posts[0]}`);
	await there.close();
	for (const added of [1, 0])
		expect(await told(directory, archive, "--as", "ada")).toMatchObject({
			posts: tally(added, 2 - added),
			likes: tally(added, 1 - added),
		});
});

test("an archive of one person adds to another what is theirs, under ids of its own", async () => {
	const directory = await elsewhere("ada", "bob", "mallory");
	await told(directory, zip, "--as", "mallory");
	expect(await told(directory, zip, "--as", "ada")).toMatchObject({ posts: tally(3), likes: tally(1, 0, 1) });
});

test("a time is never in the future, and never before what is there already: lists stay in their order", async () => {
	const directory = newPath();
	const server = await instanceIn(directory);
	server.clock.now = new Date("2026-01-20T00:00:00.000Z");
	await server.as("ada");
	await (await server.as("bob")).post("/posts/", { content: "I was here first" });
	await server.close();
	const posts = new TextDecoder()
		.decode(members["posts.json"])
		.replace(/("content":"Secret".*"created_at":")\d{4}/, "$12999");
	const archive = newPath();
	writeFileSync(archive, zipSync({ ...members, "posts.json": new TextEncoder().encode(posts) }));
	const before = Date.now();
	await told(directory, archive, "--as", "ada");
	const { server: there, me } = await opened(directory);
	const times = (await me.get("/posts/?sort=oldest")).body.items.map((post: { created_at: string }) => post.created_at);
	expect(times.slice(0, 3)).toEqual([
		"2026-01-20T00:00:00.000Z",
		"2026-01-20T00:00:00.000Z",
		"2026-02-02T00:00:00.000Z",
	]);
	expect(Date.parse(times[3])).toBeWithin(before - 1, Date.now() + 1);
	await there.close();
});

test("a dry run says what would come, and touches nothing", async () => {
	const directory = await elsewhere("ada", "bob");
	const before = stateOf(directory);
	const { code, stdout } = await take(directory, zip, "--as", "ada", "--dry-run");
	expect([code, stdout]).toEqual([
		0,
		"The import would add to ada: 3 posts, 1 follows, 1 comments, 1 likes.\n" +
			"Left out, because their users or posts are not on this instance: 1 comments, 1 likes.\nNothing was changed.\n",
	]);
	expect(stateOf(directory)).toEqual(before);
});

test("packed anew, by another program and in a folder, it is the same", async () => {
	const [directory, archive] = [await elsewhere("ada"), newPath()];
	const packed: Zippable = { "__MACOSX/._account.json": new Uint8Array(9) };
	for (const [name, bytes] of Object.entries(members)) packed[`ada/${name}`] = [bytes, { level: 9 }];
	writeFileSync(archive, zipSync(packed, { comment: "made by hand" }));
	expect(await told(directory, archive, "--as", "ada")).toMatchObject({ posts: tally(3), pictures_missing: 0 });
});

test("a picture that is missing, or none, leaves its text; where there is none, nothing", async () => {
	const directory = await elsewhere("ada");
	const posts = new TextDecoder().decode(members["posts.json"]);
	const pictures = Object.keys(members).filter((name) => name.startsWith("pictures/") && !name.includes("avatar"));
	const bad = Object.fromEntries(pictures.map((name) => [name, new TextEncoder().encode("<svg onload=alert(1)>")]));
	const archive = newPath();
	writeFileSync(archive, zipSync({ ...members, ...bad, "pictures/avatar.webp": new Uint8Array(3) }));
	expect(await told(directory, archive, "--as", "ada")).toMatchObject({
		profile: { display_name: true, avatar: false },
		posts: tally(2, 0, 1),
		pictures_missing: 2,
	});
	const texts = new TextEncoder().encode(posts.replace('"content":""', '"content":"A cup"'));
	writeFileSync(archive, zipSync({ ...members, ...bad, "posts.json": texts }));
	expect(await told(directory, archive, "--as", "ada")).toMatchObject({ posts: tally(1, 2), pictures_missing: 1 });
});

test("text that shows nothing is left out, and names stay within their line", async () => {
	const [directory, archive] = [await elsewhere("ada"), newPath()];
	const changed = (name: string, ...pairs: [string, string][]) => {
		const text = pairs.reduce((rest, [from, to]) => rest.replace(from, to), new TextDecoder().decode(members[name]));
		return { [name]: new TextEncoder().encode(text) };
	};
	writeFileSync(
		archive,
		zipSync({
			...members,
			...changed("account.json", ["Ada Lovelace", "Ada\\u202e\\nLovelace"], ["Counts", "\\u3164"]),
			...changed("posts.json", ["Secret", "\\u2800"], ['"One"', '"O\\u2067ne"']),
			...changed("comments.json", ["Well", "\\u200b"]),
		}),
	);
	expect(await told(directory, archive, "--as", "ada")).toMatchObject({
		profile: { display_name: true, bio: false, avatar: true },
		posts: tally(2, 0, 1),
	});
	const server = await instanceIn(directory);
	expect((await server.anonymous.get("/users/ada")).body).toMatchObject({ display_name: "Ada Lovelace", bio: "" });
	expect((await server.anonymous.get("/users/ada/posts")).body.items).toMatchObject([{ title: "One" }]);
	await server.close();
});

describe("of a hostile archive nothing is taken, and one sentence says why:", () => {
	const text = (name: string) => new TextDecoder().decode(members[name]);
	const changed = (name: string, change: (text: string) => string) =>
		zipSync({ ...members, [name]: new TextEncoder().encode(change(text(name))) });
	const without = (name: string) =>
		zipSync(Object.fromEntries(Object.entries(members).filter(([other]) => other !== name)));
	/** Changes all numbers of some size at some place of the directory of an archive. */
	const directory = (change: (view: DataView, entry: number, name: string) => void) => {
		const bytes = zipSync(members, { level: 0 });
		const view = new DataView(bytes.buffer);
		for (let at = 0; at < bytes.length - 46; at++)
			if (view.getUint32(at, true) === 0x02014b50)
				change(view, at, Buffer.from(bytes.subarray(at + 46, at + 46 + view.getUint16(at + 28, true))).toString());
		return bytes;
	};
	const bomb = () => zipSync({ ...members, "posts.json": [new Uint8Array(300 * 1024 ** 2), { level: 9 }] });
	const cases: [string, () => Uint8Array, string][] = [
		["what is no ZIP", () => new TextEncoder().encode("hello"), "it is not a ZIP"],
		["nothing", () => new Uint8Array(), "it is not a ZIP"],
		["one that is cut short", () => zipSync(members).slice(0, -100), "it is not a ZIP, or incomplete"],
		["one that begins late", () => zipSync(members).slice(500), "incomplete"],
		["one of something else", () => zipSync({ mimetype: new Uint8Array(3) }), "GET /users/me/export did not write it"],
		["a list that is gone", () => without("likes.json"), "it has no likes.json"],
		["a bomb", bomb, "a file in it is larger than"],
		[
			"a bomb that says it is small",
			() => {
				const bytes = zipSync({ ...members, "posts.json": [new Uint8Array(9_000_000), { level: 9 }] });
				const at = Buffer.from(bytes).lastIndexOf("posts.json") - 46;
				new DataView(bytes.buffer).setUint32(at + 24, 1000, true);
				return bytes;
			},
			"posts.json is longer than the directory says",
		],
		[
			"files that share their bytes",
			() => directory((view, at) => view.setUint32(at + 20, view.byteLength - 1, true)),
			"its files overlap",
		],
		["an encrypted one", () => directory((view, at) => view.setUint16(at + 8, 1, true)), "it is encrypted"],
		[
			"one that is packed otherwise",
			() => directory((view, at) => view.setUint16(at + 10, 12, true)),
			"unsupported compression method",
		],
		["bytes that rotted", () => directory((view, at) => view.setUint32(at + 16, 7, true)), "is damaged"],
		[
			"a file twice",
			() =>
				directory(
					(view, at, name) => name === "likes.json" && new Uint8Array(view.buffer).set(Buffer.from("posts"), at + 46),
				),
			"it has a file twice",
		],
		[
			"a list in another layout",
			() => changed("posts.json", (t) => JSON.stringify(JSON.parse(t), null, 2)),
			"posts.json line 2: it is not a JSON item",
		],
		[
			"a list on one line",
			() => changed("posts.json", (t) => `${JSON.stringify(JSON.parse(t))}\n`),
			"posts.json line 1: it is not a JSON item",
		],
		["a list without end", () => changed("posts.json", (t) => t.replace("\n]\n", "\n")), "posts.json is incomplete"],
		[
			"a list that goes on",
			() => changed("posts.json", (t) => `${t}[\n`),
			"posts.json line 6: it goes on after its end",
		],
		["a line without end", () => changed("posts.json", () => "x".repeat(1_000_000)), "posts.json line 1: it is longer"],
		[
			"an id that leads elsewhere",
			() => changed("posts.json", (t) => t.replace(/"id":"[^"]+"/, '"id":"../../x"')),
			"posts.json line 2: id must be",
		],
		["NUL", () => changed("comments.json", (t) => t.replace("Well", "\\u0000")), "content must be text"],
		[
			"half a character",
			() => changed("account.json", (t) => t.replace("Counts", "\\ud800")),
			"account.json: bio must be",
		],
		[
			"one picture of two posts",
			() =>
				changed("posts.json", (t) =>
					t.replace(/"image":null/, '"image":{"file":"pictures/avatar.webp","width":1,"height":1,"alt":""}'),
				),
			"it uses a picture twice",
		],
		[
			"a wrong type",
			() => changed("following.json", (t) => t.replace(/"username":"bob"/, '"username":{"$ne":1}')),
			"username must be text",
		],
	];
	test.each(cases)("%s", async (_, make, sentence) => {
		const [directory, archive] = [await elsewhere("ada", "bob"), newPath()];
		const before = stateOf(directory);
		writeFileSync(archive, make());
		expect(await take(directory, archive, "--as", "ada")).toEqual(refusal(sentence));
		expect(stateOf(directory)).toEqual(before);
	});

	test("any byte of it may be another: it is taken, or refused in one sentence", async () => {
		const [directory, archive] = [await elsewhere("ada", "bob"), newPath()];
		const before = stateOf(directory);
		const bytes = [zipSync(members, { level: 0 }), zipSync(members)] as const;
		const change = fc.record({
			which: fc.constantFrom(0, 1),
			at: fc.nat(),
			to: fc.uint8Array({ minLength: 1, maxLength: 4 }),
		});
		await fc.assert(
			fc.asyncProperty(change, async ({ which, at, to }) => {
				const changed = bytes[which as 0 | 1].slice();
				// Most of it is pictures; what says where they are is at its end.
				changed.set(to, at % 2 === 0 ? changed.length - 4 - (at % 1500) : at % (changed.length - 4));
				writeFileSync(archive, changed);
				const { code, stderr } = await take(directory, archive, "--as", "ada", "--dry-run");
				expect(stderr).toMatch(code === 0 ? /^$/ : /^The archive cannot be imported: [^\n]+\n$/);
			}),
			{ numRuns: runs(150) },
		);
		expect(stateOf(directory)).toEqual(before);
	});

	test("more pictures than one person may have", async () => {
		const directory = await elsewhere("ada");
		const env = { DATA_DIR: directory, MIN_FREE_BYTES: "0", USER_QUOTA_BYTES: "1048576" };
		const archive = newPath();
		const large = new Uint8Array(2_000_000);
		const picture = Object.keys(members).find((name) => /^pictures\/[0-9a-f]/.test(name)) as string;
		writeFileSync(archive, zipSync({ ...members, [picture]: large }));
		expect(await command(["import", archive, "--as", "ada"], env)).toEqual(
			refusal("would exceed the limit of 1048576 bytes"),
		);
	});

	test("an account that may not write", async () => {
		const directory = await elsewhere("ada", "bob");
		await command(["user", "suspend", "ada"], { DATA_DIR: directory });
		const before = stateOf(directory);
		const refused = refusal("ada is suspended. Make the account active first.");
		for (const option of [[], ["--dry-run"]])
			expect(await take(directory, zip, "--as", "ada", ...option)).toEqual(refused);
		expect(stateOf(directory)).toEqual(before);
	});

	test("nobody, and nothing", async () => {
		const directory = await elsewhere("ada");
		expect(await take(directory, zip, "--as", "nobody")).toEqual(
			refusal("No account has the username or e-mail address nobody."),
		);
		expect(await take(directory, newPath(), "--as", "ada")).toEqual(refusal("There is no file"));
		expect(await take(directory, zip)).toEqual(refusal("add --as NAME"));
		expect(await take(newPath(), zip, "--as", "ada")).toEqual(refusal("There is no database"));
	});
});
