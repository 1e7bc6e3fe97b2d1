import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseQuery } from "../../src/posts/query";
import { mentionsIn, tagsIn } from "../../src/posts/tags";
import { type Client, type Person, password, testApp, walk } from "../support/app";

const path = (q: string, rest = "") => `/posts/?q=${encodeURIComponent(q)}${rest}`;
const found = async (client: Client, q: string, rest = "") =>
	(await walk(client, path(q, rest), 3)).map(({ content }) => content);

/** Tokens do not last for days. */
async function signedIn({ anonymous, withToken }: ReturnType<typeof testApp>, username: string): Promise<Client> {
	return withToken((await anonymous.post("/auth/login", { username, password })).body.access_token);
}

async function withPosts(...contents: string[]) {
	const app = testApp();
	const ada = await app.as("ada");
	for (const content of contents) await ada.post("/posts/", { content });
	return { ...app, ada };
}

test("what somebody types is a query: words, beginnings, phrases, and what must not be", async () => {
	const { anonymous } = await withPosts(
		"The garden in the rain",
		"Gardening in winter",
		"Rain in the garden",
		"Die Gärten von Löwen",
		"A café, ﬁne and ＷＩＤＥ",
	);
	const [theGarden, gardening, rainGarden, gärten, café] = [
		"The garden in the rain",
		"Gardening in winter",
		"Rain in the garden",
		"Die Gärten von Löwen",
		"A café, ﬁne and ＷＩＤＥ",
	];
	const expected: Record<string, string[]> = {
		// The last word is still being typed; with something behind it, it is whole.
		garden: [rainGarden, gardening, theGarden],
		"garden ": [rainGarden, theGarden],
		"gard*": [rainGarden, gardening, theGarden],
		"gard* rain": [rainGarden, theGarden],
		"rain garden": [rainGarden, theGarden],
		'"rain in the garden"': [rainGarden],
		'"in the': [rainGarden, theGarden],
		"“in the garden”": [rainGarden],
		"garden -rain": [],
		"gard* -rain": [gardening],
		'garden -"in the rain"': [rainGarden],
		'gard* -"in the rain"': [rainGarden, gardening],
		"-garden": [café, gärten, gardening],
		GARTEN: [gärten],
		lowen: [gärten],
		CAFÉ: [café],
		"fine wide": [café],
		"in-the": [rainGarden, theGarden], // a phrase
		"garden OR winter": [],
		ga: [],
		'"': [],
		"-": [],
		"*": [],
		'"" -"" ** !?': [],
	};
	for (const [q, contents] of Object.entries(expected)) expect([q, await found(anonymous, q)]).toEqual([q, contents]);
});

test("scripts that put no spaces between words are found by any part of a run", async () => {
	const { anonymous } = await withPosts("今日は東京で散歩しました", "東の京都", "한국어를 배워요", "Tokyo東京tower");
	expect(await found(anonymous, "東京")).toEqual(["Tokyo東京tower", "今日は東京で散歩しました"]);
	expect(await found(anonymous, "散歩 東京")).toEqual(["今日は東京で散歩しました"]);
	expect(await found(anonymous, "국어")).toEqual(["한국어를 배워요"]);
	expect(await found(anonymous, "tower ")).toEqual(["Tokyo東京tower"]);
	expect(await found(anonymous, "京東")).toEqual([]);
});

test("operators tell who, about what and when; those that make no sense are words", async () => {
	const app = testApp();
	await app.as("ada");
	await app.as("bob");
	const on = (day: string, name: string) => {
		app.clock.now = new Date(`${day}T12:00:00Z`);
		return signedIn(app, name);
	};
	await (await on("2026-05-01", "ada")).post("/posts/", { content: "Tea with @bob #Tea" });
	await (await on("2026-05-02", "bob")).post("/posts/", { content: "Tea is tea #tea #Ångström" });
	await (await on("2026-05-03", "ada")).post("/posts/", { content: "from:nobody and http://x.example/#tea after:now" });
	const [first, second, third] = [
		"Tea with @bob #Tea",
		"Tea is tea #tea #Ångström",
		"from:nobody and http://x.example/#tea after:now",
	];
	const expected: Record<string, string[]> = {
		"from:ada": [third, first],
		"from:ADA tea": [third, first],
		"from:ada from:bob": [third, second, first],
		"-from:ada": [second],
		"from:nobodyatall": [],
		"#tea": [second, first],
		"#TEA -from:bob": [first],
		"#ångström": [second],
		"-#tea": [third],
		"@bob": [first],
		"@ada": [],
		"after:2026-05-02": [third, second],
		"before:2026-05-02": [first],
		"after:2026-05-02 before:2026-05-03": [second],
		"after:2026-13-45": [],
		"after:now": [third],
		"from:!": [third], // "from", a word
	};
	for (const [q, contents] of Object.entries(expected))
		expect([q, await found(app.anonymous, q)]).toEqual([q, contents]);
	expect(await found(app.anonymous, "tea", "&author=bob")).toEqual([second]);
	expect(await found(app.anonymous, "tea", "&sort=oldest")).toEqual([first, second, third]);
});

test("a snippet shows why a post was found", async () => {
	const long = `${"Lorem ipsum dolor sit amet ".repeat(30)}the 🦊 Füchse are here ${"consectetur ".repeat(40)}`;
	const { ada, anonymous } = await withPosts("A fox & <b>another</b> fox 🦊 fox", long);
	await ada.post("/posts/", { title: "Fox news", content: "Nothing of it" });
	const snippet = async (q: string) => {
		const { body } = await anonymous.get(path(q));
		return body.items.map(({ snippet }: { snippet?: { field: string; text: string; highlights: number[][] } }) =>
			snippet ? [snippet.field, ...snippet.highlights.map(([from, to]) => snippet.text.slice(from, to))] : null,
		);
	};

	expect(await snippet("fox ")).toEqual([
		["title", "Fox"],
		["content", "fox", "fox", "fox"],
	]);
	expect(await snippet("fuchse")).toEqual([["content", "Füchse"]]);
	expect(await snippet('"are here" fuc*')).toEqual(
		[["content", "Füchse are here"]].map(() => ["content", "Füchse", "are here"]),
	);
	const { body } = await anonymous.get(path("fuchse"));
	const { text } = body.items[0].snippet;
	expect(text.length).toBeLessThanOrEqual(202);
	expect([text.startsWith("…"), text.endsWith("…"), text.isWellFormed()]).toEqual([true, true, true]);
	expect(await snippet("from:ada ")).toEqual([null, null, null]);
	expect((await anonymous.get("/posts/")).body.items[0]).not.toHaveProperty("snippet");
});

test("by relevance come first those that say it more often, in fewer words or in the title", async () => {
	const { ada, anonymous } = await withPosts(
		`tea ${"and other things that have nothing to do with it ".repeat(5)}`,
		"tea tea tea",
		"I had tea",
	);
	await ada.post("/posts/", { title: "Tea", content: "The one with the title" });
	const order = await found(anonymous, "tea ", "&sort=relevance");
	expect(order.map((content) => content.slice(0, 8))).toEqual(["The one ", "tea tea ", "I had te", "tea and "]);
	// While others write, nothing comes twice, and nothing is left out.
	const first = await anonymous.get(path("tea ", "&sort=relevance&limit=2"));
	await ada.post("/posts/", { content: "tea tea tea tea tea" });
	const second = await anonymous.get(path("tea ", `&sort=relevance&limit=2&cursor=${first.body.next_cursor}`));
	expect([...first.body.items, ...second.body.items].map(({ content }) => content)).toEqual(order);

	const refused = await anonymous.get("/posts/?sort=relevance");
	expect([refused.status, refused.body.errors[0].pointer]).toEqual([422, "/sort"]);
	expect((await anonymous.get(path("tea", `&cursor=${first.body.next_cursor}`))).status).toBe(422);
});

test("tags are found by how they start, and by who used them these days", async () => {
	const app = testApp();
	await app.as("bob");
	let ada: Client = await app.as("ada");
	const names = async (query: string, client: Client = app.anonymous) =>
		(await walk(client, `/tags${query}`, 2)).map(({ name, post_count }) => `${name} ${post_count}`);
	const { body: old } = await ada.post("/posts/", { content: "#Old #gardens" });
	app.clock.now = new Date(app.clock.now.getTime() + 10 * 86_400_000);
	ada = await signedIn(app, "ada");
	const bob = await signedIn(app, "bob");
	await ada.post("/posts/", { content: "#garden #garden #Ünder" });
	await ada.post("/posts/", { content: "#garden" });
	await bob.post("/posts/", { content: "#garden #rare" });
	await bob.post("/posts/", { content: "#secret #rare", visibility: "private" });

	expect(await names("")).toEqual(["garden 3", "gardens 1", "old 1", "rare 1", "ünder 1"]);
	expect(await names("?q=%23Gard")).toEqual(["garden 3", "gardens 1"]);
	expect(await names("?trending")).toEqual(["garden 3", "ünder 1", "rare 1"]);
	expect(await names("?trending=false&q=o")).toEqual(["old 1"]);
	expect(await names("", bob)).not.toContain("secret 1");
	const posts = async (client: Client, tag: string) =>
		(await walk(client, `/tags/${tag}`, 2)).map(({ content }) => content);
	expect(await posts(app.anonymous, "GARDEN")).toEqual(["#garden #rare", "#garden", "#garden #garden #Ünder"]);
	expect(await posts(app.anonymous, "secret")).toEqual([]);
	expect(await posts(bob, "secret")).toEqual(["#secret #rare"]);
	expect(await posts(app.anonymous, "no%20tag")).toEqual([]);

	await ada.patch(`/posts/${old.id}`, { content: "#new instead" });
	expect(await names("?q=old")).toEqual([]);
	expect(await names("?q=new")).toEqual(["new 1"]);
	await ada.delete(`/posts/${old.id}`);
	expect(await names("?q=new")).toEqual([]);
});

test.each([
	["#one, #Two. (#three) #vier! #日本", ["one", "two", "three", "vier", "日本"]],
	["a#b ##c #1 #12a #_ #_x https://x.example/#part /#path &#39;", ["12a", "_x"]],
	["#same #SAME #ＳＡＭＥ", ["same"]],
])("the tags of %s", (text, tags) => {
	expect(tagsIn(text)).toEqual(tags);
});

test.each([
	["@Ada and @bob_1, (@cyd) @ada", ["ada", "bob_1", "cyd"]],
	["mail@example.com @ab @ada@elsewhere.example https://x.example/@ada", []],
])("who %s mentions", (text, names) => {
	expect(mentionsIn(text)).toEqual(names);
});

test("whoever takes a name later is not mentioned by what was written before", async () => {
	const { as, anonymous } = testApp();
	const ada = await as("ada");
	await ada.post("/posts/", { content: "Where is @cyd?" });
	const cyd = await as("cyd");
	expect(await found(anonymous, "@cyd")).toEqual([]);
	await ada.post("/posts/", { content: "There is @cyd!" });
	expect(await found(anonymous, "@cyd")).toEqual(["There is @cyd!"]);
	await cyd.delete("/users/me", { password: cyd.password });
	await as("cyd");
	expect(await found(anonymous, "@cyd")).toEqual([]);
});

test("whatever is typed is a query, and its answer is a page", async () => {
	const { ada } = await withPosts("The quick brown fox", "“fox” 東京 #fox @ada");
	const pieces = fc.constantFrom(
		...['"', "-", "*", "#", "@", ":", "from:", "from:ada", "before:2026-01-01", "after:", "#fox", "fox", " ", "東京"],
		..."AND OR NOT NEAR( ) ^ { } + \\ % _ \0 \ud83e \udd8a \u0301 ﬁ \ue000a1 marks:".split(" "),
	);
	const typed = fc.oneof(
		fc.string({ unit: "grapheme", maxLength: 60 }),
		fc.string({ unit: "binary", maxLength: 60 }),
		fc.array(pieces, { maxLength: 20 }).map((all) => all.join("")),
		fc.array(pieces, { maxLength: 40 }).map((all) => all.join(" ")),
	);
	const sorts = fc.constantFrom("newest", "oldest", "popular", "relevance");
	await fc.assert(
		fc.asyncProperty(typed, sorts, async (q, sort) => {
			expect(() => parseQuery(q)).not.toThrow();
			if (!q.trim() || [...q].length > 500) return;
			const { status } = await ada.get(path(q.toWellFormed(), `&sort=${sort}`));
			expect([q, status]).toEqual([q, 200]);
		}),
		{ numRuns: 300 },
	);
});

// A naive search: every post is looked at, one after the other.
type Post = { id: string; author: string; visibility: string; words: string[] };
const vocabulary = ["tea", "rain", "cat"];
const people = ["ada", "bob", "cyd"];
const steps = fc.array(
	fc.record({
		act: fc.constantFrom("post", "post", "post", "edit", "hide", "delete", "follow", "unfollow"),
		who: fc.nat(2),
		whom: fc.nat(2),
		what: fc.nat(20),
		words: fc.array(fc.constantFrom(...vocabulary), { minLength: 1, maxLength: 3 }),
		visibility: fc.constantFrom("public", "followers", "private"),
	}),
	{ minLength: 5, maxLength: 30 },
);

test("after any history everybody finds exactly what they may see and what matches", async () => {
	await fc.assert(
		fc.asyncProperty(steps, async (history) => {
			const app = testApp();
			const clients = new Map<string, Person>();
			for (const name of people) clients.set(name, await app.as(name));
			const posts: Post[] = [];
			const follows = new Set<string>();
			for (const { act, who, whom, what, words, visibility } of history) {
				const [name = "", other = ""] = [people[who], people[whom]];
				const client = clients.get(name) as Person;
				const mine = posts.filter(({ author }) => author === name);
				const post = mine[what % Math.max(1, mine.length)];
				const content = `${words.join(" ")} #${words[0]} @${other}`;
				if (act === "post") {
					const { body } = await client.post("/posts/", { content, visibility });
					posts.unshift({ id: body.id, author: name, visibility, words: [...words, `#${words[0]}`, `@${other}`] });
				} else if (act === "edit" && post) {
					await client.patch(`/posts/${post.id}`, { content });
					post.words = [...words, `#${words[0]}`, `@${other}`];
				} else if (act === "hide" && post) {
					await client.patch(`/posts/${post.id}`, { visibility });
					post.visibility = visibility;
				} else if (act === "delete" && post) {
					await client.delete(`/posts/${post.id}`);
					posts.splice(posts.indexOf(post), 1);
				} else if (act === "follow" || act === "unfollow") {
					await (act === "follow" ? client.post : client.delete)(`/users/${other}/follow`);
					if (name !== other) follows[act === "follow" ? "add" : "delete"](`${name} ${other}`);
				}
			}
			const queries: [q: string, matches: (post: Post) => boolean][] = [
				["tea ", ({ words }) => words.some((word) => word.includes("tea"))],
				["tea rain", ({ words }) => ["tea", "rain"].every((w) => words.some((word) => word.includes(w)))],
				["tea -rain", ({ words }) => words.some((w) => w.includes("tea")) && !words.some((w) => w.includes("rain"))],
				["#cat", ({ words }) => words.includes("#cat")],
				["@bob", ({ words }) => words.includes("@bob")],
				["from:ada", ({ author }) => author === "ada"],
				["-from:ada cat", ({ author, words }) => author !== "ada" && words.some((word) => word.includes("cat"))],
			];
			for (const viewer of [null, ...people]) {
				const client = viewer === null ? app.anonymous : (clients.get(viewer) as Person);
				const sees = ({ author, visibility }: Post) =>
					visibility === "public" ||
					author === viewer ||
					(visibility === "followers" && follows.has(`${viewer} ${author}`));
				for (const [q, matches] of queries) {
					const expected = posts.filter((post) => sees(post) && matches(post)).map(({ id }) => id);
					const ids = async (rest: string) => (await walk(client, path(q, rest), 3)).map(({ id }) => id);
					expect([viewer, q, await ids("")]).toEqual([viewer, q, expected]);
					expect([viewer, q, await ids("&sort=oldest")]).toEqual([viewer, q, expected.toReversed()]);
					for (const sort of ["popular", "relevance"])
						expect([viewer, q, (await ids(`&sort=${sort}`)).sort()]).toEqual([viewer, q, expected.toSorted()]);
				}
			}
		}),
		{ numRuns: 25 },
	);
});
