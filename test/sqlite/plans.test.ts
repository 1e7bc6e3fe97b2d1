import { Database } from "bun:sqlite";
import { expect, spyOn, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eagerly } from "../../src/core/lazily";
import type { MoveToTrash } from "../../src/core/retention";
import { openStores } from "../../src/db/open";
import { connect } from "../../src/db/sqlite/file/connect";
import type { Stores } from "../../src/db/stores";
import { parseQuery } from "../../src/social/search/query";
import { memoryStores, secret } from "../support/app";

const page = { limit: 20 };

/** All statements of the stores, and those that are built while something is asked of them. */
async function statementsOf(ask: (stores: Stores) => Promise<unknown>): Promise<Set<string>> {
	const prepare = spyOn(Database.prototype, "prepare");
	try {
		await ask(eagerly(memoryStores));
		return new Set(prepare.mock.calls.map(([sql]) => String(sql)));
	} finally {
		prepare.mockRestore();
	}
}

/** Asks SQLite how it would run each SELECT of the stores. */
async function plans(ask: (stores: Stores) => Promise<unknown>): Promise<Map<string, string[]>> {
	const statements = await statementsOf(ask);
	const { $client } = connect(":memory:");
	$client.run("CREATE VIRTUAL TABLE search_0 USING fts5(title, content, marks, content = '')");
	const selects = [...statements].filter((sql) => /^\s*select/i.test(sql));
	return new Map(
		selects.map((sql) => {
			const plan = $client.query<{ detail: string }, []>(`EXPLAIN QUERY PLAN ${sql}`).all();
			return [sql, plan.map(({ detail }) => detail)];
		}),
	);
}

/** Who reads: strangers and somebody signed in are asked for by different statements. */
const viewers = [null, "ada"];
const sorts = ["newest", "oldest", "popular"] as const;

async function askAll({ posts, users, tags }: Stores) {
	const ada = { id: "ada", username: "ada", email: "ada", displayName: "ada", passwordHash: "hash" };
	await users.create({ ...ada, role: "user", createdAt: new Date() });
	const post = { id: "p", authorId: "ada", title: null, content: "word #tag @ada", createdAt: new Date() };
	await posts.create({ ...post, visibility: "public" });
	for (const viewer of viewers) {
		for (const sort of sorts)
			for (const list of [{}, { author: "ada" }, { query: parseQuery("word") }])
				await posts.page({ sort, ...list }, page, viewer);
		await posts.page(
			{ sort: "relevance", query: parseQuery("word #tag @ada from:ada after:2026-01-01") },
			page,
			viewer,
		);
	}
	await tags.page({ prefix: "a" }, page);
}

test("stores open without preparing a statement", async () => {
	const directory = mkdtempSync(join(tmpdir(), "minifeed-plans-"));
	const open = () => openStores({ path: join(directory, "minifeed.db"), durability: "full", secret });
	try {
		await open().close(); // migrations prepare some
		const prepare = spyOn(Database.prototype, "prepare");
		const stores = open();
		const prepared = prepare.mock.calls.map(([sql]) => String(sql));
		prepare.mockRestore();
		await stores.close();
		const ofConnection = /^(?:BEGIN|COMMIT|PRAGMA|SELECT total_changes|SELECT 1 FROM migrations)/;
		expect(prepared.filter((sql) => !ofConnection.test(sql))).toEqual([]);
	} finally {
		rmSync(directory, { recursive: true });
	}
});

test("every statement of the stores can be prepared", async () => {
	const prepared = await statementsOf(async () => {});
	expect(prepared.size).toBeGreaterThan(100);
});

test("no query walks a table without an index", async () => {
	const found = await plans(askAll);
	// The full-text index is asked by MATCH; json_each is the keys of a page; the constant row and the subquery are the
	// authors of a feed or the newest uses of tags, and `p` is an author's newest posts. One table has one row, others only
	// what has yet to be deleted; a block of the search index is 32,768 posts; and the operator may ask what everybody's
	// pictures take.
	const known =
		/^SCAN (?:search_0 VIRTUAL TABLE INDEX|json_each VIRTUAL TABLE INDEX|CONSTANT ROW|\(subquery-|p$|instance|removed_images|search_blocks|post_times|(?:gone|users|posts) USING (?:COVERING )?INDEX (?:users|posts)_gone|images USING COVERING INDEX)/;
	const walks = [...found.values()].flat().filter((step) => step.startsWith("SCAN") && !known.test(step));

	expect(found.size).toBeGreaterThan(25);
	expect(walks).toEqual([]);
});

test("lists come out of an index in their order: what is sorted is as short as a page", async () => {
	const found = await plans(askAll);
	const sorted = [...found].filter(
		([sql, plan]) => plan.some((step) => /ORDER BY/.test(step)) && !/group by/i.test(sql),
	);
	for (const [sql, plan] of sorted) {
		// What is merged: of as many people as the viewer follows, each in the order of an index; two pages; what a search found.
		expect(sql).toMatch(/union all|json_each|in \(select p\.key|limit 5000/i);
		for (const step of plan.filter((step) => step.includes(" p USING")))
			expect(step).toMatch(
				/INDEX posts_(public|public_author|popular|hidden|hidden_popular|author) |INTEGER PRIMARY KEY/,
			);
	}
	const strangers = [...found].filter(([sql]) => sql.includes(`where ("posts"."visibility" = 'public' and`));
	expect(strangers).toHaveLength(5); // three orders, and two of an author
	for (const [, plan] of strangers) {
		const [walk] = plan.filter((step) => step.includes(" posts USING"));
		expect(walk).toMatch(/^(SEARCH|SCAN) posts USING INDEX posts_(public|public_author|popular) /);
		expect(plan.filter((step) => step.includes("TEMP B-TREE"))).toEqual([]);
	}
});

test("a search asks the full-text index in its order, and posts, authors, tags and days by their keys", async () => {
	const found = await plans(askAll);
	const plansOf = (part: string) => [...found].filter(([sql]) => sql.includes(part)).map(([, plan]) => plan);
	const searches = plansOf("search_0 MATCH");
	expect(searches).toHaveLength(2); // from the newest and from the oldest
	for (const plan of searches) {
		const walks = plan.filter((step) => step.startsWith("SCAN") && step !== "SCAN CONSTANT ROW");
		expect(walks).toEqual([expect.stringMatching(/^SCAN search_0 VIRTUAL TABLE INDEX \d+:.*M/)]);
		expect(plan.filter((step) => step.includes("TEMP B-TREE"))).toEqual([]);
	}
	for (const plan of plansOf("CROSS JOIN hidden_words"))
		expect(plan).toContainEqual(
			expect.stringMatching(
				/^SEARCH hidden_words USING PRIMARY KEY \(author_key=\? AND is_private=\? AND word=\? AND post_key>\? AND post_key<\?\)/,
			),
		);
	const days = plansOf("FROM post_times WHERE span");
	expect(days).toHaveLength(2);
	for (const plan of days) {
		expect(plan[0]).toBe("SEARCH post_times USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)");
		expect(plan.filter((step) => step.includes("TEMP B-TREE"))).toEqual([]);
	}
	expect(plansOf("FROM tags\n")).toEqual([["SEARCH tags USING INDEX tags_public (name>? AND name<?)"]]);
	expect(plansOf("CROSS JOIN post_tags").flat()).toEqual(
		expect.arrayContaining([
			"SEARCH posts USING INDEX posts_public (key>?)",
			"SEARCH post_tags USING PRIMARY KEY (post_key=?)",
			"SCAN post_times",
			"SEARCH tags USING INTEGER PRIMARY KEY (rowid=?)",
		]),
	);
	expect(plansOf("SELECT key FROM tags WHERE name = (")[0]?.[0]).toMatch(
		/^SEARCH tags USING COVERING INDEX sqlite_autoindex_tags/,
	);
	for (const plan of plansOf("json_each(").filter((plan) => plan.some((step) => / posts /.test(step))))
		expect(plan).toContainEqual("SEARCH posts USING INTEGER PRIMARY KEY (rowid=?)");
});

test("what is deleted is packed, found, brought back and swept by indexes, however much there is of others", async () => {
	const found = await plans(async ({ users, posts, comments, likes, follows, trash }) => {
		const at = new Date();
		const moveToTrash = { at, byOwner: true, quota: 0 };
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
			[(id: string, moveToTrash: MoveToTrash) => comments.remove(id, "bob", () => moveToTrash), "c"],
			[posts.remove, "p"],
			[users.remove, "ada"],
		] as const) {
			await remove(id, moveToTrash);
			expect(await trash.restore(id, { since })).toMatchObject({ id });
		}
		await posts.remove("p", moveToTrash);
		for (const filter of [{ since }, { since, ownerId: "ada" }]) await trash.page(filter, page);
		await trash.accounts("ada", { since });
		await trash.resume();
		await trash.sweep(at);
	});
	const ofTrash = [...found].filter(([sql]) => /trash|json_object\('table'|^SELECT key FROM/.test(sql));
	expect(ofTrash.length).toBeGreaterThan(15);
	// Indexes of what is coming back, or on its way out, are walked whole.
	const walk =
		/^SCAN (?!CONSTANT ROW|trash USING (?:COVERING )?INDEX trash_(?:restoring|forgotten)|(?:gone|users|posts) USING)|TEMP B-TREE/;
	const walks = ofTrash.filter(([, plan]) => plan.some((step) => walk.test(step)));
	expect(walks).toEqual([]);
});
