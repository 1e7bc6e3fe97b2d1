import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { imageOf } from "../../src/media/files";
import { password } from "../support/app";
import { form, picture } from "../support/pictures";
import { connection, type Program, program, raw } from "../support/server";

type Post = { id: string; image: { url: string; thumbnail_url: string } };

let server: Program;
let address: string;
let headers: Record<string, string>;
beforeAll(async () => {
	server = program();
	address = await server.address();
	headers = await registered(address);
});
afterAll(async () => {
	await server.stop();
	server.remove();
});

async function registered(address: string) {
	const reply = await fetch(`${address}/auth/register`, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ username: "ada", email: "ada@example.com", password }),
	});
	const { access_token } = (await reply.json()) as { access_token: string };
	return { authorization: `Bearer ${access_token}` };
}

const upload = (image: Blob, to = address) => fetch(`${to}/posts/`, { method: "POST", headers, body: form({ image }) });
const posted = async (image: Blob) => (await (await upload(image)).json()) as Post;

test("a part of a picture can be fetched, and its size told", async () => {
	const { image } = await posted(await picture());
	const whole = await (await fetch(address + image.url)).bytes();
	const ask = async (range: string, more = {}) => {
		const reply = await fetch(address + image.url, { headers: { range, ...more } });
		return { status: reply.status, range: reply.headers.get("content-range"), bytes: await reply.bytes() };
	};
	const size = whole.length;

	expect(await ask("bytes=0-9")).toEqual({ status: 206, range: `bytes 0-9/${size}`, bytes: whole.slice(0, 10) });
	expect(await ask("bytes=-5")).toMatchObject({ status: 206, bytes: whole.slice(-5) });
	expect(await ask("bytes=20-")).toMatchObject({ status: 206, bytes: whole.slice(20) });
	expect(await ask("bytes=9999999-")).toMatchObject({ status: 416, range: `bytes */${size}` });
	for (const range of ["bytes=0-1,3-4", "lines=0-1", "x"])
		expect([range, (await ask(range)).bytes.length]).toEqual([range, size]);
	expect(await ask("bytes=0-9", { "if-range": '"another"' })).toMatchObject({ status: 200, bytes: whole });
	const head = await fetch(address + image.url, { method: "HEAD" });
	expect([head.status, head.headers.get("content-length")]).toEqual([200, String(size)]);
});

test("a path that leaves the folder leads nowhere, however it is written", async () => {
	for (const path of [
		"../secret.key",
		"..%2fsecret.key",
		"%2e%2e/secret.key",
		"..\\secret.key",
		".instance",
		"x%00.webp",
	])
		expect(await raw(address, `GET /uploads/${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)).toStartWith("HTTP/1.1 404");
});

test("a sender who goes away in the middle leaves nothing behind", async () => {
	const part = '--x\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n';
	const head =
		`POST /posts/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${headers.authorization}\r\n` +
		"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 5000000\r\n\r\n";
	const image = await picture();
	expect((await upload(image)).status).toBe(201); // so that both folders exist
	const names = (folder: string) => readdirSync(join(server.directory, "data", folder));
	const before = names("uploads").length;
	const senders = await Promise.all(Array.from({ length: 40 }, () => connection(address)));
	for (const { send } of senders) send(`${head}${part}${"x".repeat(100_000)}`);
	while (names("incoming").length < 20) await Bun.sleep(5);
	for (const { end } of senders) end();
	while (names("incoming").length > 0) await Bun.sleep(5);
	expect(names("uploads")).toHaveLength(before);
	while ((await upload(image)).status !== 201) await Bun.sleep(5); // the places get free again
});

test("the log tells of pictures, and not of which", async () => {
	const own = program();
	const address = await own.address();
	const headers = await registered(address);
	const body = form({ image: await picture(), visibility: "private", image_alt: "secretword" });
	const reply = await fetch(`${address}/posts/`, { method: "POST", headers, body });
	const { image } = (await reply.json()) as Post;
	expect((await fetch(address + image.url)).status).toBe(200);
	const { stdout } = await own.stop();
	own.remove();
	expect(stdout).toContain('"route":"/uploads/:name"');
	for (const secret of [...(image.url.match(/[0-9a-f]{32,}|(?<=access=).*/g) ?? []), "secretword"])
		expect(stdout).not.toContain(secret);
});

test("killed in the middle of uploads, it has no picture without its files, and serves no half one", async () => {
	const program1 = program();
	const first = await program1.address();
	const own = await registered(first);
	const pictures = await Promise.all(
		Array.from({ length: 60 }, (_, i) => picture({ width: 500, height: 400, at: (x, y) => [x + i, y, i] })),
	);
	const acknowledged: Post[] = [];
	const sent = pictures.map(async (image) => {
		const reply = await fetch(`${first}/posts/`, { method: "POST", headers: own, body: form({ image }) });
		if (reply.status === 201) acknowledged.push((await reply.json()) as Post);
	});
	while (acknowledged.length < 10) await Bun.sleep(1);
	program1.child.kill("SIGKILL");
	await Promise.allSettled(sent);
	await program1.exit();

	const second = program({}, program1.directory);
	const address = await second.address();
	const shown: Post[] = [];
	for (let path: string | null = "/posts/?limit=100"; path; ) {
		const page = (await (await fetch(address + path)).json()) as { items: Post[]; next_cursor: string | null };
		shown.push(...page.items);
		path = page.next_cursor && `/posts/?limit=100&cursor=${page.next_cursor}`;
	}
	const ids = new Set(shown.map(({ id }) => id));
	for (const { id } of acknowledged) expect(ids.has(id)).toBe(true);
	const files = new Set<string>();
	for (const { image } of shown)
		for (const url of [image.url, image.thumbnail_url]) {
			const reply = await fetch(address + url);
			expect(reply.status).toBe(200);
			expect((await new Bun.Image(await reply.bytes()).metadata()).format).toBe("webp");
			files.add(url.slice("/uploads/".length));
		}
	for (const name of readdirSync(join(program1.directory, "data/uploads")))
		if (imageOf(name) && !files.has(name)) expect((await fetch(`${address}/uploads/${name}`)).status).toBe(404);
	await second.stop();
	program1.remove();
}, 30_000);

test("with a database in memory, pictures are in memory as well", async () => {
	const forgetful = program({ DATABASE_PATH: ":memory:" });
	const address = await forgetful.address();
	const own = await registered(address);
	const reply = await fetch(`${address}/posts/`, {
		method: "POST",
		headers: own,
		body: form({ image: await picture() }),
	});
	const { image } = (await reply.json()) as Post;
	expect((await fetch(address + image.url)).status).toBe(200);
	expect((await forgetful.stop()).code).toBe(0);
	expect(readdirSync(join(forgetful.directory, "data")).sort()).toEqual(["incoming", "secret.key"]);
	forgetful.remove();
});
