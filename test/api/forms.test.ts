import { beforeEach, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { type Person, type TestApp, testApp } from "../support/app";
import { form, picture } from "../support/pictures";
import { runs } from "../support/runs";

let app: TestApp;
let incomingDir: string;
let ada: Person;
beforeEach(async () => {
	incomingDir = join(await mkdtemp(join(tmpdir(), "minifeed-")), "incoming");
	app = testApp({ incomingDir });
	ada = await app.as("ada");
});
const jpeg = await picture();

type Part = { name: string; value?: string | Blob; filename?: string; type?: string; extra?: string };

/** Sends a form as a browser encodes it, part by part. */
async function send(method: string, path: string, parts: Part[], boundary = "----form7") {
	const pieces = parts.flatMap(({ name, value = "", filename, type, extra = "" }) => [
		`--${boundary}\r\nContent-Disposition: form-data; name="${name}"`,
		filename === undefined ? "" : `; filename="${filename}"`,
		`${extra}\r\n`,
		type ? `Content-Type: ${type}\r\n` : "",
		"\r\n",
		value,
		"\r\n",
	]);
	const body = await new Blob([...pieces, `--${boundary}--\r\n`]).bytes();
	const headers = {
		authorization: `Bearer ${ada.accessToken}`,
		"content-type": `multipart/form-data; boundary=${boundary}`,
	};
	return app.request(method, path, { body, headers });
}
const octets = "application/octet-stream";
/** The part of a file input in which the user chose no file. */
const unchosen = (name: string): Part => ({ name, filename: "", type: octets });
const photo = (name: string, filename = "photo.jpg"): Part => ({ name, filename, type: "image/jpeg", value: jpeg });
const post = (...parts: Part[]) => send("POST", "/posts/", parts);
const profile = (...parts: Part[]) => send("PATCH", "/users/me", parts);
const text = (name: string, value: string): Part => ({ name, value });
const pointersOf = ({ body }: { body: { errors?: { pointer: string }[] } }) =>
	body.errors?.map(({ pointer }) => pointer);

test("a form without a picture is as good as JSON, whether or not it has a file input", async () => {
	for (const input of [[], [unchosen("image")], [unchosen("image"), unchosen("image")]]) {
		const made = await post(text("content", "Hello"), text("title", "Tea"), text("image_alt", ""), ...input);
		expect([made.status, made.body.content, made.body.title, made.body.image]).toEqual([201, "Hello", "Tea", null]);
		const path = `/posts/${made.body.id}`;
		const changed = await send("PATCH", path, [text("content", "Hello again"), text("title", ""), ...input]);
		expect([changed.status, changed.body.content, changed.body.title]).toEqual([200, "Hello again", null]);
	}
	for (const input of [[], [unchosen("avatar")]]) {
		const { status, body } = await profile(text("display_name", "Ada"), text("bio", "Hi"), ...input);
		expect([status, body.display_name, body.bio]).toEqual([200, "Ada", "Hi"]);
	}
	expect(existsSync(incomingDir)).toBe(false); // no file was made for a picture that never came
});

test("a file input in which no file was chosen leaves the picture as it is", async () => {
	const { body: made } = await post(photo("image"), text("image_alt", "A wall"));
	const changed = await send("PATCH", `/posts/${made.id}`, [unchosen("image"), text("content", "Look")]);
	expect(changed.body.image).toEqual(made.image);
	const { avatar_url } = (await profile(photo("avatar"))).body;
	expect((await profile(unchosen("avatar"), text("bio", "Hi"))).body.avatar_url).toBe(avatar_url);
});

test("a form that says nothing is refused", async () => {
	for (const [parts, pointer] of [
		[[], ""],
		[[unchosen("avatar")], "/avatar"],
		[[text("_charset_", "UTF-8")], ""],
	] as const) {
		const reply = await profile(...parts);
		expect([reply.status, pointersOf(reply)]).toEqual([422, [pointer]]);
	}
	const empty = await post(text("content", ""), text("title", ""), unchosen("image"));
	expect([empty.status, pointersOf(empty)]).toEqual([422, ["/content"]]);
});

test("pictures come with any name, or none, before or after the text", async () => {
	const parts: Part[] = [
		photo("image"),
		photo("image", "фото – été.jpg"),
		photo("image", "a%22b%0D%0A.jpg"),
		photo("image", 'a\\"b;c=d.jpg'),
		photo("image", "blob"),
		photo("image", ""),
		{ name: "image", value: jpeg, type: "image/jpeg" },
		{ name: "image", value: jpeg, type: octets },
		{ name: "image", value: jpeg, extra: "; filename*=utf-8''%C3%A9t%C3%A9.jpg" },
	];
	for (const part of parts)
		for (const order of [
			[part, text("content", "Look")],
			[unchosen("image"), text("content", "Look"), part],
		]) {
			const { status, body } = await post(...order);
			expect([part.filename ?? part.type, status, body.content, body.image?.width]).toEqual([
				part.filename ?? part.type,
				201,
				"Look",
				64,
			]);
		}
});

test("a text as a file, and a file as a text, are named", async () => {
	const errors = async (...parts: Part[]) => {
		const { status, body } = await post(...parts);
		return [status, body.errors];
	};
	const note = (name: string): Part => ({ name, filename: "note.txt", type: "text/plain", value: "Hello" });
	expect(await errors(note("content"))).toEqual([422, [{ pointer: "/content", detail: "Must be text, not a file." }]]);
	expect(await errors(text("content", "x"), text("image", "data:image/png;base64,iVBORw0K"))).toEqual([
		422,
		[{ pointer: "/image", detail: "Must be a file with a JPEG, PNG, WebP or still GIF." }],
	]);
	expect(await errors(text("content", "x"), { name: "image", filename: "a.jpg", type: "image/jpeg" })).toEqual([
		422,
		[{ pointer: "/image", detail: "The file is empty." }],
	]);
	expect(await errors(text("content", "x"), photo("images"), unchosen("photo"))).toEqual([
		422,
		[
			{ pointer: "/images", detail: "There is no such field; did you mean image?" },
			{ pointer: "/photo", detail: "There is no such field." },
		],
	]);
	expect((await ada.get("/posts/")).body.items).toEqual([]);
});

test("a field that comes twice is refused, also a picture beside its removal", async () => {
	for (const parts of [
		[text("content", "a"), text("content", "a")],
		[photo("image"), photo("image")],
		[text("image", ""), photo("image")],
		[photo("image"), text("image", "")],
		[text("content", "a"), { ...photo("content") }],
	])
		expect((await post(text("title", "x"), ...parts)).body.code).toBe("malformed");
	while (readdirSync(incomingDir).length > 0) await Bun.sleep(1); // deleted after the answer
});

test("a form says its encoding in _charset_, which must be UTF-8, or in the type of a part", async () => {
	for (const charset of ["UTF-8", "utf-8", "utf8"])
		expect((await post(text("_charset_", charset), text("content", "é"))).body.content).toBe("é");
	const other = await post(text("_charset_", "windows-1252"), text("content", "x"));
	expect([other.status, pointersOf(other)]).toEqual([422, ["/_charset_"]]);
	const typed = (type: string) => post({ name: "content", value: "é", type });
	for (const type of ["text/plain", "text/plain; charset=UTF-8", "application/json"])
		expect((await typed(type)).body.content).toBe("é");
	const latin = new Blob([new Uint8Array([0x63, 0xe9])]);
	const typedLatin = await post({ name: "content", value: latin, type: "text/plain; charset=iso-8859-1" });
	expect(typedLatin.body.content).toBe("cé");
	const untyped = await post({ name: "content", value: latin });
	expect([untyped.status, untyped.body.detail]).toEqual([400, "The text of the form is not UTF-8."]);
	expect((await post(text("content", "What is \ufffd?"))).body.content).toBe("What is \ufffd?");
});

test("one line break is one character and one LF, in forms and in JSON, for every kind of text", async () => {
	const content = `${"a".repeat(49)}\r\n`.repeat(100); // 5000 characters, as a page counts them
	const unix = content.replaceAll("\r\n", "\n");
	const made = await post(text("content", content), text("title", "a\r\nb"));
	expect([made.status, made.body.content, made.body.title]).toEqual([201, unix, "a b"]);
	expect((await ada.post("/posts/", { content, title: "a\rb" })).body).toMatchObject({ content: unix, title: "a b" });
	const same = await send("PATCH", `/posts/${made.body.id}`, [text("content", content), text("title", "a\r\nb")]);
	expect(same.body.edited_at).toBeNull();

	const bio = `${"b".repeat(24)}\r\n`.repeat(20);
	expect((await profile(text("bio", bio))).body.bio).toBe(bio.replaceAll("\r\n", "\n"));
	expect((await ada.patch("/users/me", { bio })).body.bio).toBe(bio.replaceAll("\r\n", "\n"));
	const comments = `/comments/posts/${made.body.id}/comments`;
	expect((await ada.post(comments, { content: `${"c".repeat(1998)}\r\nd` })).body.content).toBe(
		`${"c".repeat(1998)}\nd`,
	);
});

const words = fc.string({ unit: fc.constantFrom("a", "\r", "\n", "\\", "r", "u000d", '"', "é"), maxLength: 40 });

test("a form and JSON keep the same text", async () => {
	await fc.assert(
		fc.asyncProperty(words, async (bio) => {
			const kept = (await ada.patch("/users/me", { bio })).body.bio;
			expect(kept).toBe(bio.trim() === "" ? "" : bio.replace(/\r\n|\r/g, "\n"));
			expect((await ada.patch("/users/me", form({ bio }))).body.bio).toBe(kept);
		}),
		{ numRuns: runs(50) },
	);
});

test("a password keeps its line breaks", async () => {
	const odd = "correct\r\nhorse\rbattery";
	const account = { username: "bob", email: "bob@example.com", password: odd };
	expect((await app.anonymous.post("/auth/register", account)).status).toBe(201);
	const login = (password: string) => app.anonymous.post("/auth/login", { username: "bob", password });
	expect((await login(odd)).status).toBe(200);
	expect((await login(odd.replace(/\r\n?/g, "\n"))).status).toBe(401);
});

test("a person who may send no more pictures may still send forms without one", async () => {
	app = testApp({ incomingDir, media: { maxUploadBytes: 10 ** 6, userQuotaBytes: 0, minFreeBytes: 0 } });
	ada = await app.as("ada");
	expect((await profile(text("bio", "Hi"), unchosen("avatar"))).status).toBe(200);
	expect((await post(text("content", "Hello"))).status).toBe(201);
	expect((await profile(photo("avatar"))).body.code).toBe("too_large");
});
