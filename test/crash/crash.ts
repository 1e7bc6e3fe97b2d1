import { rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { commands } from "./commands";
import { machine, type Totals } from "./machine";
import { verify } from "./verify";
import { type Random, random, type Written, writer } from "./writers";

/**
 * `bun test/crash/crash.ts [--kills 200] [--power-cuts 50] [--commands 25] [--seed 1] [--executable dist/minifeed]`: kills the
 * executable again and again while people write, starts it anew, and holds it to everything that it acknowledged; then does it
 * to the commands that replace a database, and to the backup.
 *
 * A power cut is one of a disk that has only what was synced to it: the data is on an ext4 in a file, which is mounted through
 * a loop device. The executable is stopped where it stands, the file copied as it is at that moment, and the copy mounted and
 * looked at. Needs root, Linux and the tools of ext4; 0 power cuts and 0 commands need nothing.
 */

const { values: options } = parseArgs({
	options: {
		kills: { type: "string", default: "200" },
		"power-cuts": { type: "string", default: "50" },
		commands: { type: "string", default: "25" },
		seed: { type: "string", default: String(Date.now() % 1_000_000) },
		executable: { type: "string", default: join(import.meta.dir, "../../dist/minifeed") },
	},
});
/** How many write at the same time. */
const people = 8;
const password = "correct horse battery";
const seed = Number(options.seed) * 1000;
const on = machine(resolve(options.executable));

for (const signal of ["SIGINT", "SIGTERM"] as const)
	process.once(signal, () => {
		on.cleanUp();
		process.exit(1);
	});

try {
	console.log(`seed ${options.seed}`);
	report(`${options.kills} kills, things that were written`, await kills(Number(options.kills)));
	report(
		`${options["power-cuts"]} power cuts, things that were written`,
		await powerCuts(Number(options["power-cuts"])),
	);
	for await (const [name, totals] of commands(on, Number(options.commands), random(seed + 999)))
		report(`${name}, crashes`, totals);
} finally {
	on.cleanUp();
}

async function kills(rounds: number) {
	const data = join(on.directory, "killed");
	const totals: Totals = { looked: 0, wrong: 0 };
	for (let round = 1; round <= rounds; round++) {
		const { child, everybody, ended } = await write(data, round, random(seed + round));
		child.kill("SIGKILL");
		await ended();
		await check(data, everybody, totals, `kill ${round}`);
	}
	return totals;
}

async function powerCuts(rounds: number) {
	const totals: Totals = { looked: 0, wrong: 0 };
	if (rounds === 0) return totals;
	let disk = on.disk();
	for (let round = 1; round <= rounds; round++) {
		const folder = on.mount(disk);
		const { child, everybody, ended } = await write(join(folder, "data"), round, random(seed + 500 + round));
		const acknowledged = structuredClone(everybody);
		({ left: disk } = await on.cut(child, { disk, folder }));
		await ended();
		const again = on.mount(disk);
		await check(join(again, "data"), acknowledged, totals, `power cut ${round}`);
		on.unmount(again);
	}
	rmSync(disk);
	return totals;
}

/** Has people write for a while, and gives them while they still do. */
async function write(data: string, round: number, chance: Random) {
	const { child, address } = await on.serve(data);
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
	const { child, address } = await on.serve(data);
	const wrong = await verify(address, data, everybody);
	for (const what of wrong) console.log(`${name}: ${what}`);
	totals.wrong += wrong.length;
	totals.looked += everybody
		.flatMap(({ posts, comments, likes, follows }) => [posts.size, comments.size, likes.size, follows.size])
		.reduce((sum, size) => sum + size);
	child.kill("SIGTERM");
	if ((await child.exited) !== 0) throw new Error(`${name}: it did not stop by itself.`);
}

function report(what: string, { looked, wrong }: Totals) {
	console.log(`${what}: ${looked}, ${wrong} wrong`);
	if (wrong > 0) process.exitCode = 1;
}
