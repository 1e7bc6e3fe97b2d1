import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { median } from "./load";
import { executable, freePort, root } from "./servers";

/**
 * `bun test/bench/start.ts [--starts 21] [EXECUTABLE…]`: the time from spawn to the first answer, and the memory then and
 * while idle, beside `hello.ts`, the smallest compiled server. They start by turns, the product on a database of 200 people
 * and in an empty directory. Other executables, such as an older build, join the same run. Linux only: it reads /proc.
 */

const { values, positionals } = parseArgs({
	options: { starts: { type: "string", default: "21" } },
	allowPositionals: true,
});
const starts = Number(values.starts);
/** A start that takes longer has failed. */
const longestMs = 10_000;
/** Between two attempts to connect. More often, the benchmark would take a core from the server. */
const pollMs = 1;
/** From the first answer to the reading of the idle memory. */
const idleMs = 2_000;

const json = { "content-type": "application/json" };
const login = JSON.stringify({ username: "ada", password: "not the password" });
/** The first requests after a start, in this order. */
const requests: [name: string, path: string, init?: RequestInit][] = [
	["GET /posts/", "/posts/"],
	["GET /posts/?sort=popular", "/posts/?sort=popular"],
	["GET /posts/?q=garden", "/posts/?q=garden"],
	["GET /tags", "/tags"],
	["GET /users/ada", "/users/ada"],
	["GET /users/ada/posts", "/users/ada/posts"],
	["GET /auth/me, 401", "/auth/me"],
	["POST /auth/login, 401", "/auth/login", { method: "POST", headers: json, body: login }],
	["GET /openapi.json", "/openapi.json"],
	["GET /posts/ again", "/posts/"],
];

type Run = { firstMs: number; firstMb: number; idleMb: number | null; requestsMs: number[] };
/** `data` is null for an empty directory. */
type Contender = { name: string; path: string; data: string | null; runs: Run[] };

const directory = mkdtempSync(join(tmpdir(), "minifeed-start-"));
try {
	await main();
} finally {
	rmSync(directory, { recursive: true, force: true });
}

async function main() {
	await run([process.execPath, "src/build.ts"]);
	const bare = join(directory, "bare");
	const hello = join(import.meta.dir, "hello.ts");
	await Bun.build({ entrypoints: [hello], format: "esm", bytecode: true, compile: { outfile: bare } });
	const contenders: Contender[] = [{ name: "bare", path: bare, data: null, runs: [] }];
	for (const [i, path] of [executable, ...positionals].entries()) {
		const data = join(directory, `data-${i}`); // of its own, since an older build opens no newer database
		await run([path, "seed", "--users", "200", "--posts", "2000", "--yes"], { DATA_DIR: data });
		contenders.push({ name: path, path, data, runs: [] });
		contenders.push({ name: `${path}, empty directory`, path, data: null, runs: [] });
	}
	for (let round = 0; round <= starts; round++)
		for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
			const started = await start(contender, round % 2 === 0);
			if (round > 0) contender.runs.push(started); // the first start reads the disk
		}
	print(contenders);
}

/** Starts a server and stops it. In between it stays idle, or answers the requests. */
async function start({ path, data }: Contender, isIdle: boolean): Promise<Run> {
	const folder = data ?? mkdtempSync(join(directory, "empty-"));
	const port = freePort();
	const spawned = performance.now();
	const child = Bun.spawn([path], {
		cwd: directory,
		env: { HOST: "127.0.0.1", PORT: String(port), DATA_DIR: folder, RATE_LIMIT: "off" },
		stdin: "ignore",
		stdout: "ignore",
		stderr: "inherit",
	});
	try {
		await answered(port, spawned + longestMs);
		const firstMs = performance.now() - spawned;
		const firstMb = memoryOf(child.pid);
		const requestsMs: number[] = [];
		for (const [, path, init] of isIdle || data === null ? [] : requests) {
			const asked = performance.now();
			await (await fetch(`http://127.0.0.1:${port}${path}`, init)).arrayBuffer();
			requestsMs.push(performance.now() - asked);
		}
		if (isIdle) await Bun.sleep(idleMs);
		return { firstMs, firstMb, idleMb: isIdle ? memoryOf(child.pid) : null, requestsMs };
	} finally {
		child.kill("SIGTERM");
		await child.exited;
		if (data === null) rmSync(folder, { recursive: true });
	}
}

/** Asks until there is an answer, which has to be a 200. */
async function answered(port: number, until: number): Promise<void> {
	for (let line = await ask(port); !line?.startsWith("HTTP/1.1 200"); line = await ask(port)) {
		if (line !== null) throw new Error(line);
		if (performance.now() > until) throw new Error("No answer.");
		await Bun.sleep(pollMs);
	}
}

/** The status line of an answer; null while nothing listens. */
function ask(port: number): Promise<string | null> {
	return new Promise((resolve) => {
		const socket = connect({ host: "127.0.0.1", port });
		const end = (answer: string | null) => {
			socket.destroy();
			resolve(answer);
		};
		socket.once("connect", () => socket.write("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n"));
		socket.once("data", (data) => end(String(data).split("\r\n")[0] ?? ""));
		socket.once("error", () => end(null));
	});
}

/** Resident memory in MB. */
function memoryOf(pid: number): number {
	return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1000;
}

function print(contenders: Contender[]) {
	const middle = (values: (number | null)[]) => median(values.filter((value) => value !== null));
	const cell = (value: number, width: number) => value.toFixed(1).padStart(width);
	const bareMs = middle(contenders[0]?.runs.map(({ firstMs }) => firstMs) ?? []);
	console.log("first answer  ratio  memory then      idle");
	for (const { name, runs } of contenders) {
		const firstMs = middle(runs.map(({ firstMs }) => firstMs));
		const firstMb = middle(runs.map(({ firstMb }) => firstMb));
		const idleMb = middle(runs.map(({ idleMb }) => idleMb));
		console.log(
			`${cell(firstMs, 9)} ms ${cell(firstMs / bareMs, 6)} ${cell(firstMb, 9)} MB ${cell(idleMb, 6)} MB  ${name}`,
		);
	}
	for (const { name, runs } of contenders) {
		const asked = runs.map(({ requestsMs }) => requestsMs).filter((times) => times.length > 0);
		if (asked.length === 0) continue;
		console.log(`\nfirst requests of ${name}, in ms`);
		for (const [i, [request]] of requests.entries())
			console.log(`${cell(median(asked.map((times) => times[i] ?? 0)), 9)}  ${request}`);
	}
}

async function run(command: string[], env: Record<string, string> = {}) {
	const child = Bun.spawn(command, { cwd: root, env: { ...process.env, ...env }, stdout: "ignore", stderr: "inherit" });
	if ((await child.exited) !== 0) throw new Error(`${command.join(" ")} failed.`);
}
