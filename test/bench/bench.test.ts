import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { contentOf, makeReady } from "./cache";
import { type Endpoint, endpoints } from "./calls";
import { chart } from "./chart";
import { makeDatabase } from "./database";
import { burst } from "./load";
import results from "./results.json";
import { assertSame } from "./same";
import { type Server, start } from "./servers";
import { assertComplete, measureAll, ordinary } from "./worst";

// Nobody runs the benchmark every day; this keeps it from rotting meanwhile.

const directory = mkdtempSync(join(tmpdir(), "minifeed-bench-"));
const path = join(directory, "minifeed.db");
const secret = "a secret of the benchmark, longer than 32 bytes";
let [product, bare]: (Server | undefined)[] = [];
let measured: Endpoint[] = [];

beforeAll(async () => {
	makeDatabase(path, { posts: 300, users: 200 });
	makeReady(path);
	measured = await endpoints(secret, contentOf(path));
	const settings = { DATA_DIR: directory, SECRET_KEY: secret };
	[product, bare] = await Promise.all([
		start([process.execPath, "src/main.ts"], settings),
		start([process.execPath, "test/bench/bare.ts"], settings),
	]);
});
afterAll(async () => {
	await Promise.all([product?.stop(), bare?.stop()]);
	rmSync(directory, { recursive: true, force: true });
});

test("what the benchmark counts is what there is", () => {
	const database = new Database(path, { readonly: true });
	const wrong = (table: string, column: string, of: string) =>
		database.query(`SELECT key FROM ${table} WHERE ${column} <> (SELECT count(*) FROM ${of})`).all();

	expect(wrong("posts", "like_count", "likes WHERE post_key = posts.key")).toEqual([]);
	expect(wrong("posts", "comment_count", "comments WHERE post_key = posts.key")).toEqual([]);
	expect(wrong("users", "followers_count", "follows WHERE following_key = users.key")).toEqual([]);
	expect(wrong("users", "following_count", "follows WHERE follower_key = users.key")).toEqual([]);
	expect(wrong("users", "posts_count", "posts WHERE author_key = users.key AND visibility = 'public'")).toEqual([]);
	expect(database.query("PRAGMA integrity_check").values()).toEqual([["ok"]]);
	expect(database.query("PRAGMA foreign_key_check").all()).toEqual([]);
	database.close();
});

test("the limit answers every measured call with the same bytes as the product", async () => {
	expect(measured).toHaveLength(25);
	for (const { calls } of measured) await assertSame(calls.slice(0, 5), product?.url ?? "", bare?.url ?? "");
});

test("a call that is answered otherwise than it should be ends a run", async () => {
	const calls = measured[0]?.calls ?? [];
	const load = { url: bare?.url ?? "", calls, seconds: 0.05 };

	expect(await burst({ ...load, status: 200 })).toMatchObject({ perSecond: expect.any(Number) });
	await expect(burst({ ...load, status: 404 })).rejects.toThrow("GET /posts/ or one of its kind was answered 200.");
});

test("the chart shows the figures beside it", async () => {
	expect(await Bun.file(join(import.meta.dir, "speed.svg")).text()).toBe(chart(results));
});

test("the benchmark of the dearest requests has a case for every route, each answered as it says", async () => {
	const rows = await measureAll({ directory, dearest: { ...ordinary, postsOfScript: 2, leaverPosts: 5 }, once: true });
	expect(rows.length).toBeGreaterThan(200);
	expect(rows.filter(({ cpuMs, stallMs }) => !(cpuMs > 0 && Number.isFinite(stallMs)))).toEqual([]);
	const routes = rows.map(({ route }) => route.split(" ") as [string, string]);
	const all = routes.map(([method, path]) => ({ method, path }));
	expect(() => assertComplete(all)).not.toThrow();
	expect(() => assertComplete([...all, { method: "GET", path: "/new" }])).toThrow("has no case for GET /new");
	expect(() => assertComplete(all.slice(1))).toThrow("routes that are gone: GET /");
});
