import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { verify } from "./verify";
import { type Random, random, type Written, writer } from "./writers";

/**
 * `bun test/crash/crash.ts [--kills 200] [--power-cuts 50] [--seed 1] [--executable dist/minifeed]`: kills the executable again
 * and again while people write, starts it anew, and holds it to everything that it acknowledged.
 *
 * A power cut is one of a disk that has only what was synced to it: the data is on an ext4 in a file, which is mounted through
 * a loop device. The server is stopped where it stands, the file copied as it is at that moment, and the copy mounted and
 * served. Needs root, Linux and the tools of ext4.
 */

const { values: options } = parseArgs({
	options: {
		kills: { type: "string", default: "200" },
		"power-cuts": { type: "string", default: "50" },
		seed: { type: "string", default: String(Date.now() % 1_000_000) },
		executable: { type: "string", default: join(import.meta.dir, "../../dist/minifeed") },
	},
});
const directory = mkdtempSync(join(tmpdir(), "minifeed-crash-"));
/** How many write at the same time. */
const people = 8;
const password = "correct horse battery";
const mounted = new Set<string>();
let running: Bun.Subprocess | undefined;

const cleanUp = () => {
	running?.kill("SIGKILL");
	for (const folder of mounted) Bun.spawnSync(["umount", "--lazy", folder]);
	rmSync(directory, { recursive: true, force: true });
};
for (const signal of ["SIGINT", "SIGTERM"] as const)
	process.once(signal, () => {
		cleanUp();
		process.exit(1);
	});

try {
	console.log(`seed ${options.seed}`);
	await kills(Number(options.kills));
	await powerCuts(Number(options["power-cuts"]));
} finally {
	cleanUp();
}

type Totals = { writes: number; wrong: number };

async function kills(rounds: number) {
	const data = join(directory, "killed");
	const totals: Totals = { writes: 0, wrong: 0 };
	for (let round = 1; round <= rounds; round++) {
		const chance = random(Number(options.seed) * 1000 + round);
		const { child, everybody, ended } = await write(data, round, chance);
		child.kill("SIGKILL");
		await ended();
		await check(data, everybody, totals, `kill ${round}`);
	}
	report("kills", rounds, totals);
}

async function powerCuts(rounds: number) {
	if (rounds === 0) return;
	const totals: Totals = { writes: 0, wrong: 0 };
	let disk = join(directory, "disk-0");
	run("truncate", "--size=1G", disk);
	run("mkfs.ext4", "-q", disk);
	for (let round = 1; round <= rounds; round++) {
		const chance = random(Number(options.seed) * 1000 + 500 + round);
		const folder = mount(disk, `mounted-${round}`);
		const { child, everybody, ended } = await write(join(folder, "data"), round, chance);
		const acknowledged = structuredClone(everybody);
		child.kill("SIGSTOP");
		const next = join(directory, `disk-${round}`);
		copyFileSync(disk, next);
		child.kill("SIGKILL");
		await ended();
		unmount(folder);
		rmSync(disk);
		disk = next;
		const again = mount(disk, `checked-${round}`);
		await check(join(again, "data"), acknowledged, totals, `power cut ${round}`);
		unmount(again);
	}
	report("power cuts", rounds, totals);
}

/** Has people write for a while, and gives them while they still do. */
async function write(data: string, round: number, chance: Random) {
	const { child, address } = await serve(data);
	const everybody: Written[] = [];
	const writers = await Promise.all(
		Array.from({ length: people }, (_, i) =>
			writer(address, { username: `r${round}_${i}`, password, others: everybody, chance }),
		),
	);
	everybody.push(...writers.map(({ written }) => written));
	const work = Promise.all(writers.map((writer) => writer.work()));
	work.catch(() => {}); // it is awaited when the server is gone
	await Bun.sleep(50 + chance.below(750));
	return { child, everybody, ended: () => Promise.all([work, child.exited]) };
}

async function check(data: string, everybody: Written[], totals: Totals, name: string) {
	const { child, address } = await serve(data);
	const wrong = await verify(address, data, everybody);
	for (const what of wrong) console.log(`${name}: ${what}`);
	totals.wrong += wrong.length;
	totals.writes += everybody
		.flatMap(({ posts, comments, likes, follows }) => [posts.size, comments.size, likes.size, follows.size])
		.reduce((sum, size) => sum + size);
	child.kill("SIGTERM");
	if ((await child.exited) !== 0) throw new Error(`${name}: it did not stop by itself.`);
}

async function serve(data: string) {
	mkdirSync(data, { recursive: true });
	const child = Bun.spawn([resolve(options.executable)], {
		cwd: directory,
		env: {
			DATA_DIR: data,
			PORT: "0",
			RATE_LIMIT: "off",
			ARGON2_MEMORY_KIB: "8",
			ARGON2_TIME: "1",
			MIN_FREE_BYTES: "0",
		},
		stdout: "pipe",
		stderr: "inherit",
	});
	running = child;
	const decoder = new TextDecoder();
	let printed = "";
	const reader = child.stdout.getReader();
	for (;;) {
		const { value, done } = await reader.read();
		printed += decoder.decode(value, { stream: true });
		const address = /listening on +(http:[^\s"]+)/.exec(printed)?.[1];
		if (address) {
			void drain(reader);
			return { child, address };
		}
		if (done) throw new Error(`It did not start: ${printed}`);
	}
}

async function drain(reader: { read(): Promise<{ done: boolean }> }) {
	while (!(await reader.read()).done);
}

function mount(disk: string, name: string): string {
	const folder = join(directory, name);
	mkdirSync(folder);
	run("mount", "-o", "loop", disk, folder);
	mounted.add(folder);
	return folder;
}

function unmount(folder: string) {
	run("umount", folder);
	mounted.delete(folder);
}

function run(...command: string[]) {
	const { exitCode, stderr } = Bun.spawnSync(command);
	if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
}

function report(what: string, rounds: number, { writes, wrong }: Totals) {
	console.log(`${rounds} ${what}: ${writes} things that were written, ${wrong} that are wrong afterwards`);
	if (wrong > 0) process.exitCode = 1;
}
