import { beforeEach, expect, test } from "bun:test";
import fc from "fast-check";
import { mentionsIn, tagsIn } from "../../src/posts/tags";
import { type Person, type TestApp, testApp, walk } from "../support/app";

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
const names = async (path: string) => (await walk(app.anonymous, path, 2)).map(({ name }) => name);

test("a hashtag is letters, marks, digits and underscores after a # that begins a word", () => {
	const texts: [text: string, ...tags: string[]][] = [
		["#Garden and #garden, #GARDEN", "garden"],
		["(#tea) “#milk” #a_b. #x1!", "tea", "milk", "a_b", "x1"],
		["#東京 ＃ｗｉｄｅ #café #हिन्दी", "東京", "wide", "café", "हिन्दी"],
		["#1 #2026 #_ # #- a#b a_#b ##c &#39; /#d @#e"],
		["https://example.com/#part http://x.example/?q=#a www.example.com/#b"],
		["see https://example.com/ #after", "after"],
		[`#${"a".repeat(100)} #${"b".repeat(101)}`, "a".repeat(100)],
		["#2026er", "2026er"],
	];
	for (const [text, ...tags] of texts) expect([text, tagsIn(text)]).toEqual([text, tags]);
	expect(tagsIn(Array.from({ length: 99 }, (_, i) => `#t${i}`).join(" "))).toHaveLength(30);
});

test("a mention is a username after an @ that begins a word", () => {
	expect(mentionsIn("@Ada, (@bob) @ada.")).toEqual(["ada", "bob"]);
	expect(
		mentionsIn("a@bob @ab @x@elsewhere.example @eve@elsewhere.example https://x.example/@eve /@eve @évelyn"),
	).toEqual([]);
});

test("reading tags and mentions takes any text, in a time that goes with its length", () => {
	fc.assert(
		fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
			for (const tag of tagsIn(text)) expect(tagsIn(`#${tag}`)).toEqual([tag]);
			expect(mentionsIn(text).every((name) => /^[a-z0-9_]{3,30}$/.test(name))).toBe(true);
		}),
	);
	for (const unit of ["#", "#a", "@", "@abc", "a@", "https://", "www.", "_", "#_"])
		expect(tagsIn(unit.repeat(50_000 / unit.length)).length).toBeLessThanOrEqual(30);
});

test("a tag lists the posts that have it in their text or title, newest first, to who may see them", async () => {
	await write(ada, "one #Garden");
	await write(ada, "two", { title: "#garden" });
	await write(ada, "three #garden", { visibility: "followers" });
	await write(ada, "a garden #gardens");
	const contents = async (who: Person | TestApp["anonymous"], tag: string) =>
		(await walk(who, `/tags/${encodeURIComponent(tag)}`, 1)).map(({ content }) => content);
	expect(await contents(app.anonymous, "garden")).toEqual(["two", "one #Garden"]);
	expect(await contents(ada, "GARDEN")).toEqual(["three #garden", "two", "one #Garden"]);
	expect(await contents(bob, "garden")).toEqual(["two", "one #Garden"]);
	await bob.post("/users/ada/follow");
	expect(await contents(bob, "garden")).toHaveLength(3);
	for (const none of ["nothing", "#", "1", " ", "a b", "\u{e000}t1"])
		expect([none, await contents(ada, none)]).toEqual([none, []]);
});

test("tags are found by how they start, and counted by public posts alone", async () => {
	await write(ada, "#garden #gardening #gate #tea");
	await write(bob, "#Garden");
	await write(ada, "#garden #garbage", { visibility: "private" });
	expect((await app.anonymous.get("/tags?q=GARD")).body.items).toEqual([
		{ name: "garden", post_count: 2 },
		{ name: "gardening", post_count: 1 },
	]);
	expect(await names("/tags?q=%23ga")).toEqual(["garden", "gardening", "gate"]);
	expect(await names("/tags")).toEqual(["garden", "gardening", "gate", "tea"]);
	expect((await ada.get("/tags?q=garb")).body.items).toEqual([]);
	expect((await ada.get("/tags?q=%25")).body.items).toEqual([]);
});

test("a tag ends with the last post that has it, whichever way that ends", async () => {
	const edited = await write(ada, "#edited");
	const hidden = await write(ada, "#hidden");
	const removed = await write(ada, "#removed");
	await write(bob, "#left");
	expect(await names("/tags")).toEqual(["edited", "hidden", "left", "removed"]);
	await ada.patch(`/posts/${edited}`, { content: "#changed" });
	await ada.patch(`/posts/${hidden}`, { visibility: "private" });
	await ada.delete(`/posts/${removed}`);
	await bob.delete("/users/me", { password: bob.password });
	expect(await names("/tags")).toEqual(["changed"]);
	await ada.patch(`/posts/${hidden}`, { visibility: "public" });
	expect(await names("/tags")).toEqual(["changed", "hidden"]);
});

test("trending is what the most people used in public in seven days", async () => {
	const eve = await app.as("eve");
	const start = app.clock.now.getTime();
	for (const who of [ada, bob, eve]) await write(who, "#old");
	app.clock.now = new Date(start + 7 * 86_400_000 + 1);
	const again = async (username: string) => {
		const { body } = await app.anonymous.post("/auth/login", { username, password: ada.password });
		return { ...ada, ...app.withToken(body.access_token) };
	};
	const [a, b, e] = [await again("ada"), await again("bob"), await again("eve")];
	for (let i = 0; i < 5; i++) await write(a, "#alone");
	for (const who of [a, b]) await write(who, "#two #pair");
	await write(e, "#two");
	for (const who of [a, b, e]) await write(who, "#secret", { visibility: "followers" });
	expect(await names("/tags?trending")).toEqual(["two", "pair", "alone"]);
	expect(await names("/tags?trending&q=pa")).toEqual(["pair"]);
	expect((await app.anonymous.get("/tags?trending&limit=1")).headers.get("link")).toContain("/tags?trending");
});

test("posts that are not public do not push others out of what is trending", async () => {
	await write(bob, "#public");
	const tags = Array.from({ length: 30 }, (_, i) => `#hidden${i}`).join(" ");
	for (let i = 0; i < 101; i++) await write(ada, tags, { visibility: "private" });
	expect(await names("/tags?trending")).toEqual(["public"]);
});

test("a cursor of another list of tags is refused", async () => {
	for (const tag of ["#one", "#two"]) await write(ada, tag);
	const { next_cursor } = (await app.anonymous.get("/tags?limit=1")).body;
	for (const path of ["/tags?q=o&", "/tags?trending&", "/tags/one?", "/posts/?"])
		expect([path, (await app.anonymous.get(`${path}cursor=${next_cursor}`)).status]).toEqual([path, 422]);
	expect((await app.anonymous.get(`/tags?cursor=${next_cursor}`)).body.items).toEqual([{ name: "two", post_count: 1 }]);
});
