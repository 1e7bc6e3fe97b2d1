import { afterAll, beforeAll, expect, test } from "bun:test";
import { unzipSync } from "fflate";
import { type Entry, zip } from "../../src/takeout/zip";
import { password } from "../support/app";
import { form, picture } from "../support/pictures";
import { connection, type Program, program } from "../support/server";

let server: Program;
let address: string;
beforeAll(async () => {
	server = program();
	address = await server.address();
});
afterAll(async () => {
	const { code, stdout, stderr } = await server.stop();
	server.remove();
	expect([code, stderr, stdout.includes('"level":"error"')]).toEqual([0, "", false]);
});

async function registered(username: string) {
	const reply = await fetch(`${address}/auth/register`, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ username, email: `${username}@example.com`, password }),
	});
	const { access_token } = (await reply.json()) as { access_token: string };
	return { authorization: `Bearer ${access_token}` };
}

/** Noise, which no format makes small. */
const noisy = (seed: number) => {
	const colour = () => Math.floor(Math.random() * 256);
	return picture({ width: 1200, height: 900, at: () => [colour(), colour(), (colour() + seed) % 256] });
};

test("over the wire it comes whole, and a reader who goes away makes room for the next", async () => {
	const headers = await registered("ada");
	const images = await Promise.all(Array.from({ length: 12 }, (_, i) => noisy(i)));
	for (const image of images)
		expect((await fetch(`${address}/posts/`, { method: "POST", headers, body: form({ image }) })).status).toBe(201);
	const ask = () => fetch(`${address}/users/me/export`, { headers });

	const whole = await ask();
	expect([whole.status, whole.headers.get("transfer-encoding")]).toEqual([200, "chunked"]);
	expect(Object.keys(unzipSync(await whole.bytes())).filter((name) => name.endsWith(".webp"))).toHaveLength(12);

	const { send, answered, end } = await connection(address);
	send(`GET /users/me/export HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${headers.authorization}\r\n\r\n`);
	await answered;
	end();
	for (;;) {
		const again = await ask();
		await again.bytes();
		if (again.status === 200) break;
		expect(again.status).toBe(503);
		await Bun.sleep(5);
	}
	expect((await fetch(`${address}/users/me/export`, { method: "HEAD", headers })).status).toBe(200);
	const last = await ask();
	expect(last.status).toBe(200);
	await last.bytes();
}, 60_000);

test("an archive says how many files are in it, also when there are more than fit into its usual record", async () => {
	for (const count of [65_534, 65_535, 70_000]) {
		async function* entries(): AsyncGenerator<Entry> {
			const modifiedAt = new Date("2026-01-02T03:04:05Z");
			async function* content() {
				yield "x";
			}
			for (let i = 0; i < count; i++) yield { name: `é${i}`, modifiedAt, content: content() };
		}
		const files = unzipSync(Buffer.concat(await Array.fromAsync(zip(entries()))));
		expect([count, Object.keys(files).length, `é${count - 1}` in files]).toEqual([count, count, true]);
	}
}, 60_000);
