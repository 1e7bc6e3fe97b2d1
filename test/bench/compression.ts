import { type Coding, negotiate } from "../../src/http/compress";
import { seed, seedPassword } from "../../src/seed";
import { memoryApp } from "../../src/testing/memory";
import { median } from "./load";

/**
 * `bun test/bench/compression.ts`: bytes and CPU time of a page of 20 and of 100 posts, for a client that takes no coding,
 * gzip or zstd; the same for posts of 5,000 random ideographs, which are the dearest. All take turns in one process. The
 * last line is the cost for a client that does not ask.
 */

const rounds = 15;
const perRound = { ordinary: 100, dearest: 4 };
const clients = ["", "gzip", "zstd"] as const;

const { app, stores } = memoryApp({ observers: [], now: () => new Date() });
await seed(stores, { users: 50, posts: 500, seed: 1 });
const token = await signIn();
const json = { "content-type": "application/json", authorization: `Bearer ${token}` };

for (const limit of [20, 100]) await compare("ordinary", limit);
await write(100);
for (const limit of [20, 100]) await compare("dearest", limit);
await free();

async function compare(content: keyof typeof perRound, limit: number) {
	const taken = new Map(clients.map((client) => [client, [] as number[]]));
	const bytes = new Map<string, number>();
	for (let round = 0; round <= rounds; round++)
		for (const client of clients) {
			const before = process.cpuUsage();
			for (let i = 0; i < perRound[content]; i++) bytes.set(client, await read(limit, client));
			const { user, system } = process.cpuUsage(before);
			if (round > 0) taken.get(client)?.push((user + system) / 1000 / perRound[content]);
		}
	const plain = median(taken.get("") ?? []);
	console.log(`${limit} posts, ${content}`);
	for (const client of clients) {
		const ms = median(taken.get(client) ?? []);
		const row = [`${bytes.get(client)} bytes`.padStart(15), `${ms.toFixed(3)} ms`.padStart(10)];
		console.log(`  ${(client || "as it is").padEnd(10)} ${row.join(" ")}  ${(ms / plain).toFixed(2)} times`);
	}
}

async function read(limit: number, coding: Coding | "") {
	const headers = { ...json, ...(coding && { "accept-encoding": coding }) };
	const response = await app.handle(new Request(`http://localhost/posts/?limit=${limit}`, { headers }));
	if ((response.headers.get("content-encoding") ?? "") !== coding) throw new Error(`Not answered with ${coding}.`);
	return (await response.bytes()).length;
}

/** The time that the whole decision takes when the answer is that the client did not ask. */
async function free() {
	const request = new Request("http://localhost/posts/");
	const text = "x".repeat(10_000);
	const calls = 1_000_000;
	const started = performance.now();
	for (let i = 0; i < calls; i++) negotiate({ request, path: "/posts/", set: { headers: {} } }, text);
	console.log(`A client that does not ask pays ${(((performance.now() - started) / calls) * 1e6).toFixed(0)} ns.`);
}

async function signIn(): Promise<string> {
	const body = JSON.stringify({ username: "ada", password: seedPassword });
	const headers = { "content-type": "application/json" };
	const response = await app.handle(new Request("http://localhost/auth/login", { method: "POST", headers, body }));
	return ((await response.json()) as { access_token: string }).access_token;
}

async function write(posts: number) {
	const letter = () => String.fromCharCode(0x4e00 + Math.floor(Math.random() * 20_000));
	for (let i = 0; i < posts; i++) {
		const body = JSON.stringify({ content: Array.from({ length: 5_000 }, letter).join("") });
		const made = await app.handle(new Request("http://localhost/posts/", { method: "POST", headers: json, body }));
		if (made.status !== 201) throw new Error(`POST /posts/ answered ${made.status}.`);
	}
}
