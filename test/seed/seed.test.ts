import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { Registration } from "../../src/accounts/auth/model";
import { ProfileUpdate } from "../../src/accounts/users/model";
import { isReserved } from "../../src/accounts/users/reserved-names";
import { openStores } from "../../src/db/open";
import { type SeedOptions, seed, seedEnd, seedPassword } from "../../src/seed";
import { NewComment } from "../../src/social/comments/model";
import { NewPost } from "../../src/social/posts/model";
import { memoryStores, secret, testApp, walk } from "../support/app";

const directory = mkdtempSync(join(tmpdir(), "minifeed-seed-"));
afterAll(() => rmSync(directory, { recursive: true }));

let files = 0;
/** Sows into a file, so that the test can read what the stores do not show. */
async function sown(...options: SeedOptions[]) {
	const path = join(directory, `${files++}.db`);
	const stores = openStores({ path, durability: "normal", secret });
	const told = [];
	for (const each of options) told.push(await seed(stores, each));
	await stores.close();
	const db = new Database(path, { readonly: true });
	const rows = <T = Record<string, string | number | null>>(query: string) => db.query<T, []>(query).all();
	return { told, rows };
}

function everything({ rows }: Awaited<ReturnType<typeof sown>>) {
	const tables = rows<{ name: string }>(
		"SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'shadow') AND name NOT LIKE 'sqlite_%' AND name NOT IN ('migrations', 'instance')",
	);
	return Object.fromEntries(tables.map(({ name }) => [name, rows(`SELECT * FROM ${name}`)]));
}

const small = { users: 40, posts: 300, seed: 7 };
let community: Awaited<ReturnType<typeof sown>>;
beforeAll(async () => {
	community = await sown(small);
});

/** Counts the rows of a query that should have none. */
const none = (query: string) => expect(community.rows(query)).toEqual([]);

test("the same numbers make the same database, row by row; another seed makes another one", async () => {
	const [one, other] = [everything(await sown(small)), everything(await sown({ ...small, seed: 8 }))];
	expect(Object.keys(one)).toContain("search_0_data");
	expect(one).toEqual(everything(community));
	for (const table of ["users", "follows", "posts", "comments", "likes"]) expect(one[table]).not.toEqual(other[table]);
});

test("nobody's clock or dice are asked", async () => {
	const stores = memoryStores();
	const { now } = Date;
	const { random } = Math;
	const asked = () => {
		throw new Error("the seed must not ask for this");
	};
	Object.assign(Date, { now: asked });
	Object.assign(Math, { random: asked });
	try {
		await seed(stores, small);
	} finally {
		Object.assign(Date, { now });
		Object.assign(Math, { random });
	}
	await stores.close();
});

test("two that run at once do not disturb each other", async () => {
	const all = await Promise.all([sown(small), sown({ ...small, seed: 8 })]);
	expect(everything(all[0])).toEqual(everything(community));
});

test("with more posts the people are the same", async () => {
	const { rows } = await sown({ ...small, posts: 400 });
	const people = "SELECT id, username, email, bio, followers_count FROM users ORDER BY key";
	expect(rows(people)).toEqual(community.rows(people));
});

test("there are as many as asked, and as many as told", async () => {
	const counts = Object.fromEntries(
		["users", "follows", "posts", "comments", "likes"].map((table) => [
			table,
			community.rows(`SELECT 1 FROM ${table}`).length,
		]),
	);
	const usernames = community.rows<{ username: string }>("SELECT username FROM users").map(({ username }) => username);
	const [told] = community.told;
	expect(told).toMatchObject({ ...counts, users: small.users, posts: small.posts });
	expect(told?.usernames[0]).toBe("ada");
	expect(told?.usernames.toSorted()).toEqual(usernames.toSorted());
	expect(counts.follows).toBeGreaterThan(5 * small.users);
	expect(counts.likes).toBeGreaterThan(2 * small.posts);
	expect(counts.comments).toBeGreaterThan(0.7 * small.posts);
});

test("counters are what a recount says", () => {
	none("SELECT 1 FROM posts p WHERE like_count <> (SELECT count(*) FROM likes WHERE post_key = p.key)");
	none("SELECT 1 FROM posts p WHERE comment_count <> (SELECT count(*) FROM comments WHERE post_key = p.key)");
	none("SELECT 1 FROM users u WHERE followers_count <> (SELECT count(*) FROM follows WHERE following_key = u.key)");
	none("SELECT 1 FROM users u WHERE following_count <> (SELECT count(*) FROM follows WHERE follower_key = u.key)");
	none(
		"SELECT 1 FROM users u WHERE posts_count <> (SELECT count(*) FROM posts WHERE author_key = u.key AND visibility = 'public')",
	);
});

test("everything could have come in through the API", () => {
	const broken = (schema: TSchema, value: unknown) =>
		[...Value.Errors(schema, value)].map(({ path, message, value }) => ({ path, message, value }));
	type User = { username: string; email: string; display_name: string; bio: string; role: string };
	for (const { username, email, display_name, bio, role } of community.rows<User>("SELECT * FROM users")) {
		expect(broken(Registration, { username, email, display_name, password: seedPassword })).toEqual([]);
		expect(broken(ProfileUpdate, { display_name, bio })).toEqual([]);
		expect([username.toLowerCase(), isReserved(username), role]).toEqual([username, false, "user"]);
		expect(display_name.trim()).not.toBe("");
		expect(email).toEndWith(`@example.${email.endsWith("org") ? "org" : "com"}`);
	}
	for (const post of community.rows("SELECT title, content, visibility FROM posts"))
		expect(broken(NewPost, post)).toEqual([]);
	for (const comment of community.rows("SELECT content FROM comments")) expect(broken(NewComment, comment)).toEqual([]);
});

test("no template shows through", () => {
	const texts = community.rows<{ text: string }>(
		"SELECT content AS text FROM posts UNION ALL SELECT title FROM posts WHERE title IS NOT NULL UNION ALL SELECT content FROM comments UNION ALL SELECT bio FROM users",
	);
	expect(texts.map(({ text }) => text).filter((text) => /[{}[\]|]|=>|undefined|NaN| {2}|^\s|\s$/.test(text))).toEqual(
		[],
	);
});

test("hardly anything is said twice", () => {
	const [posts] = community.rows<{ said: number }>("SELECT count(DISTINCT content) AS said FROM posts");
	expect(posts?.said).toBeGreaterThan(0.99 * small.posts);
});

test("things happen one after the other, within the year", () => {
	const end = seedEnd.getTime();
	none("SELECT 1 FROM posts p JOIN users u ON u.key = p.author_key WHERE p.created_at < u.created_at");
	none("SELECT 1 FROM posts WHERE edited_at <= created_at");
	for (const table of ["comments", "likes"])
		none(`SELECT 1 FROM ${table} x JOIN posts p ON p.key = x.post_key WHERE x.created_at <= p.created_at`);
	none("SELECT 1 FROM comments c JOIN users u ON u.key = c.author_key WHERE c.created_at < u.created_at");
	none("SELECT 1 FROM likes l JOIN users u ON u.key = l.user_key WHERE l.created_at < u.created_at");
	none(
		"SELECT 1 FROM follows f JOIN users u ON u.key IN (follower_key, following_key) WHERE f.created_at < u.created_at",
	);
	none("SELECT 1 FROM posts a JOIN posts b ON b.key = a.key + 1 WHERE b.created_at < a.created_at");
	none(
		"SELECT 1 FROM comments a JOIN comments b ON b.post_key = a.post_key AND b.key > a.key WHERE b.created_at < a.created_at",
	);
	for (const table of ["users", "follows", "posts", "comments", "likes"])
		none(`SELECT 1 FROM ${table} WHERE created_at >= ${end} OR created_at < ${end - 365 * 86_400_000}`);
	none(`SELECT 1 FROM posts WHERE edited_at >= ${end}`);
});

test("ids are of the time of their row, and of version 7", () => {
	for (const table of ["users", "posts", "comments"])
		for (const { id, created_at } of community.rows<{ id: string; created_at: number }>(`SELECT * FROM ${table}`)) {
			expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
			expect(Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16)).toBe(created_at);
		}
});

test("only who may see a post likes it or comments on it, at that time", () => {
	for (const [table, who] of [
		["likes", "user_key"],
		["comments", "author_key"],
	])
		none(`
			SELECT 1 FROM ${table} x JOIN posts p ON p.key = x.post_key
			WHERE p.visibility <> 'public' AND x.${who} <> p.author_key AND NOT (p.visibility = 'followers' AND EXISTS (
				SELECT 1 FROM follows
				WHERE follower_key = x.${who} AND following_key = p.author_key AND created_at <= x.created_at))`);
});

test("authors answer those who comment", () => {
	const answers = community.rows(
		"SELECT 1 FROM comments c JOIN posts p ON p.key = c.post_key WHERE c.author_key = p.author_key",
	);
	expect(answers.length).toBeGreaterThan(10);
});

test("ada signs in, and has something to read", async () => {
	const app = testApp();
	await seed(app.stores, small);
	const { body } = await app.anonymous.post("/auth/login", { username: "ada", password: seedPassword });
	expect(body.user).toMatchObject({ username: "ada", display_name: "Ada Lovelace", role: "user" });
	const ada = app.withToken(body.access_token);
	expect((await walk(ada, "/feed/", 50)).length).toBeGreaterThan(20);
	expect((await ada.get(`/users/${body.user.username}/followers`)).body.items.length).toBeGreaterThan(3);
	expect(app.failures).toEqual([]);
});

describe("in a database that has people", () => {
	test("names that are taken get a number, and the same can be sown again", async () => {
		const again = { users: 5, posts: 10, seed: 7 };
		const { told, rows } = await sown(again, again, again);
		expect(told.map(({ usernames }) => usernames[0])).toEqual(["ada", "ada2", "ada3"]);
		expect(rows("SELECT 1 FROM users").length).toBe(15);
		expect(rows("SELECT 1 FROM posts").length).toBe(30);
		expect(everything({ told, rows })).toEqual(everything(await sown(again, again, again)));
	});

	test("an address that is taken counts as well", async () => {
		const stores = memoryStores();
		const createdAt = new Date(0);
		const account = { passwordHash: "h", role: "user", displayName: "b", createdAt } as const;
		await stores.users.create({ id: "b", username: "bob", email: "ADA@example.com", ...account });
		expect((await seed(stores, { users: 1, posts: 0, seed: 1 })).usernames).toEqual(["ada2"]);
		await stores.close();
	});
});

test.each([
	[1, 0],
	[1, 10],
	[2, 20],
	[3, 0],
])("%i people and %i posts are enough", async (users, posts) => {
	const stores = memoryStores();
	const progress: [number, number][] = [];
	const told = await seed(stores, { users, posts, seed: 1 }, (...step) => progress.push(step));
	expect(told).toMatchObject({ users, posts });
	expect(told.usernames.length).toBe(users);
	expect(progress.at(-1)).toEqual([users + posts, users + posts]);
	await stores.close();
});
