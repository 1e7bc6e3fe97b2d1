import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Subprocess } from "bun";
import { seedPassword } from "../../src/seed";
import { type Call, render } from "./calls";
import { burst } from "./load";

/**
 * `bun test/bench/running.ts [--minutes 10]`: what it costs to run the executable on a community of 1,000 people and
 * 50,000 posts: its start, its memory while idle, after 50,000 mixed requests and through some minutes of them, and how
 * long somebody signed in waits while 200 people sign in at once. Linux only: memory is read from /proc.
 */

const minutes = Number(process.argv[process.argv.indexOf("--minutes") + 1]) || 0;
const root = resolve(import.meta.dir, "../..");
const executable = join(root, "dist/minifeed");
const directory = mkdtempSync(join(tmpdir(), "minifeed-running-"));
const port = freePort();
const env = { DATA_DIR: join(directory, "data"), PORT: String(port) };
const url = `http://127.0.0.1:${port}`;
const starts = 21;
let running: Subprocess | undefined;

await run([process.execPath, "src/build.ts"]);
const seeded = await run([executable, "seed", "--users", "1000", "--posts", "50000", "--yes"]);
console.log(`seed of 1,000 people and 50,000 posts     ${(seeded / 1000).toFixed(1)} s`);
try {
	await start();
	await load();
	await storm();
} finally {
	running?.kill();
	rmSync(directory, { recursive: true, force: true });
}

async function start() {
	const [times, idle]: [number[], number[]] = [[], []];
	for (let i = 0; i < starts; i++) {
		const server = await serve();
		times.push(server.startedIn);
		await Bun.sleep(1_000);
		idle.push(server.memory());
		await server.stop();
	}
	console.log(`start to the first 200, of ${starts} starts         ${median(times).toFixed(0)} ms`);
	console.log(`memory while idle                         ${median(idle).toFixed(0)} MB`);
}

async function load() {
	const server = await serve();
	const calls = await mixture();
	const requests = calls.map(render);
	const sendFor = (milliseconds: number) => burst({ port, requests, status: 200, connections: 32, milliseconds });
	let sent = 0;
	while (sent < 50_000) sent += ((await sendFor(1_000)).perSecond * 1_000) / 1_000;
	console.log(`memory after ${sent.toLocaleString("en")} mixed requests        ${server.memory().toFixed(0)} MB`);
	if (minutes > 0) {
		const samples: number[] = [];
		const end = performance.now() + minutes * 60_000;
		while (performance.now() < end) {
			sent += (await sendFor(10_000)).perSecond * 10;
			samples.push(server.memory());
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
async function mixture(): Promise<Call[]> {
	const { access_token: token } = await signIn();
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
	const { access_token: token } = await signIn();
	const headers = { authorization: `Bearer ${token}` };
	await fetch(`${url}/auth/me`, { headers });
	let isOver = false;
	const started = performance.now();
	// Real accounts have costly hashes; those of the seed are public and cheap, so strangers sign in: it costs the same.
	const logins = Promise.all(
		Array.from({ length: 200 }, async (_, i) => (await signInAs(`nobody${i}`)).status),
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

function signInAs(username: string): Promise<Response> {
	return fetch(`${url}/auth/login`, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ username, password: seedPassword }),
	});
}

async function signIn(): Promise<{ access_token: string }> {
	const response = await signInAs("ada");
	return (await response.json()) as { access_token: string };
}

async function json(address: string) {
	return (await (await fetch(address)).json()) as { items: { id: string; author: { username: string } }[] };
}

async function serve() {
	const started = performance.now();
	const child = Bun.spawn([executable], { env, cwd: directory, stdout: "ignore", stderr: "inherit" });
	running = child;
	while (!(await fetch(`${url}/readyz`).catch(() => null))?.ok) await Bun.sleep(1);
	return {
		startedIn: performance.now() - started,
		/** Resident, in MB. */
		memory: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) / 1000,
		async stop() {
			child.kill("SIGTERM");
			if ((await child.exited) !== 0) throw new Error("The server did not stop as it should.");
		},
	};
}

/** Milliseconds. */
async function run(command: string[]): Promise<number> {
	const started = performance.now();
	const child = Bun.spawn(command, { cwd: root, env: { ...process.env, ...env }, stdout: "ignore", stderr: "ignore" });
	if ((await child.exited) !== 0) throw new Error(`${command.join(" ")} failed.`);
	return performance.now() - started;
}

function freePort(): number {
	const probe = Bun.serve({ port: 0, fetch: () => new Response() });
	const { port } = probe;
	void probe.stop(true);
	return port ?? 0;
}

function median(numbers: number[]): number {
	return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}
