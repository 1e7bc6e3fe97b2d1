import { Database } from "bun:sqlite";
import { expect, spyOn, test } from "bun:test";
import { connect } from "../../src/db/sqlite/connect";
import type { Stores } from "../../src/db/stores";
import { parseQuery } from "../../src/posts/query";
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
