import { Database } from "bun:sqlite";
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { contentOf, makeReady } from "./cache";
import { endpoints } from "./calls";
import { makeDatabase, randomText } from "./database";
import { burst } from "./load";
import { type Paced, paced, render } from "./paced";
import { executable, start, stopAll } from "./servers";

/**
 * `bun test/bench/disk.ts [--executable dist/minifeed] [--seconds 20] [--only readers|writers|mixture]`: what a slow disk
 * does to readers and writers, what writers get on the disk of this machine (of TMPDIR, which must not be in memory), and
 * whether 2,000 mixed writes a second for a minute are all there afterwards.
 * The slow disk is the real one with every fsync and fdatasync held back by strace, in whichever thread it is made.
 * Linux only, with strace 5.3 or later.
 */

const option = (name: string) => {
	const at = process.argv.indexOf(`--${name}`);
	return at < 0 ? undefined : process.argv[at + 1];
};
const product = option("executable") ?? executable;
const seconds = Number(option("seconds") ?? 20);
const only = option("only");
const secret = "a secret of the benchmark, longer than 32 bytes";
const directory = mkdtempSync(join(tmpdir(), "minifeed-disk-"));
const text = randomText(1);

mkdirSync(join(directory, "made"));
const made = join(directory, "made", "minifeed.db");
makeDatabase(made, { posts: 20_000, users: 1_000 });
makeReady(made);
const content = contentOf(made);
const measured = await endpoints(secret, content);
const callsOf = (name: string) => {
	const found = measured.find((endpoint) => endpoint.name === name);
	if (!found) throw new Error(`Nothing is called ${name}.`);
	return found.calls;
};
const post = callsOf("POST /posts/");
const feeds = callsOf("GET /feed/, ordinary").map(render);
const posts = post.map(render);

/** How each kind of write is looked for afterwards, by what was acknowledged. */
const kept = {
	post: "SELECT 1 FROM posts WHERE id = ?",
	comment: "SELECT 1 FROM comments WHERE id = ?",
	like: `SELECT 1 FROM likes WHERE user_key = (SELECT key FROM users WHERE id = ?)
		AND post_key = (SELECT key FROM posts WHERE id = ?)`,
	follow: `SELECT 1 FROM follows WHERE follower_key = (SELECT key FROM users WHERE id = ?)
		AND following_key = (SELECT key FROM users WHERE username = ?)`,
};

const cleanUp = () => stopAll().then(() => rmSync(directory, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"] as const)
	process.once(signal, () => void cleanUp().finally(() => process.exit(1)));

try {
	if (!only || only === "readers") await readers();
	if (!only || only === "writers") await writers();
	if (!only || only === "mixture") await mixture();
} finally {
	await cleanUp();
}

/** Starts on a copy of the database, on a disk that takes so many milliseconds more for each sync. */
async function serve(delay: number, durability = "full") {
	const data = mkdtempSync(join(directory, "data-"));
	cpSync(dirname(made), data, { recursive: true });
	const calls = "fsync,fdatasync";
	// -D: what is started is the server, and strace its descendant.
	const slow = ["strace", "-D", "-f", "--seccomp-bpf", "-qqq", "-e", `trace=${calls}`];
	const strace = [...slow, "-e", `inject=${calls}:delay_exit=${delay * 1000}`, "-o", "/dev/null"];
	const settings = { DATA_DIR: data, SECRET_KEY: secret, DURABILITY: durability };
	const server = await start([...(delay > 0 ? strace : []), product], settings);
	return { ...server, database: join(data, "minifeed.db") };
}

/** Feeds, 200 a second, while 50 posts a second are written. */
async function readers() {
	console.log(`200 feeds/s while 50 posts/s are written, ${seconds} s; milliseconds`);
	console.log("a sync takes   durability   feed p50    p99    max   post p50    p99    max");
	for (const [delay, durability] of [
		[0, "full"],
		[10, "full"],
		[20, "full"],
		[50, "full"],
		[20, "normal"],
		[50, "normal"],
	] as const) {
		const server = await serve(delay, durability);
		const milliseconds = seconds * 1000;
		const [reads, writes] = await Promise.all([
			paced({ port: server.port, perSecond: 200, milliseconds, connections: 64, next: taking(feeds, 200) }),
			paced({ port: server.port, perSecond: 50, milliseconds, connections: 64, next: taking(posts, 201) }),
		]);
		const took = delay ? `${delay} ms more` : "as it does";
		console.log(`${took.padEnd(14)} ${durability.padEnd(10)} ${columns(reads)}   ${columns(writes)}`);
		await server.stop();
	}
}

/** As many posts as connections that wait for each answer can write. */
async function writers() {
	console.log(`\nposts, each connection one after the other, ${seconds / 4} s; milliseconds`);
	console.log("a sync takes   connections    posts/s    p50    p99");
	for (const delay of [0, 20])
		for (const connections of [1, 32, 200]) {
			const server = await serve(delay);
			const load = { url: server.url, calls: post, status: 201, connections };
			await burst({ ...load, seconds: 0.5 });
			const { perSecond, p50, p99 } = await burst({ ...load, seconds: seconds / 4 });
			const took = delay ? `${delay} ms more` : "as it does";
			const numbers = [perSecond.toFixed(0).padStart(10), fixed(p50), fixed(p99)];
			console.log(`${took.padEnd(14)} ${String(connections).padEnd(11)} ${numbers.join("")}`);
			await server.stop();
		}
}

/** 2,000 writes a second of all kinds for a minute; then every one that was acknowledged is looked for. */
async function mixture() {
	const server = await serve(0);
	const statuses = new Map<number, number>();
	const acknowledged = new Map<string, string[]>(Object.keys(kept).map((kind) => [kind, []]));
	let longest = 0;
	const timer = setInterval(() => {
		longest = Math.max(longest, statSync(`${server.database}-wal`).size);
	}, 50);
	const next = writes((kind, key, status) => {
		statuses.set(status, (statuses.get(status) ?? 0) + 1);
		if (status < 300) acknowledged.get(kind)?.push(key);
	});
	const milliseconds = option("seconds") ? seconds * 1000 : 60_000;
	const started = performance.now();
	const latencies = await paced({ port: server.port, perSecond: 2_000, milliseconds, connections: 200, next });
	const took = (performance.now() - started) / 1000;
	clearInterval(timer);
	await server.stop("SIGKILL");

	const client = new Database(server.database);
	let [found, lost] = [0, 0];
	for (const [kind, keys] of acknowledged) {
		const statement = client.query(kept[kind as keyof typeof kept]);
		for (const key of keys) statement.get(...key.split(" ")) ? found++ : lost++;
	}
	const check = client.query("PRAGMA integrity_check").get();
	client.close();
	console.log(`\n2,000 mixed writes/s, ${latencies.length.toLocaleString("en")} in ${took.toFixed(1)} s`);
	console.log(`statuses ${JSON.stringify(Object.fromEntries(statuses))}; ms p50, p99, max ${columns(latencies)}`);
	console.log(`killed, then found ${found.toLocaleString("en")}, lost ${lost}; ${JSON.stringify(check)}`);
	console.log(`the log was ${(longest / 1e6).toFixed(1)} MB at most`);
}

type Kind = keyof typeof kept;

function writes(answered: (kind: Kind, key: string, status: number) => void): () => Paced {
	const client = new Database(made, { readonly: true });
	const names = client.query<{ id: string; username: string }, []>("SELECT id, username FROM users ORDER BY key").all();
	client.close();
	const tokens = post.map(({ token }) => token ?? "");
	return () => {
		const turn = text.below(content.readers.ordinary.length);
		const token = tokens[turn] ?? "";
		const me = content.readers.ordinary[turn]?.userId;
		const target = content.publicPosts[text.below(content.publicPosts.length)];
		const send = (path: string, body: string, kind: Kind, key?: string): Paced => ({
			bytes: render({ method: "POST", path, token, body }),
			answered: (status, answer) =>
				answered(kind, key ?? (status < 300 ? (JSON.parse(answer) as { id: string }).id : ""), status),
		});
		const said = JSON.stringify({ content: text.post().slice(0, 2_000) }); // no comment is longer
		const chance = text.below(20);
		if (chance < 5) return send("/posts/", said, "post");
		if (chance < 10) return send(`/comments/posts/${target}/comments`, said, "comment");
		if (chance < 18) return send(`/likes/posts/${target}/like`, "", "like", `${me} ${target}`);
		const whom = names[text.below(names.length)];
		if (!whom || whom.id === me) return send("/posts/", said, "post"); // nobody follows themselves
		return send(`/users/${whom.username}/follow`, "", "follow", `${me} ${whom.username}`);
	};
}

function taking(requests: Uint8Array[], expected: number): () => Paced {
	let turn = 0;
	return () => ({
		bytes: requests[turn++ % requests.length] as Uint8Array,
		answered(status) {
			if (status !== expected) throw new Error(`Expected ${expected}, but the server answered ${status}.`);
		},
	});
}

function fixed(milliseconds: number): string {
	return milliseconds.toFixed(1).padStart(7);
}

/** p50, p99 and the longest. */
function columns(latencies: number[]): string {
	const sorted = latencies.toSorted((a, b) => a - b);
	return [0.5, 0.99, 1].map((share) => fixed(sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN)).join("");
}
