import { constants, copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bytesPerPost, cache, cachedDatabase, contentOf, makeReady } from "./cache";
import { type Endpoint, endpoints } from "./calls";
import { chart } from "./chart";
import { sizes } from "./database";
import { burst, defaultConnections, driver, type Measured, median } from "./load";
import { type Compared, type OfSize, print, type Results } from "./results";
import { assertSame } from "./same";
import { executable, memory, root, type Server, start, stopAll } from "./servers";
import { worst } from "./worst";

/**
 * `bun run bench [--quick] [--sizes 10k,100k,1m] [--connections 10]`: what the product costs over the least that could do
 * the same work, test/bench/bare.ts, and what it costs that there is more of everything. The ratios are what counts: they
 * hold on any machine, while requests per second belong to this one. A whole run replaces the figures and the chart.
 * Then `bun test/handbook/tables.ts` writes them into the handbook. A smaller run writes to .bench/ only. With `--worst` it is another benchmark: see worst.ts.
 */

const { values: options } = parseArgs({
	options: {
		quick: { type: "boolean" },
		worst: { type: "boolean" },
		sizes: { type: "string" },
		connections: { type: "string" },
	},
});
const wanted = options.sizes?.split(",") ?? (options.quick ? ["10k"] : Object.keys(sizes));
/** The smallest first. */
const names = Object.keys(sizes).filter((name) => wanted.includes(name));
const connections = Number(options.connections ?? defaultConnections);
const plan = options.quick ? { rounds: 3, seconds: 0.4 } : { rounds: 5, seconds: 1 };
const secret = "a secret of the benchmark, longer than 32 bytes";
mkdirSync(cache, { recursive: true });
const directory = mkdtempSync(join(cache, "run-"));

let cleaned: Promise<void> | undefined;
const cleanUp = () => {
	cleaned ??= stopAll().then(() => rmSync(directory, { recursive: true, force: true }));
	return cleaned;
};
for (const signal of ["SIGINT", "SIGTERM"] as const)
	process.once(signal, () => void cleanUp().finally(() => process.exit(1)));

try {
	if (options.worst) await worst({ directory, isQuick: options.quick ?? false });
	else await main();
} finally {
	await cleanUp();
}

async function main() {
	if (names.length < wanted.length) throw new Error(`The sizes are ${Object.keys(sizes).join(", ")}.`);
	if (!(connections > 0)) throw new Error("How many connections?");
	const on = machine(); // before we keep it busy ourselves
	const build = Bun.spawn([process.execPath, "src/build.ts"], { cwd: root, stdout: "ignore" });
	if ((await build.exited) !== 0) throw new Error("The executable was not built.");
	for (const name of names) await cachedDatabase(name);
	console.log(
		`${connections} connections, ${plan.rounds} rounds of ${plan.seconds} s for each server, by turns; medians, in ms.`,
	);
	console.log(`Before it began, other programs kept ${on.load} of ${on.cores} cores busy.`);
	const sites: Site[] = [];
	for (const name of names) sites.push(await open(name));
	const results: Results = { machine: on, driver, connections, ...plan, sizes: await measure(sites) };
	print(results);
	const isWhole = Object.keys(options).length === 0;
	const [json, svg] = isWhole
		? [join(import.meta.dir, "results.json"), join(import.meta.dir, "speed.svg")]
		: [join(cache, "results.json"), join(cache, "speed.svg")];
	await Bun.write(json, `${JSON.stringify(results, null, "\t")}\n`);
	await Bun.write(svg, chart(results));
	console.log(`\nWritten: ${[json, svg].map((path) => path.slice(root.length + 1)).join(", ")}`);
}

type Site = Awaited<ReturnType<typeof open>>;

/** Starts both servers on a copy of a database, and makes sure that they answer alike. */
async function open(name: string) {
	tell(`${name}: the same bytes?`);
	// On the disk that has the checkout: how long a write takes is how long that takes to sync.
	const data = join(directory, name);
	mkdirSync(data);
	const path = join(data, "minifeed.db");
	copyFileSync(await cachedDatabase(name), path, constants.COPYFILE_FICLONE);
	makeReady(path);
	const content = contentOf(path);
	const bytes = bytesPerPost(path, content.counts.posts);
	// Both on one file, since they take turns: neither has more of it in the machine's memory than the other.
	const settings = { DATA_DIR: data, SECRET_KEY: secret };
	const product = await start([executable], { ...settings, RATE_LIMIT: "off" });
	const bare = await start([process.execPath, "test/bench/bare.ts"], settings);
	const measured = await endpoints(secret, content);
	for (const { calls } of measured) await assertSame(calls, product.url, bare.url);
	return { name, ...content.counts, bytesPerPost: bytes, product, bare, measured };
}

async function measure(sites: Site[]): Promise<OfSize[]> {
	const compared = sites.map((): Compared[] => []);
	for (const [i, { name }] of sites[0]?.measured.entries() ?? []) {
		tell(name);
		for (const [at, result] of (await compare(sites, i)).entries()) compared[at]?.push(result);
	}
	tell("");
	return sites.map(({ product, bare, measured: _, ...site }, at) => {
		const rssOf = (server: Server) => (process.platform === "linux" ? Math.round(memory(server)) : null);
		return { ...site, rss: { product: rssOf(product), bare: rssOf(bare) }, endpoints: compared[at] ?? [] };
	});
}

/**
 * One endpoint, at all sizes. They and the two servers take turns in short rounds, each first as often as the others: a slow
 * spell of the machine hits all of them, and neither what is a share of what nor what grew comes from it.
 */
async function compare(sites: Site[], endpoint: number): Promise<Compared[]> {
	const turns = sites.flatMap(({ product, bare, measured }) => {
		const { calls, status } = measured[endpoint] as Endpoint;
		return [product, bare].map(({ url }) => ({ load: { url, calls, status, connections }, runs: [] as Measured[] }));
	});
	for (const { load } of turns) await burst({ ...load, seconds: plan.seconds / 2 });
	for (let round = 0; round < plan.rounds; round++)
		for (const { load, runs } of round % 2 === 0 ? turns : turns.toReversed())
			runs.push(await burst({ ...load, seconds: plan.seconds }));
	return sites.map(({ measured }, at) => {
		const { name, isSignedIn } = measured[endpoint] as Endpoint;
		const [product = [], bare = []] = [turns[2 * at]?.runs, turns[2 * at + 1]?.runs];
		const ratios = product.map(({ perSecond }, round) => perSecond / (bare[round]?.perSecond ?? Number.NaN));
		return { name, isSignedIn, ratio: rounded(median(ratios)), product: middle(product), bare: middle(bare) };
	});
}

function middle(runs: Measured[]): Measured {
	const of = (key: keyof Measured) => rounded(median(runs.map((run) => run[key])));
	return { perSecond: of("perSecond"), p50: of("p50"), p99: of("p99"), driverCores: of("driverCores") };
}

function rounded(number: number): number {
	return Number(number.toPrecision(4));
}

/** What it is at, on a terminal. */
function tell(what: string) {
	if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${what}`);
}

function machine() {
	const all = cpus();
	return {
		cpu: all[0]?.model ?? "unknown",
		cores: all.length,
		memoryGB: Math.round(totalmem() / 1e9),
		system: `${process.platform} ${process.arch}`,
		bun: Bun.version,
		/** Cores that other programs kept busy in the minute before; with more than a few tenths the figures say little. */
		load: Number((loadavg()[0] ?? 0).toFixed(2)),
	};
}
