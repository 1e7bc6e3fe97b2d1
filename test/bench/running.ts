import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seedPassword } from "../../src/seed";
import type { Call } from "./calls";
import { burst, median } from "./load";
import { executable, memory, root, type Server, start, stopAll } from "./servers";

/**
 * `bun test/bench/running.ts [--minutes 10]`: what it costs to run the executable on a community of 1,000 people and
 * 50,000 posts: its start, its memory while idle, after 50,000 mixed requests and through some minutes of them, and how
 * long somebody signed in waits while 200 people sign in at once. Linux only: memory is read from /proc.
 */

const minutes = Number(process.argv[process.argv.indexOf("--minutes") + 1]) || 0;
const directory = mkdtempSync(join(tmpdir(), "minifeed-running-"));
const settings = { DATA_DIR: join(directory, "data") };
const starts = 21;

await run([process.execPath, "src/build.ts"]);
const seeded = await run([executable, "seed", "--users", "1000", "--posts", "50000", "--yes"]);
console.log(`seed of 1,000 people and 50,000 posts     ${(seeded / 1000).toFixed(1)} s`);
try {
	await starting();
	await load();
	await storm();
} finally {
	await stopAll();
	rmSync(directory, { recursive: true, force: true });
}

async function starting() {
	const [times, idle]: [number[], number[]] = [[], []];
	for (let i = 0; i < starts; i++) {
		const server = await serve();
		times.push(server.startedIn);
		await Bun.sleep(2_000);
		idle.push(memory(server));
		await server.stop();
	}
	console.log(`start to the first 200, of ${starts} starts         ${median(times).toFixed(0)} ms`);
	console.log(`memory while idle                         ${median(idle).toFixed(0)} MB`);
}

async function load() {
	const server = await serve();
	const calls = await mixture(server.url);
	const sendFor = (seconds: number) => burst({ url: server.url, calls, status: 200, seconds });
	let sent = 0;
	while (sent < 50_000) sent += (await sendFor(1)).perSecond;
	console.log(`memory after ${sent.toLocaleString("en")} mixed requests        ${memory(server).toFixed(0)} MB`);
	if (minutes > 0) {
		const samples: number[] = [];
		const end = performance.now() + minutes * 60_000;
		while (performance.now() < end) {
			sent += (await sendFor(10)).perSecond * 10;
			samples.push(memory(server));
		}
		const half = samples.length >> 1;
		const [first, second] = [samples.slice(0, half), samples.slice(half)];
		const quarter = second.length >> 1;
		console.log(`through ${minutes} minutes, ${sent.toLocaleString("en")} requests in all`);
		console.log(`  median of the first half                ${median(first).toFixed(0)} MB`);
		console.log(
			`  third quarter, fourth quarter           ${median(second.slice(0, quarter)).toFixed(0)} MB, ${median(second.slice(quarter)).toFixed(0)} MB`,
		);
		console.log(`  most                                    ${Math.max(...samples).toFixed(0)} MB`);
	}
	await server.stop();
}

/** Reads and writes as a front end makes them: mostly lists and posts, signed in and not, some searches, some likes. */
async function mixture(url: string): Promise<Call[]> {
	const { access_token: token } = await signIn(url);
	const { items } = await json(`${url}/posts/?limit=100`);
	const ids = items.map(({ id }) => id);
	const authors = [...new Set(items.map(({ author }) => author.username))];
	const get = (path: string, token?: string): Call => ({ method: "GET", path, token });
	return ids.flatMap((id, i): Call[] => [
		get("/feed/", token),
		get("/posts/"),
		get("/posts/?sort=popular", token),
		get(`/posts/?q=${["garden", "book", "server", "rain", "cat"][i % 5]}`),
		get(`/posts/${id}`, token),
		get(`/posts/${id}`),
		get(`/users/${authors[i % authors.length]}`),
		get(`/users/${authors[i % authors.length]}/posts`, token),
		get(`/comments/posts/${id}/comments`),
		get(`/likes/posts/${id}/likes`),
		get("/auth/me", token),
		{ method: "POST", path: `/likes/posts/${id}/like`, token },
	]);
}

/** 200 people sign in at once while somebody who is signed in goes on reading. */
async function storm() {
	const server = await serve();
	const { url } = server;
	const { access_token: token } = await signIn(url);
	const headers = { authorization: `Bearer ${token}` };
	await fetch(`${url}/auth/me`, { headers });
	let isOver = false;
	const started = performance.now();
	// Real accounts have costly hashes; those of the seed are public and cheap, so strangers sign in: it costs the same.
	const logins = Promise.all(
		Array.from({ length: 200 }, async (_, i) => (await signInAs(url, `nobody${i}`)).status),
	).finally(() => {
		isOver = true;
	});
	const waits: number[] = [];
	while (!isOver) {
		const asked = performance.now();
		const { status } = await fetch(`${url}/auth/me`, { headers });
		if (status !== 200) throw new Error(`GET /auth/me answered ${status}.`);
		waits.push(performance.now() - asked);
		await Bun.sleep(2);
	}
	const statuses = await logins;
	const took = performance.now() - started;
	waits.sort((a, b) => a - b);
	const at = (share: number) => (waits[Math.floor(waits.length * share)] ?? Number.NaN).toFixed(1);
	const busy = statuses.filter((status) => status === 503).length;
	console.log(
		`200 sign in at once, done after           ${(took / 1000).toFixed(1)} s, ${200 - busy} answered and ${busy} told to come back`,
	);
	console.log(
		`  GET /auth/me meanwhile, p50, p99, most  ${at(0.5)}, ${at(0.99)}, ${at(0.99999)} ms, of ${waits.length}`,
	);
	await server.stop();
}

function signInAs(url: string, username: string): Promise<Response> {
	return fetch(`${url}/auth/login`, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ username, password: seedPassword }),
	});
}

async function signIn(url: string): Promise<{ access_token: string }> {
	const response = await signInAs(url, "ada");
	return (await response.json()) as { access_token: string };
}

async function json(address: string) {
	return (await (await fetch(address)).json()) as { items: { id: string; author: { username: string } }[] };
}

function serve(): Promise<Server> {
	return start([executable], settings);
}

/** Milliseconds. */
async function run(command: string[]): Promise<number> {
	const started = performance.now();
	const child = Bun.spawn(command, {
		cwd: root,
		env: { ...process.env, ...settings },
		stdout: "ignore",
		stderr: "ignore",
	});
	if ((await child.exited) !== 0) throw new Error(`${command.join(" ")} failed.`);
	return performance.now() - started;
}
