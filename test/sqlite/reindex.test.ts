import { Database } from "bun:sqlite";
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { engine, openStores } from "../../src/db/open";
import { isIndexStale, reindex } from "../../src/db/sqlite/stores/reindex";
import { blockSize } from "../../src/db/sqlite/stores/search-index";
import { parseQuery } from "../../src/social/search/query";
import { databaseOf, versions } from "../support/versions";

const folder = mkdtempSync(join(tmpdir(), "minifeed-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const newest = versions.at(-1) as number;
let databases = 0;
const newPath = () => join(folder, String(databases++), "minifeed.db");
const options = (path: string) => ({ path, durability: "normal", secret: "x".repeat(32) }) as const;
const found = async (path: string, typed: string) => {
	const stores = openStores(options(path));
	const contents: string[] = [];
	for (let cursor: string | undefined, isLast = false; !isLast; ) {
		const list = { sort: "newest", query: parseQuery(typed) } as const;
		const { items, nextCursor } = await stores.posts.page(list, { limit: 100, cursor }, null);
		contents.push(...items.map(({ content }) => content));
		isLast = nextCursor === null;
		cursor = nextCursor ?? undefined;
	}
	await stores.close();
	return contents;
};
/** Posts of ada, made by a version that knows none of today's rules. */
function write(path: string, posts: { key: number; content: string; createdAt?: number }[]) {
	const client = new Database(path, { strict: true });
	const insert = client.prepare(
		"INSERT INTO posts (key, id, author_key, content, visibility, created_at) VALUES ($key, $id, 1, $content, 'public', $createdAt)",
	);
	for (const { key, content, createdAt = Date.now() } of posts) insert.run({ key, id: `p${key}`, content, createdAt });
	client.close();
}

test("an older database is searched, tagged and mentioned by the rules of today", async () => {
	const path = newPath();
	databaseOf(newest - 1, path);
	write(path, [
		{ key: 101, content: "Thanks🥰 see you" },
		{ key: 102, content: "昨日 @bob と #İstanbul" },
		{ key: 103, content: "long before @bob came", createdAt: 1 },
	]);
	expect(engine.pendingUpgrade(path)?.to).toEqual(["0011_words"]);
	expect(await found(path, "thanks ")).toEqual(["Thanks🥰 see you"]);
	expect(await found(path, "#istanbul")).toEqual(["昨日 @bob と #İstanbul"]);
	expect(await found(path, "@bob")).toEqual(["昨日 @bob と #İstanbul"]);
	expect(engine.pendingUpgrade(path)).toBeNull();
});

test("other rules make the index again, block by block, and a start goes on where one ended", async () => {
	const path = newPath();
	databaseOf(newest, path);
	const more = [1, 2, 3].map((block) => ({ key: block * blockSize, content: `block ${block}` }));
	write(path, more);
	const client = new Database(path, { strict: true });
	client.run("INSERT INTO search_blocks (block) VALUES (1), (2), (3)");
	client.run("UPDATE search_blocks SET rules = 'older'");
	client.run("UPDATE folded_names SET rules = 'older'");
	client.run("UPDATE users SET display_name = 'Élodie', display_name_key = 'élodie' WHERE key = 1");
	client.run("UPDATE users SET display_name = '\u202e\u3164' WHERE key = 2");
	expect(engine.pendingUpgrade(path)).toEqual({ from: expect.any(String), to: [] });

	const told: string[] = [];
	const endAfter = (count: number) => (what: string) => {
		if (told.push(what) === count) throw new Error("power cut");
	};
	expect(() => reindex(client, endAfter(3))).toThrow("power cut");
	expect(client.query("SELECT block FROM search_blocks WHERE rules = 'older' ORDER BY 1").values()).toEqual([[0], [1]]);
	expect(isIndexStale(client)).toBe(true);
	reindex(client, (what) => told.push(what));
	expect(told.map((what) => /: (\d of \d)/.exec(what)?.[1])).toEqual([
		"0 of 4",
		"1 of 4",
		"2 of 4",
		"0 of 2",
		"1 of 2",
	]);
	expect(isIndexStale(client)).toBe(false);
	expect(client.query("SELECT display_name, display_name_key FROM users ORDER BY key").values()).toEqual([
		["Élodie", "elodie"],
		["bob", "bob"],
	]);
	client.close();
	expect(await found(path, "block ")).toEqual(["block 3", "block 2", "block 1"]);
	expect(engine.snapshotsOf(path)).toEqual([]); // nothing that is not made of the texts has changed
});

test("a mention stays with whom it was of, and a name that was free then mentions no later account", async () => {
	const path = newPath();
	databaseOf(newest, path);
	write(path, [{ key: 201, content: "@late and @bob", createdAt: 1_700_000_000_000 + 5 }]);
	const client = new Database(path, { strict: true });
	const late = { name: "late", at: 1_800_000_000_000 };
	client
		.query(
			`INSERT INTO users (key, id, username, email, email_key, password_hash, display_name, display_name_key, created_at, updated_at)
			VALUES (3, $name, $name, $name, $name, 'hash', $name, $name, $at, $at)`,
		)
		.run(late);
	client.run("UPDATE search_blocks SET rules = ''");
	reindex(client, () => {});
	expect(client.query("SELECT user_key FROM mentions WHERE post_key = 201").values()).toEqual([[2]]);
	client.run("INSERT INTO mentions VALUES (201, 3)"); // as when it was edited after
	client.run("UPDATE search_blocks SET rules = ''");
	reindex(client, () => {});
	expect(client.query("SELECT user_key FROM mentions WHERE post_key = 201 ORDER BY 1").values()).toEqual([[2], [3]]);
	client.close();
});
