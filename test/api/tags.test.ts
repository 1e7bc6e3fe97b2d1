import { beforeEach, expect, test } from "bun:test";
import fc from "fast-check";
import { mentionsIn, tagNamed, tagsIn } from "../../src/social/search/hashtags";
import { parseQuery } from "../../src/social/search/query";
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

type Case = [text: string, ...names: string[]];
const read = (namesIn: (text: string) => string[], cases: Case[]) => {
	for (const [text, ...names] of cases) expect([text, ...namesIn(text)]).toEqual([text, ...names]);
};

test("a hashtag is letters, marks, digits and underscores after a # that begins a word", () => {
	read(tagsIn, [
		["#Garden and #garden, #GARDEN", "garden"],
		["(#tea) “#milk” #a_b. #x1!", "tea", "milk", "a_b", "x1"],
		["#東京 ＃ｗｉｄｅ #café #हिन्दी", "東京", "wide", "café", "हिन्दी"],
		["#ภาษาไทย #العَرَبِيَّة #ｶﾞｰﾃﾞﾝ ＃日本語、＃英語", "ภาษาไทย", "العَرَبِيَّة", "ガーデン", "日本語", "英語"],
		["#1 #2026 #_ # #- a#b a_#b ##c &#39; /#d @#e x=#f 東京#タグ #\u0301a"],
		["#a#b #c++ #don't ①#x 1#y", "a", "c", "don", "x"],
		[`#${"a".repeat(100)} #${"b".repeat(101)}`, "a".repeat(100)],
		["#2026er #CO₂", "2026er", "co2"],
	]);
	expect(tagsIn(Array.from({ length: 99 }, (_, i) => `#t${i}`).join(" "))).toHaveLength(30);
});

test("a hashtag is not cut at a character that its language writes inside of words", () => {
	read(tagsIn, [
		["#نرم\u200cافزار خوب", "نرم\u200cافزار"],
		["#ශ්\u200dරී_ලංකා", "ශ්\u200dරී_ලංකා"],
		["#അവന്\u200d വന്നു", "അവന്\u200d"],
		["#garden\u200d #\u200dtea #milk\u200c\u200d", "garden", "tea", "milk"],
		["#ぼっち・ざ・ろっく #ぼっち･ざ・ #あ・#い", "ぼっち・ざ・ろっく", "ぼっち・ざ", "あ", "い"],
		["#Paral·lel #Paral\u0387lel #l·", "paral·lel", "l"],
		["#בית־ספר #צה״ל #བོད་སྐད་", "בית־ספר", "צה״ל", "བོད་སྐད"],
		["#けもの〜フレンズ #けもの～フレンズ", "けもの〜フレンズ"],
		["#gar\u00adden #葛\u{e0100}飾", "garden", "葛飾"],
		["#LEGO™ #garden\u200bgnome #tea\u3164cup #\u3164", "lego", "garden", "tea"],
		["\u200f#\u200fעברית\u200f \u2067#ع\u2069", "עברית", "ع"],
	]);
});

test("emoji inside of a hashtag belong to it, at its ends they are decoration, and alone they are one", () => {
	read(tagsIn, [
		["#I❤️NY #I❤NY", "i❤ny"],
		["#garden🌱 #🌱garden #tea☕️#milk", "garden", "tea", "milk"],
		["#⚽️ #👩‍👩‍👧 #🇺🇦 #👍🏽", "⚽", "👩‍👩‍👧", "🇺🇦", "👍🏽"],
		["❤️#one 🎉#two 1️⃣#three 🏴󠁧󠁢󠁥󠁮󠁧󠁿#four", "one", "two", "three", "four"],
		["#️⃣ #️⃣x #© #→a #1🎉"],
	]);
});

test("an address has neither hashtags nor mentions in it, and ends where browsers end it", () => {
	read(tagsIn, [
		["https://example.com/#a http://x.example/?q=#a www.example.com/#b gemini://x.example/,#c example.com/#d"],
		["https://ja.wikipedia.org/wiki/東京#歴史 https://x.example/a_(b)#c 見てwww.x.example?,#d"],
		["see https://example.com/ #after", "after"],
		["（https://example.org）#a https://example.org。#b 「https://example.org/x」#c", "a", "b", "c"],
		[
			"(https://example.org)#a [x](https://x.example/)#b <https://x.example/>#c “https://x.example/”#d",
			"a",
			"b",
			"c",
			"d",
		],
		["https://example.org,#a https://example.org/🎉#b https://example.org！#c", "a", "b", "c"],
		["awww.#a www.#b WWW.example.org/,#c", "a", "b"],
	]);
	read(mentionsIn, [
		["https://example.com/@ada https://ada:x@bob.example www.x.example/,@eve"],
		["https://example.com。@ada 「https://example.com/@x」@bob", "ada", "bob"],
	]);
});

test("a mention is a username after an @ that begins a word", () => {
	read(mentionsIn, [
		["@Ada, (@bob) @ada. ＠ｅｖｅ", "ada", "bob", "eve"],
		["@ada's @bob-san @eve: @joe! @ann🎉 ❤️@tim ①@kim", "ada", "bob", "eve", "joe", "ann", "tim", "kim"],
		[".@ada well...@bob (.@eve) @joe...then", "ada", "bob", "eve", "joe"],
		["a@bob @ab first.last@ada /@eve a=@eve josé@eve jose\u0301@eve почта@eve 2@eve @éve @evelyné @evelyn\u0301"],
		[`@${"a".repeat(31)} @${"a".repeat(30)}`, "a".repeat(30)],
	]);
});

test("a mention may touch letters of a script without case, which no username continues in", () => {
	read(mentionsIn, [
		["@adaさん 昨日@bobと話した 、@eve。", "ada", "bob", "eve"],
		["@ada님 안녕@bob는 @eve你好 和@joe一起 ー@kim", "ada", "bob", "eve", "joe", "kim"],
		["ขอบคุณที่@adaนะ ש@bob و@eve @joeने", "ada", "bob", "eve", "joe"],
	]);
});

test("a mention is of no account here where the name goes on elsewhere", () => {
	read(mentionsIn, [
		["@x@elsewhere.example @ada@elsewhere @ada-l@elsewhere @ada.l@elsewhere ＠ada＠elsewhere"],
		["@ada.example.org @ada.bsky.social @ada-l.bsky.social @ada.js @ada.Then @ada.münchen.example"],
		["@ada:matrix.org @types/node"],
		["@ada. Then @bob.\n@eve: hi @joe:hi @kim.そして @tim/@ann", "ada", "bob", "eve", "joe", "kim", "tim"],
	]);
});

const signs = fc.constantFrom(
	"#",
	" #",
	"@abc",
	".",
	"a",
	"東",
	"\u200d",
	"·",
	"🌱",
	"\ufe0f",
	"\u0301",
	"ﬁ",
	"İ",
	"～",
);
const textWithTags = fc
	.array(fc.oneof(signs, fc.string({ unit: "binary", maxLength: 3 })), { maxLength: 60 })
	.map((parts) => parts.join("").toWellFormed());

test("reading tags and mentions takes any text, in a time that goes with its length", () => {
	fc.assert(
		fc.property(textWithTags, (text) => {
			for (const tag of tagsIn(text)) {
				expect([tagsIn(`#${tag}`), tagNamed(tag)]).toEqual([[tag], tag]);
				expect(parseQuery(`#${tag}`).all).toEqual([{ kind: "tag", name: tag }]);
			}
			expect(mentionsIn(text).every((name) => /^[a-z0-9_]{3,30}$/.test(name))).toBe(true);
		}),
	);
	for (const unit of [
		"#",
		"#a",
		"@",
		"@abc",
		"a@",
		"https://",
		"www.",
		"_",
		"#_",
		"#🌱",
		"a·",
		"://(",
		"@abc-a.",
		"@abc:a.",
	])
		for (const text of [unit.repeat(50_000 / unit.length), `@abc#${unit.repeat(50_000 / unit.length)}`])
			for (const namesIn of [tagsIn, mentionsIn]) expect(namesIn(text).length).toBeLessThanOrEqual(30);
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

test("a tag is found however a text or a client writes it", async () => {
	await write(ada, "#نرم\u200cافزار #ぼっち・ざ・ろっく #garden🌱 #I❤️NY");
	const ways = {
		garden: ["#garden", "＃garden", "garden🌱", "🌱garden", "ＧＡＲＤＥＮ", "garden\u200d", "gar\u00adden"],
		"نرم\u200cافزار": ["#نرم\u200cافزار"],
		"ぼっち・ざ・ろっく": ["ぼっち･ざ･ろっく", "#ぼっち・ざ・ろっく"],
		"i❤ny": ["I❤️NY", "i❤NY"],
	};
	const count = async (path: string) => (await app.anonymous.get(path)).body.items.length;
	for (const [name, others] of Object.entries(ways))
		for (const way of [name, ...others]) {
			expect([way, await count(`/tags/${encodeURIComponent(way)}`)]).toEqual([way, 1]);
			const q = `${way.startsWith("#") || way.startsWith("＃") ? "" : "#"}${way}`;
			expect([q, await count(`/posts/?q=${encodeURIComponent(q)}`)]).toEqual([q, 1]);
		}
	for (const none of ["##garden", "نرم", "ぼっち", "i", "ny", "I❤️"])
		expect([none, await count(`/tags/${encodeURIComponent(none)}`)]).toEqual([none, 0]);
	expect(await names(`/tags?q=${encodeURIComponent("＃ＧＡＲ\u00adＤ")}`)).toEqual(["garden"]);
	expect(await names(`/tags?q=${encodeURIComponent("#نرم\u200c")}`)).toEqual(["نرم\u200cافزار"]);
});

test("a search for a mention reads it as a text does", async () => {
	await write(bob, "hello @ada");
	await write(bob, "hello @ada.bsky.social");
	const found = async (q: string) => (await walk(app.anonymous, `/posts/?q=${encodeURIComponent(q)}`, 5)).length;
	for (const q of ["@ada", "＠ａｄａ", "@ada.", "@adaさん", "@ADA, hello", "-@ada hello"])
		expect([q, await found(q)]).toEqual([q, 1]);
	expect(await found("@ada.bsky.social ")).toBe(1);
	expect(await found("hello ")).toBe(2);
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
