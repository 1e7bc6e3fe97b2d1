import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { connect } from "../../src/db/sqlite/file/connect";
import { migrate } from "../../src/db/sqlite/file/migrate";
import { migrations } from "../../src/db/sqlite/migrations";
import { openSqlite } from "../../src/db/sqlite/open";
import { cursors } from "../../src/db/sqlite/query/cursor";
import { reindex } from "../../src/db/sqlite/stores/reindex";
import { searches, type TimeBudget } from "../../src/db/sqlite/stores/search";
import { blockSize, searchIndex, tableOf } from "../../src/db/sqlite/stores/search-index";
import { searchTerms, termPrefix } from "../../src/db/sqlite/stores/search-terms";
import type { SearchSort, Visibility } from "../../src/social/posts/store";
import { fold, foldsInPlace } from "../../src/social/search/fold";
import { parseQuery } from "../../src/social/search/query";
import { secret } from "../support/app";
import { runs } from "../support/runs";

type Row = { key: number; author: number; visibility: string; content: string; title?: string; likes?: number };

/** Users 1 to `people`, called user1 and so on, and posts with keys and likes of one's own choosing. */
function fill(client: Database, people: number, rows: Row[]) {
	const user = client.prepare(`
		INSERT INTO users (key, id, username, email, email_key, password_hash, display_name, display_name_key, created_at, updated_at)
		VALUES ($key, $name, $name, $name, $name, 'hash', $name, $name, 0, 0)`);
	for (let key = 1; key <= people; key++) user.run({ key, name: `user${key}` });
	const isMarked = client.query("SELECT 1 FROM pragma_table_info('posts') WHERE name = 'marks'").get() !== null;
	const marks = isMarked ? searchTerms(client) : null;
	const index = isMarked ? searchIndex(client) : null;
	const post = client.prepare(`
		INSERT INTO posts (key, id, author_key, title, content, visibility, like_count, created_at ${isMarked ? ", marks" : ""})
		VALUES ($key, 'p' || $key, $author, $title, $content, $visibility, $likes, $key ${isMarked ? ", $marks" : ""})`);
	for (const { title = null, likes = 0, ...row } of rows) {
		const marked = marks?.of({ title, content: row.content });
		post.run({ ...row, title, likes, ...(marked && { marks: marked.marks }) });
		if (marked) marks?.link(row.key, marked);
		index?.addStored(row.key);
	}
}

function searching(people: number, rows: Row[], pace?: TimeBudget) {
	const db = connect(":memory:");
	fill(db.$client, people, rows);
	const search = searches(db, cursors(secret), pace);
	/** Every key that a search finds, in order, and how many pages it took. */
	const walk = (
		typed: string,
		{ sort = "newest" as SearchSort, viewer = 0, author = undefined as string | undefined } = {},
	) => {
		const keys: number[] = [];
		let cursor: string | undefined;
		for (let pages = 1; ; pages++) {
			const page = search.page({ query: parseQuery(typed), sort, author }, { limit: 3, cursor }, viewer);
			keys.push(...page.items.map(({ id }) => Number(id.slice(1))));
			if (page.nextCursor === null) return { keys, pages };
			cursor = page.nextCursor;
		}
	};
	return { client: db.$client, walk };
}

const rows = fc.uniqueArray(
	fc.record({
		key: fc.integer({ min: 1, max: 200_000 }),
		author: fc.integer({ min: 1, max: 3 }),
		visibility: fc.constantFrom("public", "followers", "private"),
		content: fc.constantFrom("odd", "even", "odd even", "even odd"),
		likes: fc.nat(3),
	}),
	{ selector: ({ key }) => key, maxLength: 40 },
);

test("however soon it gives up, a walk finds everything once and in order", () => {
	fc.assert(
		fc.property(rows, fc.constantFrom(-1, 1_000), (rows, timeBudgetMs) => {
			const { client, walk } = searching(3, rows, { timeBudgetMs });
			client.run("INSERT INTO follows VALUES (2, 1, 0)");
			const sees = (viewer: number) => (row: Row) =>
				row.visibility === "public" ||
				row.author === viewer ||
				(row.visibility === "followers" && viewer === 2 && row.author === 1);
			for (const viewer of [0, 1, 2])
				for (const [typed, fits] of [
					["odd even ", /odd.*even|even.*odd/],
					['"odd even"', /odd even/],
					["odd -even", /^odd$/],
					["-odd", /^even$/],
					["odd*", /odd/],
					["odd ", /odd/],
				] as const) {
					const expected = rows.filter(sees(viewer)).filter(({ content }) => fits.test(content));
					const keys = expected.map(({ key }) => key).sort((a, b) => a - b);
					expect(walk(typed, { viewer, sort: "oldest" }).keys).toEqual(keys);
					expect(walk(typed, { viewer }).keys).toEqual(keys.toReversed());
					for (const sort of ["popular", "relevance"] as const)
						expect(walk(typed, { viewer, sort }).keys.sort((a, b) => a - b)).toEqual(keys);
				}
		}),
		{ numRuns: runs(40) },
	);
});

test("texts fold the same whether letter by letter or as a whole", () => {
	const letter = fc.oneof(
		fc.integer({ min: 0x20, max: 0x52f }).map((code) => String.fromCodePoint(code)),
		fc.constantFrom("ﬁ", "İ", "Σ", "ｗ", "東", "🌱", "’", "\u0301", "\u0345", "각", "ᄀ", "ᅡ"),
	);
	fc.assert(
		fc.property(fc.array(letter, { maxLength: 12 }), (letters) => {
			const text = letters.join("");
			expect(`${fold("ᄀ ")}${fold(text)}`).toBe(fold(`ᄀ ${text}`)); // a jamo is folded with the whole text
			if (foldsInPlace(text)) expect(fold(text)).toBe([...text].map(fold).join(""));
		}),
		{ numRuns: runs(5_000) },
	);
});

test("words that are common and never together are given up for a while, and gone on with", () => {
	const rows = Array.from({ length: 40 }, (_, i) => ({
		key: 1 + i * blockSize,
		author: 1,
		visibility: "public",
		content: i % 2 ? "odd" : "even",
	}));
	const last = { key: 1, author: 1, visibility: "public", content: "odd even" };
	const { walk } = searching(1, [last, ...rows.slice(1)], { timeBudgetMs: -1 });
	expect(walk("odd even ")).toEqual({ keys: [1], pages: 40 });
	expect(walk("odd even ", { sort: "relevance" })).toEqual({ keys: [1], pages: 40 });
});

test("sorting takes the newest thousand, and then the next", () => {
	const rows = Array.from({ length: 1_100 }, (_, i) => ({
		key: i + 1,
		author: 1,
		visibility: "public",
		content: "word",
		likes: i < 100 ? 9 : i % 5,
	}));
	const { walk } = searching(1, rows);
	const { keys } = walk("word ", { sort: "popular" });
	expect(new Set(keys).size).toBe(1_100);
	expect(keys.slice(0, 3)).toEqual([1100, 1095, 1090]);
	expect(keys.slice(1_000, 1_003)).toEqual([100, 99, 98]);
});

test("whoever reads sees what they may, and no more, among very many posts that they may not", () => {
	const people = 150;
	const rows = Array.from({ length: 900 }, (_, i) => ({
		key: i + 1,
		author: 1 + (i % people),
		visibility: i % 3 ? "followers" : "private",
		content: "word",
	}));
	const { client, walk } = searching(people, rows);
	client.run("INSERT INTO follows SELECT 1, key, 0 FROM users WHERE key IN (2, 20, 140)");
	const expected = rows.filter(
		({ author, visibility }) => author === 1 || (visibility === "followers" && [2, 20, 140].includes(author)),
	);
	const keys = expected.map(({ key }) => key);
	expect(walk("word ", { viewer: 1 }).keys).toEqual(keys.toReversed());
	expect(walk("word ", { viewer: 1, sort: "oldest" }).keys).toEqual(keys);
	expect(walk("word ", { viewer: 1, sort: "popular" }).keys).toEqual(keys.toReversed());
});

test("a last word that very many posts have is taken as it is, unless it ends in a star", () => {
	const rows = Array.from({ length: 257 }, (_, i) => ({
		key: i + 1,
		author: 1,
		visibility: "public",
		content: i < 256 ? "word" : "wordless",
	}));
	const { walk } = searching(1, rows);
	expect(walk("word").keys).toHaveLength(256);
	expect(walk("word*").keys).toHaveLength(257);
	expect(walk("wor").keys).toHaveLength(257);
});

test("a post that the index finds is one that its text is found in, and the other way round", () => {
	const unit = fc.constantFrom(
		...[
			"tea",
			"Tea",
			"LEGO™",
			"30㎡",
			"m2",
			"30",
			"x²",
			"½",
			"ﾗｰﾒﾝ",
			"ラーメン",
			"東",
			"京",
			"東京",
			"ไทย",
			"ภาษาไทย",
			"서울",
		],
		...[
			" ",
			" ",
			" ",
			"-",
			"🥰",
			"é",
			"\u0301",
			"\u200d",
			"ё",
			"й",
			"ß",
			"ss",
			"أحمد",
			"كِتَاب",
			"कील",
			"की",
			"tea2",
			"2",
		],
	);
	const content = fc.array(unit, { minLength: 1, maxLength: 8 }).map((parts) => parts.join(""));
	let found = 0;
	fc.assert(
		fc.property(content, content, fc.nat(20), fc.constantFrom("", " ", "*", '"'), (content, other, from, end) => {
			const part = content.slice(from % content.length);
			const typed = [end === '"' ? `"${part}"` : part + end, end === '"' ? `"${other}"` : other + end];
			const rows = [content, other].flatMap((content, i) => [
				{ key: 2 * i + 1, author: 1, visibility: "public", content },
				{ key: 2 * i + 2, author: 2, visibility: "private", content },
			]);
			const { walk } = searching(2, rows);
			for (const query of typed) {
				const { keys } = walk(query, { viewer: 2, sort: "oldest" });
				found += keys.length;
				const isPublic = (key: number) => key % 2 === 1;
				expect(keys.filter((key) => !isPublic(key))).toEqual(keys.filter(isPublic).map((key) => key + 1));
			}
		}),
		{ numRuns: runs(500) },
	);
	expect(found).toBeGreaterThan(500);
});

const written: Row[] = [
	{ key: 1, author: 1, visibility: "public", content: "hello #Tea @user2 @later", title: "東京都 ｗｉｄｅ" },
	{ key: 5, author: 2, visibility: "followers", content: "#tea #東京 for @user1 and @user2" },
	{ key: 9, author: 1, visibility: "private", content: "plain" },
	{ key: 2_000, author: 1, visibility: "public", content: "https://example.com/#no" },
	...Array.from({ length: 1_500 }, (_, i) => ({ key: 3_000 + i, author: 2, visibility: "public", content: `#n${i}` })),
];

test("an older database has tags, mentions and search as if it had been written today", () => {
	const old = new Database(":memory:", { strict: true });
	migrate(old, "old.db", migrations.slice(0, 4));
	fill(old, 2, written);
	expect(migrate(old)[0]).toBe("0005_tags");
	reindex(old, () => {});
	const { client } = searching(2, written);
	for (const query of [
		"SELECT name, post_count, spelling FROM tags ORDER BY name",
		"SELECT post_key, name FROM post_tags JOIN tags ON tags.key = tag_key ORDER BY 1, 2",
		"SELECT * FROM mentions",
		`SELECT author_key, post_key, word FROM hidden_words WHERE word NOT LIKE '${termPrefix}t%' ORDER BY 1, 2, 3`,
		`SELECT * FROM words WHERE term NOT LIKE '${termPrefix}t%'`,
		"SELECT * FROM search_blocks",
		"SELECT * FROM post_times",
	]) {
		const all = (client: Database) => {
			client.run(`CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5vocab(${tableOf(0)}, instance)`);
			return client.query(query).values();
		};
		expect(all(old).length).toBeGreaterThan(0);
		expect(all(old)).toEqual(all(client));
	}
});

test("the index has what the posts have, and nothing else, after whatever happened to them", async () => {
	const path = join(mkdtempSync(join(tmpdir(), "search-")), "minifeed.db");
	const stores = openSqlite({ path, durability: "normal", secret });
	const createdAt = new Date();
	for (const id of ["user1", "user2"]) {
		const person = { id, username: id, email: id, displayName: id, passwordHash: "hash" };
		await stores.users.create({ ...person, role: "user", createdAt });
	}
	for (const { key, author, title = null, content, visibility } of written.slice(0, 8)) {
		const post = { id: `p${key}`, authorId: `user${author}`, title, content, createdAt };
		await stores.posts.create({ ...post, visibility: visibility as Visibility });
	}
	const changed = { title: null, content: "changed #tea @user2" };
	await stores.posts.change("p1", "user1", () => ({ ...changed, visibility: "private" }));
	await stores.posts.change("p9", "user1", () => ({ ...changed, visibility: "public" }));
	await stores.posts.remove("p2000");
	await stores.users.remove("user2");
	await stores.trash.resume();
	await stores.close();
	const client = new Database(path);
	client.run(`CREATE VIRTUAL TABLE words USING fts5vocab(${tableOf(0)}, instance)`);
	const left = client
		.query<{ term: string }, []>("SELECT term FROM words ORDER BY term, doc")
		.all()
		.map(({ term }) => term);
	expect(left).toEqual(["changed", "tea", "user2", `${termPrefix}a1`, `${termPrefix}p`, `${termPrefix}t1`]);
	expect(client.query("SELECT word, post_key FROM hidden_words ORDER BY word").values()).toEqual([
		["", 1],
		["cha*", 1],
		["changed", 1],
		["tea", 1],
		["tea*", 1],
		["use*", 1],
		["user2", 1],
		[`${termPrefix}t1`, 1],
	]);
	expect(client.query("SELECT name, post_count FROM tags").all()).toEqual([{ name: "tea", post_count: 1 }]);
	expect(client.query("SELECT * FROM mentions").all()).toEqual([]);
});
