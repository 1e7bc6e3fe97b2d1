import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as library from "@node-rs/argon2";
import { bunArgon2, loadArgon2 } from "../../src/accounts/users/argon2";
import { options } from "../../src/config/config";
import { median } from "./load";
import { executable, root, type Server, start, stopAll } from "./servers";

/**
 * `bun test/bench/hashing.ts`: CPU time of one password, with `@node-rs/argon2` called directly, `Bun.password`, the
 * program's own code from source, and sign-ins at the executable: with its usual temporary directory, and with one that
 * it cannot write to, as on a read-only root. All take turns in one run. Linux only: the CPU time comes from /proc.
 */

const rounds = 15;
/** The kernel counts CPU time of other processes in steps of 10 ms, so a round has many calls. */
const callsPerRound = 20;
/** Length of those steps: USER_HZ is 100 on every architecture that Bun runs on. */
const tickMs = 10;

const directory = mkdtempSync(join(tmpdir(), "minifeed-hashing-"));
const costs = { memoryKib: options.ARGON2_MEMORY_KIB.default, passes: options.ARGON2_TIME.default };
const password = "correct horse battery staple";
const hash = await bunArgon2.hash(password, costs);
const { argon2, problem } = await loadArgon2();
if (problem !== null) throw new Error(problem);

/** A name, one call, and the CPU time so far of the process that does the work, in milliseconds. */
type Measured = { name: string; call: () => Promise<unknown>; cpuMs: () => number };

try {
	const build = Bun.spawn([process.execPath, "src/build.ts"], { cwd: root, stdout: "ignore", stderr: "inherit" });
	if ((await build.exited) !== 0) throw new Error("The build failed.");
	await measure([
		here("@node-rs/argon2, verify", () => library.verify(hash, password)),
		here("Bun.password, verify", () => bunArgon2.verify(password, hash)),
		here("from source, verify", () => argon2.verify(password, hash)),
		here("from source, hash", () => argon2.hash(password, costs)),
		...(await signIns("executable", {})),
		...(await signIns("read-only temporary directory", { BUN_TMPDIR: "/proc/nowhere" })),
	]);
} finally {
	await stopAll();
	rmSync(directory, { recursive: true, force: true });
}

async function measure(all: Measured[]) {
	const taken = new Map(all.map(({ name }) => [name, [] as number[]]));
	for (const { call } of all) await call();
	for (let round = 0; round < rounds; round++)
		for (const { name, call, cpuMs } of all) {
			const before = cpuMs();
			for (let i = 0; i < callsPerRound; i++) await call();
			taken.get(name)?.push((cpuMs() - before) / callsPerRound);
		}
	const [fastest = Number.NaN] = [...taken.values()].map(median);
	console.log(`CPU time of one call, median of ${rounds} rounds with ${callsPerRound} calls each`);
	for (const [name, times] of taken)
		console.log(
			`${name.padEnd(56)} ${median(times).toFixed(1).padStart(6)} ms  ${(median(times) / fastest).toFixed(2)} times`,
		);
}

function here(name: string, call: () => Promise<unknown>): Measured {
	const cpuMs = () => {
		const { user, system } = process.cpuUsage();
		return (user + system) / 1000;
	};
	return { name, call, cpuMs };
}

/** Sign-ins of an account and of unknown names, whose dummy hash must cost as much. */
async function signIns(name: string, settings: Record<string, string>): Promise<Measured[]> {
	const server = await start([executable], { ...settings, DATA_DIR: mkdtempSync(join(directory, "data-")) });
	const post = async (path: string, body: object, status: number) => {
		const headers = { "content-type": "application/json" };
		const response = await fetch(server.url + path, { method: "POST", headers, body: JSON.stringify(body) });
		await response.text();
		if (response.status !== status) throw new Error(`POST ${path} answered ${response.status}.`);
	};
	await post("/auth/register", { username: "ada", email: "ada@example.com", password }, 201);
	const cpuMs = () => cpuMsOf(server);
	return [
		{ name: `${name}, sign-in`, call: () => post("/auth/login", { username: "ada", password }, 200), cpuMs },
		{ name: `${name}, unknown name`, call: () => post("/auth/login", { username: "bob", password }, 401), cpuMs },
	];
}

function cpuMsOf({ pid }: Server): number {
	const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
	return (Number(fields[11]) + Number(fields[12])) * tickMs; // utime and stime, see proc(5)
}
