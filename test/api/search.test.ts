import { beforeEach, expect, test } from "bun:test";
import fc from "fast-check";
import { type Client, type Person, type Reply, type TestApp, testApp, walk } from "../support/app";
import { runs } from "../support/runs";

let app: TestApp;
let ada: Person;
let bob: Person;

beforeEach(async () => {
	app = testApp();
	ada = await app.as("ada");
	bob = await app.as("bob");
});

const write = async (who: Person, content: string, more: object = {}) =>
	(await who.post("/posts/", { content, ...more })).body.id as string;

const path = (q: string, more = "") => `/posts/?q=${encodeURIComponent(q)}${more}`;
const found = async (q: string, client: Client = app.anonymous, more = ""): Promise<string[]> =>
	(await walk(client, path(q, more), 3)).map(({ content }) => content);

test("words are found in any order, in any case, width and accent, in the title or in the text", async () => {
	await write(ada, "The café in the Garden");
	await write(ada, "opens at ten", { title: "Garden café" });
	for (const q of ["garden cafe", "CAFÉ garden ", "ｇａｒｄｅｎ cafe\u0301 "])
		expect([q, await found(q)]).toEqual([q, ["opens at ten", "The café in the Garden"]]);
	expect(await found("garden opens ")).toEqual(["opens at ten"]);
	expect(await found("garden coffee ")).toEqual([]);
});

test("whatever way a text writes its letters, it is found by how they look", async () => {
	const texts = ["ｗｉｄｅ letters", "e\u0301clair", "ﬁnery", "и\u0306од", "ΟΔΟΣ", "Straße", "İzmir", "Ấp", "Ⅷ th"];
	for (const text of texts) await write(ada, text);
	const queries = ["wide ", "éclair ", "finery ", "йод ", "οδος ", "STRAßE ", "izmir ", "ap ", "viii "];
	for (const [i, q] of queries.entries()) expect([q, await found(q)]).toEqual([q, [texts[i] as string]]);
});

test("every letter of the Latin script is found by itself, with and without its accents", async () => {
	const letters = Array.from({ length: 0x1f00 - 0xc0 }, (_, i) => String.fromCodePoint(0xc0 + i)).filter(
		(letter) => /\p{Script=Latin}/u.test(letter) && /[\p{Lu}\p{Ll}]/u.test(letter),
	);
	expect(letters.length).toBeGreaterThan(800);
	for (let i = 0; i < letters.length; i += 50) {
		const some = letters.slice(i, i + 50);
		const content = some.map((letter) => `x${letter}x`).join(" ");
		await write(ada, content);
		for (let j = 0; j < some.length; j += 15) {
			const words = some.slice(j, j + 15).map((letter) => `x${letter}x`);
			for (const q of [words.join(" "), words.join(" ").normalize("NFD")])
				expect([q, (await found(`${q} `)).includes(content)]).toEqual([q, true]);
		}
	}
});

test("the last word is the beginning of one while somebody types; others are when they end in a star", async () => {
	await write(ada, "gardens in June");
	expect(await found("gard")).toHaveLength(1);
	expect(await found("june gard")).toHaveLength(1);
	expect(await found("gard june")).toHaveLength(0);
	expect(await found("gard* june")).toHaveLength(1);
	expect(await found("gard ")).toHaveLength(0);
	expect(await found('"gard"')).toHaveLength(0);
	expect(await found('"in jun"*')).toHaveLength(1);
	expect(await found("-gard june ")).toHaveLength(1);
	expect(await found("-gard* june ")).toHaveLength(0);
	expect(await found("ga")).toHaveLength(0); // too short to begin anything
	expect(await found("in")).toHaveLength(1);
});

test("words in quotes stand together, and a quote need not be closed", async () => {
	await write(ada, "in the garden");
	await write(ada, "the garden in");
	for (const q of ['"in the garden"', '"in the garden', "“in the garden”", '"IN, the... garden!"'])
		expect([q, await found(q)]).toEqual([q, ["in the garden"]]);
	expect(await found('the -"in the"')).toEqual(["the garden in"]);
	expect(await found('garden "the garden in"')).toEqual(["the garden in"]);
});

test("minus leaves out, also where nothing else is asked", async () => {
	await write(ada, "tea with milk");
	await write(bob, "tea #strong");
	await write(bob, "coffee for @ada");
	expect(await found("tea -milk")).toEqual(["tea #strong"]);
	expect(await found("-milk")).toEqual(["coffee for @ada", "tea #strong"]);
	expect(await found("-from:bob")).toEqual(["tea with milk"]);
	expect(await found("tea -#strong")).toEqual(["tea with milk"]);
	expect(await found("-@ada -milk")).toEqual(["tea #strong"]);
	expect(await found("-@nobody1 -#nothing -from:nobody1 milk ")).toEqual(["tea with milk"]);
});

test("from: finds by author, alone and with words, and with the author that the list is of", async () => {
	await write(ada, "tea");
	await write(bob, "tea");
	await write(bob, "coffee");
	expect(await found("from:bob")).toEqual(["coffee", "tea"]);
	expect(await found("FROM:@Bob tea ")).toEqual(["tea"]);
	expect(await found("from:bob from:ada tea ")).toHaveLength(2);
	expect(await found("from:nobody1 tea ")).toEqual([]);
	expect(await found("tea ", app.anonymous, "&author=Ada")).toHaveLength(1);
	expect(await found("from:bob tea ", app.anonymous, "&author=ada")).toEqual([]);
	expect(await found("tea ", app.anonymous, "&author=nobody1")).toEqual([]);
});

test("after: begins with its day, and before: ends ahead of it, in UTC", async () => {
	for (const day of ["2026-01-01T23:59:59.999Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"]) {
		app.clock.now = new Date(day);
		const { body } = await app.anonymous.post("/auth/login", { username: "ada", password: ada.password });
		await app.withToken(body.access_token).post("/posts/", { content: `tea ${day.slice(8, 10)}` });
	}
	expect(await found("after:2026-01-02")).toEqual(["tea 03", "tea 02"]);
	expect(await found("before:2026-01-02")).toEqual(["tea 01"]);
	expect(await found("tea after:2026-01-02 before:2026-01-03")).toEqual(["tea 02"]);
	expect(await found("tea after:2027-01-01")).toEqual([]);
	expect(await found("after:2026-01-02 after:2026-01-03 before:2030-01-01")).toEqual(["tea 03"]);
});

test("after: and before: ask the time of each post, also of those that a wrong clock wrote", async () => {
	const start = Date.parse("2026-05-01T12:00:00Z");
	const days = [0, 400, 1, -2_500, 2];
	for (const day of days) {
		app.clock.now = new Date(start + day * 86_400_000);
		const { body } = await app.anonymous.post("/auth/login", { username: "ada", password: ada.password });
		const client = app.withToken(body.access_token);
		await client.post("/posts/", { content: `tea ${day}` });
		await client.post("/posts/", { content: `tea ${day} mine`, visibility: "private" });
	}
	app.clock.now = new Date(start + 2 * 86_400_000);
	expect(await found("tea before:2026-05-04")).toEqual(["tea 2", "tea -2500", "tea 1", "tea 0"]);
	expect(await found("tea after:2026-05-01")).toEqual(["tea 2", "tea 1", "tea 400", "tea 0"]);
	expect(await found("after:2026-05-02 before:2026-05-04")).toEqual(["tea 2", "tea 1"]);
	expect(await found("tea after:2027-01-01 ")).toEqual(["tea 400"]);
	expect(await found("tea before:2020-01-01 ")).toEqual(["tea -2500"]);
	for (const sort of ["oldest", "popular", "relevance"])
		expect((await found("tea after:2026-05-02 ", app.anonymous, `&sort=${sort}`)).sort()).toEqual([
			"tea 1",
			"tea 2",
			"tea 400",
		]);
	const { body } = await app.anonymous.post("/auth/login", { username: "ada", password: ada.password });
	expect(await found("mine after:2026-05-02 before:2026-05-03", app.withToken(body.access_token))).toEqual([
		"tea 1 mine",
	]);
});

test("an operator that makes no sense is words like any other", async () => {
	await write(ada, "we leave after 2026 13 45 at once");
	await write(ada, "title: hello from: me #1 @x");
	expect(await found("after:2026-13-45 ")).toHaveLength(1);
	expect(await found("from: hello ")).toHaveLength(1);
	expect(await found("title:hello ")).toHaveLength(1);
	expect(await found("#1 @x hello ")).toHaveLength(1);
	expect(await found("nothing:hello ")).toHaveLength(0);
	for (const q of ["!!!", '""', "-", '-""', "🎉", "***", "#", "@", "\u{e000}a1"])
		expect([q, (await app.anonymous.get(path(q))).body.items]).toEqual([q, []]);
});

test("Thai, Lao, Khmer and Burmese are found by any part of a run", async () => {
	for (const [content, ...queries] of [
		["ภาษาไทยง่าย", "ไทย", "ง่าย", "ภาษาไทยง่าย", "ษาไท"],
		["ພາສາລາວ", "ລາວ"],
		["ភាសាខ្មែរ", "ខ្មែរ"],
		["မြန်မာစကား", "စကား"],
	] as const) {
		await write(ada, content);
		for (const q of queries) expect([q, await found(q)]).toEqual([q, [content]]);
	}
	expect(await found("ไทยภาษา")).toEqual([]);
});

test("in scripts without spaces every part of a text is found", async () => {
	await write(ada, "東京都に行きました。ラーメンは最高");
	await write(ada, "iPhone15の値段は? 서울에서");
	for (const q of ["東京", "京都", "東", "行きました", "ラーメン", "ﾗｰﾒﾝ 最高", '"東京都に"'])
		expect([q, await found(q)]).toEqual([q, ["東京都に行きました。ラーメンは最高"]]);
	for (const q of ["iphone15", "iphone15 値段", "iPhone15の値段", "서울", "울에"])
		expect([q, await found(q)]).toEqual([q, ["iPhone15の値段は? 서울에서"]]);
	for (const q of ["東都", "たラー", "京東"]) expect([q, await found(q)]).toEqual([q, []]);
	await ada.patch(`/posts/${(await app.anonymous.get(path("東京"))).body.items[0].id}`, { content: "大阪" });
	expect([await found("東京"), await found("大阪")]).toEqual([[], ["大阪"]]);
});

test("a snippet shows what was found, in the text as it was written", async () => {
	const show = async (q: string) => {
		const { snippet } = (await app.anonymous.get(path(q))).body.items[0];
		return [
			snippet.field,
			snippet.text,
			...snippet.highlights.map(([from, to]: number[]) => snippet.text.slice(from, to)),
		];
	};
	await write(ada, "🎉 Crème brûlée & <b>Tea</b>, tea-time");
	expect(await show("tea brul*")).toEqual([
		"content",
		"🎉 Crème brûlée & <b>Tea</b>, tea-time",
		"brûlée",
		"Tea",
		"tea",
	]);
	expect(await show('"creme brulee" tim')).toContain("Crème brûlée");
	await write(ada, "nothing to see", { title: "Ｗｉｄｅ ﬁnery 東京都に" });
	expect(await show("wide finery 京都")).toEqual(["title", "Ｗｉｄｅ ﬁnery 東京都に", "Ｗｉｄｅ", "ﬁnery", "京都"]);
	await write(ada, `${"before and ".repeat(60)}the e\u0301clair${" and after".repeat(60)}`);
	const [, text, highlight] = await show("eclair");
	expect(highlight).toBe("e\u0301clair");
	expect(text).toMatch(/^…(before|and) .* (and|after)…$/);
	expect(text.length).toBeLessThan(210);
	await write(ada, `${"👩‍👩‍👧".repeat(60)} needle ${"👩‍👩‍👧".repeat(60)}`);
	const [, emoji] = await show("needle");
	expect(emoji).toMatch(/^…(👩‍👩‍👧)+ needle (👩‍👩‍👧)+…$/u);
});

test("without words there is no snippet", async () => {
	await write(ada, "tea #strong");
	for (const list of ["/posts/", "/posts/?q=from:ada", "/posts/?q=%23strong", "/posts/?q=-coffee", "/posts/?q=%20"]) {
		const { items } = (await app.anonymous.get(list)).body;
		expect([list, items.length, "snippet" in items[0]]).toEqual([list, 1, false]);
	}
});

test("the most relevant come first: in the title, more often, in less text; else the newest", async () => {
	await write(ada, "tea");
	await write(ada, `tea ${"and much more ".repeat(40)}`);
	await write(ada, "tea and tea and tea");
	await write(ada, "see above", { title: "Tea" });
	await write(ada, "tea");
	const order = (await walk(app.anonymous, path("tea ", "&sort=relevance"), 2)).map(
		({ content, title }) => title ?? content,
	);
	expect(order).toEqual(["Tea", "tea and tea and tea", "tea", "tea", `tea ${"and much more ".repeat(40)}`]);
	const { status, body } = await app.anonymous.get("/posts/?sort=relevance");
	expect([status, body.code, body.errors[0].pointer]).toEqual([422, "invalid", "/sort"]);
	expect((await app.anonymous.get("/posts/?sort=relevance&q=%20")).status).toBe(422);
	expect((await app.anonymous.get("/posts/?sort=relevance&q=from:ada")).body.items).toHaveLength(5);
});

test("a walk through the most relevant neither repeats nor skips what stays, whatever is written meanwhile", async () => {
	for (let i = 0; i < 9; i++) await write(ada, "tea ".repeat(1 + (i % 3)) + i);
	const before = (await walk(app.anonymous, path("tea ", "&sort=relevance"), 100)).map(({ content }) => content);
	const seen: string[] = [];
	let cursor = "";
	while (cursor !== null) {
		const { body } = await app.anonymous.get(path("tea ", `&sort=relevance&limit=2${cursor && `&cursor=${cursor}`}`));
		seen.push(...body.items.map(({ content }: { content: string }) => content));
		cursor = body.next_cursor;
		await write(bob, "tea tea tea tea");
	}
	expect(seen).toEqual(before);
});

test("a mention is of who had the name when it was written, and of nobody who gets it later", async () => {
	await write(bob, "early @carol");
	const carol = await app.as("carol");
	await write(bob, "hello @Carol, and bob@carol.example is no mention, nor is @carol@elsewhere.example");
	await write(bob, "mail bob@carol or x/@carol");
	expect(await found("@carol")).toHaveLength(1);
	const [early] = (await app.anonymous.get("/posts/?sort=oldest")).body.items;
	await bob.patch(`/posts/${early.id}`, { visibility: "followers" });
	expect(await found("@carol", bob)).toHaveLength(1); // a change of who may see it is no edit
	await carol.delete("/users/me", { password: carol.password });
	expect(await found("@carol", bob)).toEqual([]);
	await app.as("carol");
	expect(await found("@carol", bob)).toEqual([]);
	await bob.patch(`/posts/${early.id}`, { content: "edited @carol" });
	expect(await found("@carol", bob)).toEqual(["edited @carol"]);
});

const pieces = fc.constantFrom(
	...[
		'"',
		"-",
		"*",
		"#",
		"@",
		"from:",
		"after:",
		"before:",
		"2026-01-01",
		"ada",
		"secret",
		"東京",
		"(",
		")",
		"AND",
		"NOT",
	],
	...[
		"NEAR(",
		"title:",
		"marks:",
		"^",
		"{",
		"}",
		"+",
		"\\",
		"'",
		"%",
		" ",
		"\u{e000}p",
		"\u{e000}a1",
		"🎉",
		"\u0301",
		"“",
	],
);
const anything = fc.array(fc.oneof(pieces, fc.string({ unit: "binary", maxLength: 6 })), { maxLength: 30 });

test("whatever is typed, it answers, and never with what the caller may not see", async () => {
	await write(ada, "secret 東京 #tag @bob", { visibility: "private" });
	await write(ada, "secret 東京 #tag @bob", { visibility: "followers" });
	const id = await write(ada, "secret 東京 #tag @bob p a1 f1");
	await fc.assert(
		fc.asyncProperty(anything, fc.constantFrom("newest", "oldest", "popular", "relevance"), async (parts, sort) => {
			const q = parts.join("").replaceAll("\0", " ").toWellFormed().slice(0, 240).toWellFormed();
			const { status, body } = await bob.get(path(q || "x", `&sort=${q.trim() === "" ? "newest" : sort}`));
			expect([q, status]).toEqual([q, 200]);
			expect(body.items.filter((post: { id: string }) => post.id !== id)).toEqual([]);
		}),
		{ numRuns: runs(400) },
	);
});

const vocabulary = ["tea", "teapot", "milk", "sugar"];
const people = ["ada", "bob", "eve"];
const visibilities = ["public", "followers", "private"] as const;
const text = fc.array(fc.constantFrom(...vocabulary, "#tea", "#Milk", "@ada", "@eve"), { minLength: 1, maxLength: 5 });
const step = fc.record({
	act: fc.constantFrom("post", "post", "post", "edit", "show", "delete", "follow", "unfollow", "leave"),
	who: fc.nat(2),
	whom: fc.nat(2),
	what: fc.nat(9),
	text,
	visibility: fc.constantFrom(...visibilities),
});
const condition = fc.oneof(
	fc.constantFrom(...vocabulary, "tea*", "#tea", "#milk", "@ada", "@eve").map((q) => ({ q })),
	fc.tuple(fc.constantFrom(...vocabulary), fc.constantFrom(...vocabulary)).map((two) => ({ q: `"${two.join(" ")}"` })),
	fc.constantFrom(...people).map((name) => ({ q: `from:${name}` })),
);
const question = fc.array(fc.record({ not: fc.boolean(), condition }), { minLength: 1, maxLength: 4 });
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type Question = typeof question extends fc.Arbitrary<infer T> ? T : never;
/** `mentions` are of accounts, which are nobody's again when their people leave. */
type Kept = { id: string; author: string; words: string[]; visibility: string; mentions: Set<string> };
type Model = { posts: Kept[]; follows: Set<string> };

test("after any history, any search finds what a look at every post finds", async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.array(step, { minLength: 4, maxLength: 25 }),
			fc.array(question, { minLength: 6, maxLength: 6 }),
			async (history, questions) => {
				const app = testApp();
				const accounts = new Map<string, Person>();
				for (const name of people) accounts.set(name, await app.as(name));
				const model: Model = { posts: [], follows: new Set() };
				for (const step of history) await apply(step, app, accounts, model);
				for (const viewer of [...people, null]) {
					const client = viewer === null ? app.anonymous : (accounts.get(viewer) as Person);
					for (const question of questions) {
						const q = `${question.map(({ not, condition }) => (not ? "-" : "") + condition.q).join(" ")} `;
						const expected = model.posts
							.filter((post) => sees(model, viewer, post) && fits(post, question))
							.map(({ id }) => id);
						const ids = async (sort: string) => (await walk(client, path(q, `&sort=${sort}`), 2)).map(({ id }) => id);
						expect([q, viewer, await ids("oldest")]).toEqual([q, viewer, expected]);
						expect([q, viewer, await ids("newest")]).toEqual([q, viewer, expected.toReversed()]);
						expect([q, viewer, (await ids("relevance")).sort()]).toEqual([q, viewer, expected.toSorted()]);
					}
					await compareTags(client, viewer, model);
				}
			},
		),
		{ numRuns: runs(25) },
	);
});

const sees = ({ follows }: Model, viewer: string | null, { author, visibility }: Kept) =>
	visibility === "public" || viewer === author || (visibility === "followers" && follows.has(`${viewer} ${author}`));

const tagsOf = ({ words }: Kept) => [
	...new Set(words.filter((w) => w.startsWith("#")).map((w) => w.slice(1).toLowerCase())),
];

function fits(post: Kept, question: Question): boolean {
	const words = post.words.map((word) => word.replace(/^[#@]/, "").toLowerCase());
	const has = (q: string): boolean => {
		if (q.startsWith("#")) return tagsOf(post).includes(q.slice(1));
		if (q.startsWith("@")) return post.mentions.has(q.slice(1));
		if (q.startsWith('"')) return ` ${words.join(" ")} `.includes(` ${q.slice(1, -1)} `);
		return words.some((word) => (q.endsWith("*") ? word.startsWith(q.slice(0, -1)) : word === q));
	};
	const [by, rest] = [question.filter(isAuthor), question.filter((one) => !isAuthor(one))];
	const wanted = by.filter(({ not }) => !not).map(({ condition }) => condition.q.slice(5));
	const unwanted = by.filter(({ not }) => not).map(({ condition }) => condition.q.slice(5));
	return (
		(wanted.length === 0 || wanted.includes(post.author)) &&
		!unwanted.includes(post.author) &&
		rest.every(({ not, condition }) => has(condition.q) !== not)
	);
}
const isAuthor = ({ condition }: Question[number]) => condition.q.startsWith("from:");

async function apply(
	{ act, who, whom, what, text, visibility }: Step,
	app: TestApp,
	accounts: Map<string, Person>,
	model: Model,
) {
	const name = people[who] as string;
	const person = accounts.get(name) as Person;
	const mentions = new Set(text.filter((word) => word.startsWith("@")).map((word) => word.slice(1)));
	const own = model.posts.filter(({ author }) => author === name);
	const post = own[what % Math.max(1, own.length)];
	if (act === "post") {
		const id = await write(person, text.join(" "), { visibility });
		model.posts.push({ id, author: name, words: text, visibility, mentions });
	} else if (act === "follow" || act === "unfollow") {
		const other = people[whom] as string;
		await (act === "follow" ? person.post : person.delete)(`/users/${other}/follow`);
		if (name !== other) model.follows[act === "follow" ? "add" : "delete"](`${name} ${other}`);
	} else if (act === "leave") {
		await person.delete("/users/me", { password: person.password });
		accounts.set(name, await app.as(name));
		model.follows = new Set([...model.follows].filter((edge) => !edge.split(" ").includes(name)));
		model.posts = model.posts.filter(({ author }) => author !== name);
		for (const { mentions } of model.posts) mentions.delete(name);
	} else if (post && act === "edit") {
		const content = text.join(" ");
		await person.patch(`/posts/${post.id}`, { content });
		if (content !== post.words.join(" ")) Object.assign(post, { words: text, mentions });
	} else if (post && act === "show") {
		await person.patch(`/posts/${post.id}`, { visibility });
		post.visibility = visibility;
	} else if (post && act === "delete") {
		await person.delete(`/posts/${post.id}`);
		model.posts = model.posts.filter((other) => other !== post);
	}
}

async function compareTags(client: Client, viewer: string | null, model: Model) {
	const open = model.posts.filter(({ visibility }) => visibility === "public");
	const names = [...new Set(open.flatMap(tagsOf))];
	const counted = names.map((name) => ({
		name,
		post_count: open.filter((post) => tagsOf(post).includes(name)).length,
	}));
	expect(await walk(client, "/tags", 1)).toEqual(counted.toSorted((a, b) => (a.name < b.name ? -1 : 1)));
	const people = (tag: string) =>
		new Set(open.filter((post) => tagsOf(post).includes(tag)).map(({ author }) => author)).size;
	const trending = await walk(client, "/tags?trending", 1);
	expect(trending.map(({ name }) => people(name))).toEqual(names.map(people).sort((a, b) => b - a));
	for (const tag of ["tea", "milk", "sugar"]) {
		const ids = (await walk(client, `/tags/${tag}`, 2)).map(({ id }) => id);
		const expected = model.posts.filter((post) => sees(model, viewer, post) && tagsOf(post).includes(tag));
		expect(ids).toEqual(expected.map(({ id }) => id).reverse());
	}
}

test("nothing of a search tells that posts have a word which one may not see", async () => {
	const worlds = await Promise.all(
		[false, true].map(async (isHiding) => {
			const app = testApp({ rateLimit: false });
			const [ada, bob, eve] = [await app.as("ada"), await app.as("bob"), await app.as("eve")];
			await bob.post("/users/ada/follow");
			const write = (person: Person, count: number, visibility: "public" | "followers" | "private") =>
				app.stores.inOneTransaction(async () => {
					for (let i = 0; i < count; i++)
						await app.stores.posts.create({
							...{ id: crypto.randomUUID(), authorId: person.id, title: null, createdAt: app.clock.now, visibility },
							content: `secret word ${visibility} ${person.username} ${i} #tea @bob`,
						});
				});
			await write(ada, 5, "public");
			await write(ada, 3, "followers");
			if (isHiding) {
				await write(eve, 1_000, "followers");
				await write(eve, 500, "private");
			}
			await write(ada, 5, "public");
			await write(bob, 2, "private");
			return { app, viewers: [app.anonymous, ada, bob] };
		}),
	);
	const queries = [
		"secret",
		"secre*",
		'"secret word"',
		"secret -none",
		"-other",
		"%23tea",
		"%40bob",
		"from:eve",
		"from:ada",
	];
	const told = async ({ viewers }: (typeof worlds)[number]) => {
		const all: unknown[] = [];
		for (const viewer of viewers)
			for (const query of queries)
				for (const sort of ["newest", "oldest", "popular", "relevance"])
					for (let cursor = ""; ; ) {
						const path = `/posts/?q=${query}&sort=${sort}&limit=4${cursor}`;
						const { status, body } = await viewer.get(path);
						all.push([path.replace(cursor, ""), status, body.items.map(({ content }: Reply["body"]) => content)]);
						if (body.next_cursor === null) break;
						cursor = `&cursor=${body.next_cursor}`;
					}
		return all;
	};
	const [without, hiding] = [await told(worlds[0] as (typeof worlds)[0]), await told(worlds[1] as (typeof worlds)[0])];
	expect(without.length).toBeGreaterThan(200);
	expect(hiding).toEqual(without);
});
