import { Database } from "bun:sqlite";
import { afterAll, expect, test } from "bun:test";
import {
	copyFileSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { engine, openStores } from "../../src/db/open";
import { parseQuery } from "../../src/social/search/query";
import { contentOf, databaseOf, versions } from "../support/versions";

const temporary = mkdtempSync(join(tmpdir(), "minifeed-"));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));
let databases = 0;
const newPath = () => join(temporary, String(databases++), "minifeed.db");
const open = (path: string, notify?: (what: string) => void) =>
	openStores({ path, durability: "normal", secret: "x".repeat(32), notify });
const newest = versions.at(-1) as number;

test.each(versions)("a database of schema %d is brought up to date with all that is in it", async (version) => {
	const path = newPath();
	databaseOf(version, path);
	const before = `${path}.before`;
	copyFileSync(path, before);
	const stores = open(path);
	expect((await stores.users.accountByLogin("ada@example.com"))?.username).toBe("ada");
	const found = await stores.posts.page({ sort: "newest", query: parseQuery("garden") }, { limit: 100 }, null);
	expect(found.items.length).toBeGreaterThan(5);
	await stores.close();

	engine.verify(path, "It");
	const [old, now] = [contentOf(before, path), contentOf(path, before)];
	// Nothing wrote to the first table of images, and it was made anew.
	expect(Object.keys(old).length).toBeGreaterThan(7);
	// A later version keeps the keys of one more table, and makes the search index by its own rules.
	const isIndex = (table: string) => /^(search_|hidden_words$)/.test(table);
	const restOf = (content: typeof old) =>
		Object.fromEntries(Object.entries(content).filter(([name]) => !isIndex(name)));
	const { kept_keys: keptBefore = [], ...oldRest } = restOf(old);
	const { kept_keys: keptNow = [], ...nowRest } = restOf(now);
	expect(keptNow).toEqual(expect.arrayContaining(keptBefore));
	expect(nowRest).toEqual(oldRest);
	const kept = engine.snapshotsOf(path);
	expect(kept).toHaveLength(version === newest ? 0 : 1);
	for (const { file } of kept) expect(contentOf(file)).toEqual(contentOf(before));
});

test("what it does is told, a second start has nothing to do, and of the snapshots two stay", async () => {
	const path = newPath();
	const told: string[] = [];
	for (let n = 0; n < 3; n++) {
		databaseOf(n + 1, path);
		await open(path, (what) => told.push(what)).close();
		await open(path, (what) => told.push(what)).close();
		expect(told).toHaveLength(3 * (n + 1));
		rmSync(path);
	}
	expect(told[0]).toStartWith("copying the database, which is at 0001_init");
	expect(told[1]).toContain("applying 0002_");
	expect(told[2]).toBe("rebuilding the search index: 0 of 1 blocks of 32768 posts are done");
	expect(engine.snapshotsOf(path)).toHaveLength(2);
	for (const { file, madeAt } of engine.snapshotsOf(path)) renameSync(file, file.replace(madeAt.slice(0, 4), "2090"));
	databaseOf(4, path);
	await open(path).close(); // after the clock was set back
	expect(engine.snapshotsOf(path).map(({ schema, madeAt }) => [schema, madeAt.slice(0, 4)])).toEqual([
		["0004_accounts", "2090"],
		["0003_pictures", "2090"],
	]);
});

test("a migration that fails leaves the database as it was, says so, and takes none of the others with it", async () => {
	const path = newPath();
	databaseOf(2, path);
	const client = new Database(path);
	client.run("CREATE TABLE access_tokens (a TEXT)"); // 0003 goes through, and 0004 finds this in its way
	client.close();
	const before = contentOf(path);
	expect(() => open(path)).toThrow(
		/^The migration 0004_accounts could not be applied .* Nothing was changed\. Start the older/,
	);
	expect(contentOf(path)).toEqual(before);
	const { n } = new Database(path, { readonly: true }).query("SELECT count(*) AS n FROM migrations").get() as {
		n: number;
	};
	expect(n).toBe(2);
});

test("what a crash left half written is undone first, and then it is brought up to date", async () => {
	const path = newPath();
	databaseOf(1, path, { posts: 500 });
	const before = contentOf(path);
	const crashed = newPath();
	mkdirSync(join(crashed, ".."));
	const client = new Database(path);
	client.run("PRAGMA cache_size = 1"); // so that it reaches the disk before it is done
	client.run("BEGIN");
	client.run("UPDATE posts SET content = 'half' || content");
	for (const suffix of ["", "-journal"]) copyFileSync(path + suffix, crashed + suffix);
	client.run("ROLLBACK");
	client.close();
	expect(engine.pendingUpgrade(crashed)?.from).toBe("0001_init");
	await open(crashed).close();
	expect(contentOf(crashed, path).posts).toEqual(contentOf(path, crashed).posts as unknown[]);
	expect(contentOf(path)).toEqual(before);
});

test("a database of a newer version is refused with not a byte of it changed, and nothing beside it", () => {
	const path = newPath();
	databaseOf(newest, path);
	const client = new Database(path);
	client.run("INSERT INTO migrations VALUES ('9999_future', 'x', 0)");
	client.close();
	const bytes = readFileSync(path);
	expect(() => open(path)).toThrow("was written by a newer version");
	expect(readFileSync(path).equals(bytes)).toBe(true);
	expect(readdirSync(join(path, "..")).sort()).toEqual(["minifeed.db", "minifeed.db.lock"]);
});

test("an empty database is made without a snapshot", async () => {
	const path = newPath();
	await open(path).close();
	expect(existsSync(join(path, "../snapshots"))).toBe(false);
});
