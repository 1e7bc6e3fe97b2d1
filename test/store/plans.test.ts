import { Database } from "bun:sqlite";
import { expect, spyOn, test } from "bun:test";
import { connect } from "../../src/db/sqlite/connect";
import type { Stores } from "../../src/db/stores";
import { parseQuery } from "../../src/posts/query";
import type { Bin } from "../../src/trash/store";
import { memoryStores } from "../support/app";

const page = { limit: 20 };

/** Asks SQLite how it would run each SELECT that is prepared while the stores open and something is asked of them. */
async function plans(ask: (stores: Stores) => Promise<unknown>): Promise<Map<string, string[]>> {
	const prepare = spyOn(Database.prototype, "prepare");
	await ask(memoryStores());
	const statements = new Set(prepare.mock.calls.map(([sql]) => String(sql)));
	prepare.mockRestore();
	const { $client } = connect(":memory:");
	const selects = [...statements].filter((sql) => /^\s*select/i.test(sql));
	return new Map(
		selects.map((sql) => {
			const plan = $client.query<{ detail: string }, []>(`EXPLAIN QUERY PLAN ${sql}`).all();
			return [sql, plan.map(({ detail }) => detail)];
		}),
	);
}

test("no query walks a table without an index", async () => {
	const found = await plans(async ({ posts }) => {
		for (const sort of ["newest", "oldest", "popular"] as const)
			for (const list of [{}, { author: "ada" }, { query: parseQuery("word") }])
				await posts.page({ sort, ...list }, page, null);
	});
	// The full-text index is asked by MATCH; json_each is the keys of a page; the constant row and the subquery are the
	// authors of a feed, or the newest uses of tags. One table has one row, another only what has yet to be deleted; and the
	// operator may ask what everybody's pictures take.
	const known =
		/^SCAN (?:posts_fts VIRTUAL TABLE INDEX|json_each VIRTUAL TABLE INDEX|CONSTANT ROW|\(subquery-|instance|removed_images|images USING COVERING INDEX)/;
	const walks = [...found.values()].flat().filter((step) => step.startsWith("SCAN") && !known.test(step));

	expect(found.size).toBeGreaterThan(25);
	expect(walks).toEqual([]);
});

test("lists come out of an index in their order: none is sorted, and each stops after the page", async () => {
	const found = await plans(async ({ posts }) => {
		for (const sort of ["newest", "oldest", "popular"] as const) await posts.page({ sort }, page, null);
		await posts.page({ sort: "newest", author: "ada" }, page, null);
		await posts.page({ sort: "oldest", author: "ada" }, page, null);
		await posts.page({ sort: "newest", query: parseQuery("word") }, page, null);
	});
	const sorted = [...found]
		.filter(([sql, plan]) => plan.includes("USE TEMP B-TREE FOR ORDER BY") && !/group by/i.test(sql))
		.map(([sql]) => sql);

	// Besides what is counted in groups only the feed: it merges as many lists as the reader follows people.
	expect(sorted).toHaveLength(1);
	expect(sorted[0]).toContain("union all");
});

test("a search asks the full-text index in its order, and posts, authors, tags and days by their keys", async () => {
	const found = await plans(async ({ posts, tags }) => {
		for (const sort of ["newest", "oldest", "popular", "relevance"] as const)
			await posts.page({ sort, query: parseQuery("word #tag @ada from:ada after:2026-01-01") }, page, null);
		await tags.page({ prefix: "a" }, page);
	});
	const plansOf = (part: string) => [...found].filter(([sql]) => sql.includes(part)).map(([, plan]) => plan);
	const searches = plansOf("posts_fts match");
	// Walks of newest, oldest, likes and texts; two of what not everybody may see; and one that counts.
	expect(searches).toHaveLength(7);
	for (const plan of searches) {
		const walks = plan.filter((step) => step.startsWith("SCAN") && step !== "SCAN CONSTANT ROW");
		expect(walks).toEqual([expect.stringMatching(/^SCAN posts_fts VIRTUAL TABLE INDEX \d+:.*M/)]);
		expect(plan.filter((step) => step.includes("TEMP B-TREE"))).toEqual([]);
		expect(plan.filter((step) => step.includes(" posts ")).every((step) => step.includes("INTEGER PRIMARY KEY"))).toBe(
			true,
		);
	}
	expect(plansOf('"created_at" >= (select ?) order by')).toEqual([
		["SEARCH posts USING COVERING INDEX posts_created (created_at>?)", "SCALAR SUBQUERY 1", "SCAN CONSTANT ROW"],
	]);
	expect(plansOf("FROM tags\n")).toEqual([["SEARCH tags USING INDEX tags_public (name>? AND name<?)"]]);
	expect(plansOf("FROM post_tags").flat()).toEqual(
		expect.arrayContaining([
			"SEARCH post_tags USING PRIMARY KEY (post_key>?)",
			"SEARCH posts USING COVERING INDEX posts_created (created_at>?)",
			"SEARCH posts USING INTEGER PRIMARY KEY (rowid=?)",
			"SEARCH tags USING INTEGER PRIMARY KEY (rowid=?)",
		]),
	);
	expect(plansOf('from "tags" where "tags"."name"')[0]?.[0]).toMatch(
		/^SEARCH tags USING COVERING INDEX sqlite_autoindex_tags/,
	);
	for (const plan of plansOf("json_each(")) expect(plan[0]).toBe("SEARCH posts USING INTEGER PRIMARY KEY (rowid=?)");
});

test("what is deleted is packed, found, brought back and swept by indexes, however much there is of others", async () => {
	const found = await plans(async ({ users, posts, comments, likes, follows, trash }) => {
		const at = new Date();
		const bin = { at, byOwner: true, quota: 0 };
		const since = new Date(0);
		for (const id of ["ada", "bob"]) {
			const person = { id, username: id, email: id, displayName: id, passwordHash: "hash" };
			await users.create({ ...person, role: "user", createdAt: at });
		}
		const post = { id: "p", authorId: "ada", title: null, content: "@bob #tea", visibility: "public" } as const;
		await posts.create({ ...post, createdAt: at });
		await comments.create({ id: "c", postId: "p", authorId: "bob", content: "hm", createdAt: at });
		await likes.add({ postId: "p", userId: "bob", createdAt: at });
		await follows.add({ followerId: "bob", username: "ada", createdAt: at });
		for (const [remove, id] of [
			[(id: string, bin: Bin) => comments.remove(id, "bob", () => bin), "c"],
			[posts.remove, "p"],
			[users.remove, "ada"],
		] as const) {
			await remove(id, bin);
			expect(await trash.restore(id, { since })).toMatchObject({ id });
		}
		await posts.remove("p", bin);
		for (const filter of [{ since }, { since, ownerId: "ada" }]) await trash.page(filter, page);
		await trash.accounts("ada", { since });
		await trash.resume();
		await trash.sweep(at);
	});
	const ofTrash = [...found].filter(([sql]) => /trash|json_array|^SELECT key FROM/.test(sql));
	expect(ofTrash.length).toBeGreaterThan(15);
	// An index of what is coming back is walked whole.
	const walk = /^SCAN (?!CONSTANT ROW|trash USING INDEX trash_restoring)|TEMP B-TREE/;
	const walks = ofTrash.filter(([, plan]) => plan.some((step) => walk.test(step)));
	expect(walks).toEqual([]);
});
