import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
	cpSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { engine } from "../../src/db/open";
import { type Client, password } from "../support/app";
import { newTemporary, treeOf } from "../support/backup";
import { everythingOf, exported, instanceIn, overwrite, rewrite } from "../support/moving";
import { form, picture } from "../support/pictures";
import { runs } from "../support/runs";
import { command } from "../support/terminal";
import { databaseOf, versions } from "../support/versions";

const temporary = newTemporary();
afterAll(() => rmSync(temporary, { recursive: true, force: true }));
let directories = 0;
const newDirectory = () => join(temporary, String(directories++));
const env = (directory: string) => ({ DATA_DIR: directory, MIN_FREE_BYTES: "0" });
const exportTo = (directory: string, ...args: string[]) => command(["export", ...args], env(directory));
const importTo = (directory: string, ...args: string[]) => command(["import", ...args], env(directory));
const refusal = (sentence: string) => ({ code: 1, stdout: "", stderr: expect.stringMatching(line(sentence)) });
const line = (sentence: string) => new RegExp(`^[^\\n]*${sentence.replace(/[.*+?^$()|[\]\\]/g, "\\$&")}[^\\n]*\\n$`);

/** A small community with everything in it that can move. */
async function community(directory: string) {
	const server = await instanceIn(directory);
	const root = await server.asAdmin("root");
	const [ada, bob, carl] = [await server.as("ada"), await server.as("bob"), await server.as("carl")];
	await ada.patch(
		"/users/me",
		form({ avatar: await picture({ width: 80 }), display_name: "Ada Ⓐ", bio: "Tea\u2028& more" }),
	);
	await bob.post("/users/ada/follow");
	await ada.post("/users/carl/follow");
	const write = async (who: Client, body: unknown) => (await who.post("/posts/", body)).body.id as string;
	const posts = [
		await write(ada, { content: "Tea with @bob and @dora #tea #café", title: "Tea" }),
		await write(bob, {
			content: '東京のお茶 ｔｅａ \u{1f375}\n\ttwo lines \\ "quoted" \u007f',
			visibility: "followers",
		}),
		await write(ada, form({ image: await picture(), image_alt: "A cup", visibility: "followers" })),
		await write(ada, form({ image: await picture({ format: "png", at: () => [1, 2, 3] }), content: "#tea" })),
		await write(carl, form({ image: await picture(), content: "the same picture as another" })),
		await write(carl, form({ image: await picture(), visibility: "private" })),
		await write(bob, { content: "private tea", visibility: "private" }),
	];
	server.clock.now = new Date(server.clock.now.getTime() + 1234);
	await ada.patch(`/posts/${posts[0]}`, { content: "Tea with @bob and @dora #tea, edited" });
	await as(server, "dora"); // mentioned before she was there, and so not at all
	for (const who of [bob, carl, root]) await who.post(`/likes/posts/${posts[0]}/like`);
	await bob.post(`/likes/posts/${posts[3]}/like`);
	for (const n of [1, 2, 3]) await carl.post(`/comments/posts/${posts[0]}/comments`, { content: `Well said ${n}` });
	await bob.delete(`/posts/${await write(bob, { content: "gone" })}`);
	await root.patch("/admin/users/carl", { state: "suspended" });
	server.clock.now = new Date(server.clock.now.getTime() + 3 * 60 * 60_000);
	await server.close();
}
const as = (server: Awaited<ReturnType<typeof instanceIn>>, username: string) => server.as(username);

async function answersOf(directory: string, usernames = ["root", "ada", "bob", "dora"]) {
	const server = await instanceIn(directory);
	const people = [];
	for (const username of usernames) {
		const { status, body } = await server.anonymous.post("/auth/login", { username, password });
		if (status === 200) people.push({ username, client: server.withToken(body.access_token) });
	}
	const answers = await everythingOf(server, people);
	await server.close();
	return answers;
}

let source: string;
let moving: string;
beforeAll(async () => {
	[source, moving] = [newDirectory(), newDirectory()];
	await community(source);
	expect(await exportTo(source, moving)).toMatchObject({ code: 0, stderr: "" });
});

test("what is exported and imported elsewhere answers as before, and exports the same bytes", async () => {
	const [data, again] = [newDirectory(), newDirectory()];
	const { code, stdout } = await importTo(data, moving);
	expect([code, stdout]).toEqual([
		0,
		expect.stringContaining("The export has 5 users, 7 posts, 3 comments and 10 picture files"),
	]);
	expect((await exportTo(data, again)).code).toBe(0);
	expect(exported(again)).toEqual(exported(moving));
	expect(await answersOf(data)).toEqual(await answersOf(source));
});

test("whatever people do: it moves, answers as before, and exports the same bytes", async () => {
	const names = ["ada", "bob", "carl", "dora"];
	const one = fc.nat({ max: 11 });
	const text = fc
		.array(
			fc.constantFrom(
				"tea",
				"#tea",
				"#Tee",
				"@ada",
				"@bob",
				"@dora",
				"東京",
				"\u{1f375}",
				"\n",
				"\u2028",
				'"',
				"\\",
				"\u007f",
			),
			{
				minLength: 1,
			},
		)
		.map((words) => `x${words.join(" ")}`);
	const visibility = fc.constantFrom("public", "followers", "private");
	const step = fc.oneof(
		fc.record({
			does: fc.constant("post" as const),
			who: one,
			content: text,
			visibility,
			colour: fc.option(fc.nat({ max: 2 })),
		}),
		fc.record({ does: fc.constant("edit" as const), who: one, what: one, content: text, visibility }),
		fc.record({
			does: fc.constantFrom("like", "unlike", "follow", "unfollow", "comment", "delete"),
			who: one,
			what: one,
			content: text,
		}),
		fc.record({ does: fc.constantFrom("register", "leave", "suspend", "avatar"), who: one }),
	);
	await fc.assert(
		fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
			const [old, data, out, again] = [newDirectory(), newDirectory(), newDirectory(), newDirectory()];
			const server = await instanceIn(old);
			const root = await server.asAdmin("root");
			const there = [await server.as("ada"), await server.as("bob")];
			const posts: string[] = [];
			for (const step of steps) {
				server.clock.now = new Date(server.clock.now.getTime() + (step.who === 3 ? 0 : 60_000 * step.who));
				const who = there[step.who % there.length] ?? root;
				const post = "what" in step ? posts[step.what % Math.max(1, posts.length)] : "";
				const other = "what" in step ? names[step.what % names.length] : "";
				if (step.does === "post") {
					const { content, visibility, colour } = step;
					const shade = colour === null ? null : await picture({ at: () => [80 * (colour ?? 0), 0, 0] });
					const { body } = await who.post(
						"/posts/",
						shade ? form({ image: shade, content, visibility }) : { content, visibility },
					);
					posts.push(body.id);
				} else if (step.does === "edit")
					await who.patch(`/posts/${post}`, { content: step.content, visibility: step.visibility });
				else if (step.does === "like") await who.post(`/likes/posts/${post}/like`);
				else if (step.does === "unlike") await who.delete(`/likes/posts/${post}/like`);
				else if (step.does === "follow") await who.post(`/users/${other}/follow`);
				else if (step.does === "unfollow") await who.delete(`/users/${other}/follow`);
				else if (step.does === "comment" && "content" in step)
					await who.post(`/comments/posts/${post}/comments`, { content: step.content });
				else if (step.does === "delete") await root.delete(`/posts/${post}`);
				else if (step.does === "suspend")
					await root.patch(`/admin/users/${names[step.who % 4]}`, { state: "suspended" });
				else if (step.does === "avatar")
					await who.patch("/users/me", form({ avatar: await picture({ width: 48 + step.who }) }));
				else if (step.does === "leave") await root.delete(`/admin/users/${names[step.who % 4]}`);
				else {
					const username = names[step.who % 4] as string;
					const { status, body } = await server.anonymous.post("/auth/register", {
						username,
						email: `${username}@example.com`,
						password,
					});
					if (status === 201) there.push({ ...server.withToken(body.access_token), ...body.user, password });
				}
			}
			await server.close();
			expect(await exportTo(old, out)).toMatchObject({ code: 0, stderr: "" });
			expect(await importTo(data, out)).toMatchObject({ code: 0, stderr: "" });
			expect((await exportTo(data, again)).code).toBe(0);
			expect(exported(again)).toEqual(exported(out));
			expect(await answersOf(data, ["root", ...names])).toEqual(await answersOf(old, ["root", ...names]));
		}),
		{ numRuns: runs(15) },
	);
});

test("an instance that somebody looked at, but nobody has an account in, is replaced, and can come back", async () => {
	const data = newDirectory();
	await (await instanceIn(data)).close();
	const { code, stdout } = await importTo(data, moving, "--json");
	const told = JSON.parse(stdout);
	expect([code, told]).toMatchObject([
		0,
		{ dry_run: false, counts: { users: 5, posts: 7, likes: 4, follows: 2 }, pictures: { files: 10, missing: 0 } },
	]);
	expect(existsSync(join(told.previous, "minifeed.db"))).toBe(true);
	expect((await command(["restore", "--revert"], env(data))).code).toBe(0);
	expect((await command(["user", "list"], env(data))).stdout).not.toContain("ada");
});

test("a dry run reads all of it and touches nothing", async () => {
	const data = newDirectory();
	const { code, stdout } = await importTo(data, moving, "--dry-run");
	expect([code, stdout]).toEqual([0, expect.stringMatching(/The export is complete\.[\s\S]*Nothing was changed\.\n$/)]);
	expect(existsSync(data)).toBe(false);

	await (await instanceIn(data)).close();
	const before = treeOf(data);
	const unlock = await engine.lock(join(data, "minifeed.db"), { wait: false });
	expect((await importTo(data, moving, "--dry-run")).stdout).toContain("Stop the running server before the ");
	expect(await importTo(data, moving)).toEqual(refusal("Stop that one first"));
	unlock();
	expect(treeOf(data)).toEqual(before);
});

test("where somebody has an account already, nothing is imported", async () => {
	const before = treeOf(source);
	for (const args of [[moving], [moving, "--dry-run"]])
		expect(await importTo(source, ...args)).toEqual(refusal("Set DATA_DIR to a new folder"));
	expect(treeOf(source)).toEqual(before);
});

test("an export goes into a folder that is new or empty, and into no other", async () => {
	const [full, empty, file] = [newDirectory(), newDirectory(), newDirectory()];
	for (const directory of [full, empty]) mkdirSync(directory);
	for (const path of [join(full, "mine"), file]) writeFileSync(path, "mine");
	for (const target of [full, file])
		expect(await exportTo(source, target)).toEqual(refusal("exists already and is not an empty folder"));
	expect(await exportTo(source, join(empty, "no/such"))).toEqual(refusal("does not exist"));
	expect(readdirSync(full)).toEqual(["mine"]);
	expect((await exportTo(source, empty, "--json")).code).toBe(0);
	expect(Object.keys(exported(empty))).toEqual(Object.keys(exported(moving)));
	expect(readdirSync(temporary).filter((name) => name.startsWith("."))).toEqual([]);
	expect(await exportTo(newDirectory(), newDirectory())).toEqual(refusal("There is no database"));
	expect(await exportTo(source, newDirectory(), "--json", "more")).toMatchObject({ code: 2 });
	const unlock = engine.lockForBackup(join(source, "minifeed.db"));
	expect(await exportTo(source, newDirectory())).toEqual(refusal("is running. Wait until it is done."));
	unlock();
});

test("what lets somebody in stays out of an export, but for hashes of passwords; it is for its owner only", async () => {
	const all = Object.values(exported(moving)).join("\n");
	expect(all).not.toMatch(/refresh|session_id|mf_|"hash"/);
	expect(readFileSync(join(moving, "users.jsonl"), "utf8")).toContain('"password_hash":"$argon2id$');
	for (const name of ["", ...Object.keys(exported(moving))]) expect(statSync(join(moving, name)).mode & 0o077).toBe(0);
});

test("the handbook names each field of each file, in its order, and no other", () => {
	const page = readFileSync("src/handbook/transfer.md", "utf8");
	const names = (file: string) => {
		const row = page.split("\n").find((line) => line.startsWith(`| \`${file}\``)) ?? "";
		return [...(row.split("|")[2] ?? "").replace(/\(`name`.*?\)|: .*/, "").matchAll(/`(\w+)`/g)].map(
			([, name]) => name,
		);
	};
	for (const file of readdirSync(moving).filter((name) => name.endsWith(".jsonl"))) {
		const [first = ""] = readFileSync(join(moving, file), "utf8").split("\n");
		expect([file, ...names(file)]).toEqual([file, ...Object.keys(JSON.parse(first))]);
	}
	const manifest = JSON.parse(readFileSync(join(moving, "manifest.json"), "utf8"));
	expect(names("manifest.json").filter((name) => !(name as string).includes("minifeed"))).toEqual(
		expect.arrayContaining(Object.keys(manifest)),
	);
	expect(manifest.files.map(({ name }: { name: string }) => name)).toEqual(
		[...page.matchAll(/^\| `(\w+\.jsonl)`/gm)].map(([, name]) => name),
	);
});

test("a picture that was missing is missing afterwards, and nothing else is lost", async () => {
	const [old, out, data, again] = [newDirectory(), newDirectory(), newDirectory(), newDirectory()];
	cpSync(source, old, { recursive: true });
	const uploads = join(old, "uploads");
	rmSync(join(uploads, readdirSync(uploads).find((name) => name.endsWith("-small.webp")) as string));
	expect((await exportTo(old, out)).stdout).toContain("Pictures without files, already missing before the export: 1\n");
	expect((await importTo(data, out)).code).toBe(0);
	expect((await exportTo(data, again)).code).toBe(0);
	expect(exported(again)).toEqual(exported(out));
});

test("a database of an older version is exported as this one would have it, and left as it is", async () => {
	for (const version of versions) {
		const [old, out, data] = [newDirectory(), newDirectory(), newDirectory()];
		databaseOf(version, join(old, "minifeed.db"));
		const before = treeOf(old);
		expect((await exportTo(old, out)).code).toBe(0);
		expect(treeOf(old)).toEqual(before);
		// Those databases have no real hashes and pictures.
		const hash = JSON.parse(readFileSync(join(moving, "users.jsonl"), "utf8").split("\n")[0] ?? "").password_hash;
		rewrite(out, "users.jsonl", (lines) => lines.map((line) => line.replace(/\$argon2id[^"]*/, hash)));
		rewrite(out, "posts.jsonl", (lines) =>
			lines.map((line) => line.replace(/"data:,"/, '"data:image/webp;base64,AA=="')),
		);
		expect(await importTo(data, out)).toMatchObject({ code: 0, stderr: "" });
		expect((await command(["user", "list"], env(data))).stdout).toContain("bob@example.com");
	}
});

test("a line may leave out whom it mentions, and a password that nobody knows", async () => {
	const [data, out] = [newDirectory(), newDirectory()];
	cpSync(moving, out, { recursive: true });
	rewrite(out, "posts.jsonl", (lines) => lines.map((line) => line.replace(/"mentions":\[[^\]]*\],/, "")));
	rewrite(out, "users.jsonl", (lines) =>
		lines.map((line) => line.replace(/"password_hash":"[^"]*"/, '"password_hash":null')),
	);
	expect(await importTo(data, out)).toMatchObject({ code: 0, stderr: "" });
	const server = await instanceIn(data);
	expect((await server.anonymous.get("/posts/?q=%40dora")).body.items).toHaveLength(1); // who is there now
	expect((await server.anonymous.post("/auth/login", { username: "ada", password })).status).toBe(401);
	await server.close();
});

test("an address that older versions accepted is imported, with the control character in it", async () => {
	const [data, out] = [newDirectory(), newDirectory()];
	cpSync(moving, out, { recursive: true });
	rewrite(out, "users.jsonl", (lines) =>
		lines.map((line) => line.replace("bob@example.com", "b\\u009bob@example.com")),
	);
	expect(await importTo(data, out)).toMatchObject({ code: 0, stderr: "" });
	const { stdout } = await command(["user", "list", "--json"], env(data));
	expect(stdout).toContain('"b\\u009bob@example.com"');
	const server = await instanceIn(data);
	const login = await server.anonymous.post("/auth/login", { username: "b\u009bob@example.com", password });
	expect(login.status).toBe(200);
	await server.close();
});

test("what older versions read or kept otherwise is imported as this one would have it", async () => {
	const [data, out] = [newDirectory(), newDirectory()];
	cpSync(moving, out, { recursive: true });
	rewrite(out, "posts.jsonl", (lines) =>
		lines.map((line) =>
			line.replace("with @bob and", "with @bob.example.org and").replace('"title":"Tea"', '"title":"Tea\\u202e\\n"'),
		),
	);
	rewrite(out, "users.jsonl", (lines) =>
		lines.map((line) =>
			line
				.replace('"display_name":"bob"', '"display_name":"\\u3164"')
				.replace('"display_name":"carl"', '"display_name":"Carl\\u202e\\nCarl"'),
		),
	);
	expect(await importTo(data, out)).toMatchObject({ code: 0, stderr: "" });
	const server = await instanceIn(data);
	expect((await server.anonymous.get("/posts/?q=%40bob")).body.items).toEqual([]);
	expect((await server.anonymous.get("/posts/?q=edited")).body.items).toMatchObject([{ title: "Tea" }]);
	const people = (await command(["user", "list", "--json"], env(data))).stdout;
	expect(JSON.parse(people).map((person: { display_name: string }) => person.display_name)).toEqual(
		expect.arrayContaining(["bob", "Carl Carl"]),
	);
	await server.close();
});

describe("of a hostile export nothing is taken, and one sentence says why:", () => {
	const json = (change: (value: Record<string, unknown>) => void) => (lines: string[]) => {
		const [first = "", ...rest] = lines;
		const value = JSON.parse(first);
		change(value);
		return [JSON.stringify(value), ...rest];
	};
	const set = (field: string, value: unknown) => json((line) => Object.assign(line, { [field]: value }));
	const bytes = (content: string | Uint8Array) => () => content;
	const nobody = "01a204bc-0000-7000-8000-000000000000";
	const hash = (costs: string) => `$argon2id$v=19$${costs}$${"A".repeat(43)}$${"A".repeat(43)}`;
	type Change = (lines: string[]) => string[] | string | Uint8Array;
	const cases: [string, string, Change, string][] = [
		[
			"an author who is nobody",
			"posts.jsonl",
			set("author_id", nobody),
			"posts.jsonl line 1: its author_id refers to a row that does not exist",
		],
		[
			"a comment on nothing",
			"comments.jsonl",
			set("post_id", nobody),
			"comments.jsonl line 1: its post_id refers to a row that does not exist",
		],
		[
			"a like of nobody",
			"likes.jsonl",
			set("user_id", nobody),
			"likes.jsonl line 1: its user_id refers to a row that does not exist",
		],
		[
			"a mention of nobody",
			"posts.jsonl",
			set("mentions", [nobody]),
			"posts.jsonl line 1: its mentions refers to a row that does not exist",
		],
		["a post twice", "posts.jsonl", (l) => [...l, l[2] ?? ""], "posts.jsonl line 8: its id exists already"],
		["a like twice", "likes.jsonl", (l) => [...l, l[0] ?? ""], "likes.jsonl line 5: it exists already"],
		["a username twice", "users.jsonl", set("username", "bob"), "users.jsonl line 3: its username exists already"],
		[
			"an address twice",
			"users.jsonl",
			set("email", "BOB@example.com"),
			"users.jsonl line 3: its email exists already",
		],
		[
			"somebody who follows themselves",
			"follows.jsonl",
			json((f) => Object.assign(f, { following_id: f["follower_id"] })),
			"users cannot follow themselves",
		],
		["a number for a text", "posts.jsonl", set("content", 7), "posts.jsonl line 1: content must be text of 0 to 5000"],
		["a text that is too long", "posts.jsonl", set("content", "x".repeat(5001)), "content must be text"],
		["NUL", "comments.jsonl", set("content", "a\u0000b"), "content must be text"],
		[
			"half a character",
			"comments.jsonl",
			(l) => [(l[0] ?? "").replace("Well", "\\ud800"), ...l.slice(1)],
			"content must be text",
		],
		[
			"what is no UTF-8",
			"comments.jsonl",
			bytes(new Uint8Array([0x22, 0xff, 0x22, 10])),
			"comments.jsonl line 1: it is not UTF-8",
		],
		["what is no JSON", "users.jsonl", (l) => [...l, "{"], "users.jsonl line 6: it is not JSON"],
		["an empty line", "users.jsonl", (l) => ["", ...l], "users.jsonl line 1: it is not JSON"],
		["a list for an object", "users.jsonl", (l) => ["[]", ...l], "users.jsonl line 1: it must be"],
		["brackets without end", "users.jsonl", bytes(`${"[".repeat(200_000)}\n`), "users.jsonl line 1: it is not JSON"],
		["a line without end", "audit.jsonl", bytes("x".repeat(1_000_000)), "audit.jsonl line 1: it is longer than"],
		["a last line that is cut", "audit.jsonl", bytes("{}"), "audit.jsonl line 1: it is incomplete"],
		["a field that there is not", "likes.jsonl", set("weight\u001b[2J", 1), "this format has no field weight\ufffd[2J"],
		[
			"a field that is missing",
			"follows.jsonl",
			set("created_at", undefined),
			"follows.jsonl line 1: the field created_at is missing",
		],
		[
			"a prototype",
			"follows.jsonl",
			(l) => [(l[0] ?? "").replace("{", '{"__proto__":{},'), ...l.slice(1)],
			"no field __proto__",
		],
		["a time before all times", "likes.jsonl", set("created_at", "0000-01-01T00:00:00Z"), "created_at must be a time"],
		["a time that is no day", "likes.jsonl", set("created_at", "2026-02-31T25:00:00Z"), "created_at must be a time"],
		["a time that is none", "likes.jsonl", set("created_at", "2026-13-01T00:00:00Z"), "created_at must be a time"],
		[
			"a hash that takes all memory",
			"users.jsonl",
			set("password_hash", hash("m=4194304,t=2,p=1")),
			"password_hash must be an argon2id hash",
		],
		[
			"a hash that takes for ever",
			"users.jsonl",
			set("password_hash", hash("m=19456,t=99,p=1")),
			"password_hash must be",
		],
		["a password for a hash", "users.jsonl", set("password_hash", password), "password_hash must be"],
		["a role that there is not", "users.jsonl", set("role", "king"), "role must be one of user, admin"],
		[
			"a picture's name that leads elsewhere",
			"pictures.jsonl",
			set("name", "../../minifeed"),
			"pictures.jsonl line 1: name must be",
		],
		[
			"a picture that nobody shows",
			"pictures.jsonl",
			(l) => [...l, (l[0] ?? "").replace(/[0-9a-f]{64}/, "f".repeat(64))],
			"pictures.jsonl line 6: no profile or post has",
		],
		[
			"a picture that is not listed",
			"pictures.jsonl",
			(l) => l.slice(0, -1),
			"pictures.jsonl does not have the picture",
		],
		[
			"pictures in another order",
			"pictures.jsonl",
			(l) => l.toReversed(),
			"pictures.jsonl line 1: the next picture by name must be",
		],
		["pictures said to be missing", "pictures.jsonl", set("files", null), "has other numbers of pictures"],
	];
	test.each(cases)("%s", async (_, name, change, sentence) => {
		const [data, out] = [newDirectory(), newDirectory()];
		cpSync(moving, out, { recursive: true });
		const lines = readFileSync(join(out, name), "utf8").split("\n").slice(0, -1);
		const changed = change(lines);
		if (Array.isArray(changed)) rewrite(out, name, () => changed);
		else overwrite(out, name, Buffer.from(changed));
		expect(await importTo(data, out)).toEqual(refusal(sentence));
		expect(readdirSync(data).filter((name) => !name.endsWith(".lock"))).toEqual(["uploads"]);
		expect(readdirSync(join(data, "uploads"))).toEqual([]);
	});

	test("any line with anything changed in it is taken whole, or refused in one sentence", async () => {
		const names = readdirSync(moving).filter((name) => name.endsWith(".jsonl"));
		const junk = fc.oneof(
			fc.string({ unit: "binary", maxLength: 6 }),
			fc.constantFrom("null", "-1", "1e999", '"', "{}", "[]", "\n", "\u0000", "9".repeat(40)),
		);
		const change = fc.record({ name: fc.constantFrom(...names), at: fc.nat(), length: fc.nat({ max: 40 }), junk });
		await fc.assert(
			fc.asyncProperty(change, async ({ name, at, length, junk }) => {
				const [data, out] = [newDirectory(), newDirectory()];
				cpSync(moving, out, { recursive: true });
				const text = readFileSync(join(out, name), "utf8");
				const from = at % text.length;
				const changed = text.slice(0, from) + junk + text.slice(from + length);
				overwrite(out, name, Buffer.from(changed), changed.split("\n").length - 1);
				const { code, stderr } = await importTo(data, out);
				expect(stderr).toMatch(code === 0 ? /^$/ : /^[^\n]+ Nothing was changed\.\n$/);
				expect(existsSync(join(data, "minifeed.db"))).toBe(code === 0);
			}),
			{ numRuns: runs(60) },
		);
	});

	const upload = (out: string, end = "[0-9a-f].webp") =>
		join(out, "uploads", readdirSync(join(out, "uploads")).find((name) => new RegExp(`${end}$`).test(name)) as string);
	const changes: [string, (out: string) => void, string][] = [
		[
			"another picture under the name",
			(out) => cpSync(upload(out), upload(out, "-small.webp")),
			"differs from pictures.jsonl",
		],
		["a picture that is gone", (out) => rmSync(upload(out)), "There is no file"],
		[
			"a link in the place of a picture",
			(out) => {
				const file = upload(out);
				rmSync(file);
				symlinkSync(join(moving, "users.jsonl"), file);
			},
			"cannot be read as a regular file",
		],
		[
			"a link in the place of a list",
			(out) => {
				rmSync(join(out, "users.jsonl"));
				symlinkSync(join(moving, "users.jsonl"), join(out, "users.jsonl"));
			},
			"cannot be read as a regular file",
		],
		[
			"a link in the place of the folder",
			(out) => {
				rmSync(join(out, "uploads"), { recursive: true });
				symlinkSync(join(moving, "uploads"), join(out, "uploads"));
			},
			"is not a folder",
		],
		["a changed line", (out) => writeFileSync(join(out, "audit.jsonl"), ""), "audit.jsonl differs from the manifest"],
		[
			"a manifest that is none",
			(out) => writeFileSync(join(out, "manifest.json"), "{}"),
			"is not the manifest of an export",
		],
		["no manifest", (out) => rmSync(join(out, "manifest.json")), "There is no file"],
		[
			"a manifest of a newer format",
			(out) => {
				const path = join(out, "manifest.json");
				writeFileSync(path, readFileSync(path, "utf8").replace('"format_version": 1', '"format_version": 2'));
			},
			"or a newer version wrote it",
		],
		[
			"a manifest that names other files",
			(out) => {
				const path = join(out, "manifest.json");
				writeFileSync(path, readFileSync(path, "utf8").replace('"users.jsonl"', '"../users.jsonl"'));
			},
			"does not name the files",
		],
	];
	test.each(changes)("%s", async (_, change, sentence) => {
		const [data, out] = [newDirectory(), newDirectory()];
		cpSync(moving, out, { recursive: true });
		change(out);
		expect(await importTo(data, out)).toEqual(refusal(sentence));
		expect(existsSync(join(data, "minifeed.db"))).toBe(false);
	});

	test("a picture that is called after what is in it, and is no picture", async () => {
		const [data, out] = [newDirectory(), newDirectory()];
		cpSync(moving, out, { recursive: true });
		const sha256 = (...parts: Uint8Array[]) => {
			const hasher = new Bun.CryptoHasher("sha256");
			for (const part of parts) hasher.update(part);
			return hasher.digest("hex");
		};
		const [full, thumbnail] = [Buffer.from("<script>alert(1)</script>"), Buffer.from("no picture either")];
		const old = JSON.parse(readFileSync(join(out, "pictures.jsonl"), "utf8").split("\n")[0] ?? "").name as string;
		const name = sha256(full, thumbnail);
		const renamed = (lines: string[]) =>
			lines.map((line) =>
				line.replace(new RegExp(`"name":"${old}"(,"width":\\d+,"height":\\d+,"bytes":\\d+)?`), `"name":"${name}"$1`),
			);
		for (const list of ["users.jsonl", "posts.jsonl"]) rewrite(out, list, renamed);
		const both = [full, thumbnail].map((part) => ({ bytes: part.length, sha256: sha256(part) }));
		rewrite(out, "pictures.jsonl", (lines) =>
			[...lines.slice(1), JSON.stringify({ name, files: both })].sort((a, b) =>
				JSON.parse(a).name < JSON.parse(b).name ? -1 : 1,
			),
		);
		writeFileSync(join(out, "uploads", `${name}.webp`), full);
		writeFileSync(join(out, "uploads", `${name}-small.webp`), thumbnail);
		expect(await importTo(data, out)).toEqual(refusal("is not a valid WebP image for this server"));
		expect(existsSync(join(data, "minifeed.db"))).toBe(false);
	});
});
