import { constants, copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bytesPerPost, cache, cachedDatabase, contentOf, renewSessions } from "./cache";
import { type Endpoint, endpoints } from "./calls";
import { chart } from "./chart";
import { sizes } from "./database";
import { burst, defaultConnections, driver, type Measured, median } from "./load";
import { type Compared, type OfSize, print, type Results } from "./results";
import { assertSame } from "./same";
import { executable, memory, root, type Server, start, stopAll } from "./servers";

/**
 * `bun run bench [--quick] [--sizes 10k,100k,1m] [--connections 10]`: what the product costs over the least that could do
 * the same work, test/bench/bare.ts, and what it costs that there is more of everything. The ratios are what counts: they
 * hold on any machine, while requests per second belong to this one. A whole run replaces the figures and the chart of the
 * README; what is less than that leaves them alone and goes to .bench/.
 */

const { values: options } = parseArgs({
	options: { quick: { type: "boolean" }, sizes: { type: "string" }, connections: { type: "string" } },
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
	await main();
} finally {
	await cleanUp();
}

async function main() {
	if (names.length < wanted.length) throw new Error(`The sizes are ${Object.keys(sizes).join(", ")}.`);
	if (!(connections > 0)) throw new Error("How many connections?");
	const build = Bun.spawn([process.execPath, "src/build.ts"], { cwd: root, stdout: "ignore" });
	if ((await build.exited) !== 0) throw new Error("The executable was not built.");
	for (const name of names) await cachedDatabase(name);
	console.log(
		`${connections} connections, ${plan.rounds} rounds of ${plan.seconds} s for each server, by turns; medians, in ms.`,
	);
	const results: Results = { machine: machine(), driver, connections, ...plan, sizes: [] };
	for (const name of names) {
		results.sizes.push(await measure(name));
		print(results);
	}
	const isWhole = Object.keys(options).length === 0;
	const [json, svg] = isWhole
		? [join(import.meta.dir, "results.json"), join(import.meta.dir, "speed.svg")]
		: [join(cache, "results.json"), join(cache, "speed.svg")];
	await Bun.write(json, `${JSON.stringify(results, null, "\t")}\n`);
	await Bun.write(svg, chart(results));
	console.log(`\nWritten: ${[json, svg].map((path) => path.slice(root.length + 1)).join(", ")}`);
}

async function measure(name: string): Promise<OfSize> {
	// On the disk that has the checkout: how long a write takes is how long that takes to sync.
	const data = join(directory, name);
	mkdirSync(data);
	const path = join(data, "minifeed.db");
	copyFileSync(await cachedDatabase(name), path, constants.COPYFILE_FICLONE);
	renewSessions(path);
	const content = contentOf(path);
	const bytes = bytesPerPost(path, content.counts.posts);
	// Both on one file, since they take turns: neither has more of it in the machine's memory than the other.
	const settings = { DATA_DIR: data, SECRET_KEY: secret };
	const product = await start([executable], { ...settings, RATE_LIMIT: "off" });
	const bare = await start([process.execPath, "test/bench/bare.ts"], settings);
	const measured = await endpoints(secret, content);
	for (const { calls } of measured) await assertSame(calls, product.url, bare.url);
	const compared: Compared[] = [];
	for (const endpoint of measured) {
		tell(`${name}: ${endpoint.name}`);
		compared.push(await compare(endpoint, product, bare));
	}
	tell("");
	const rssOf = (server: Server) => (process.platform === "linux" ? Math.round(memory(server)) : null);
	const rss = { product: rssOf(product), bare: rssOf(bare) };
	await product.stop();
	await bare.stop();
	rmSync(data, { recursive: true });
	return { name, ...content.counts, bytesPerPost: bytes, rss, endpoints: compared };
}

/** Takes turns in short rounds, each server first as often as the other: a slow spell of the machine hits both. */
async function compare(endpoint: Endpoint, product: Server, bare: Server): Promise<Compared> {
	const { name, isSignedIn, status, calls } = endpoint;
	const load = ({ url }: Server, seconds = plan.seconds) => burst({ url, calls, status, seconds, connections });
	await load(product, plan.seconds / 2);
	await load(bare, plan.seconds / 2);
	const runs: Record<"product" | "bare", Measured[]> = { product: [], bare: [] };
	for (let round = 0; round < plan.rounds; round++) {
		const order = [async () => runs.product.push(await load(product)), async () => runs.bare.push(await load(bare))];
		for (const turn of round % 2 === 0 ? order : order.reverse()) await turn();
	}
	const middle = (of: Measured[]): Measured => {
		const of1 = (key: keyof Measured) => Number(median(of.map((run) => run[key])).toPrecision(4));
		return { perSecond: of1("perSecond"), p50: of1("p50"), p99: of1("p99"), driverCores: of1("driverCores") };
	};
	const ratios = runs.product.map(({ perSecond }, round) => perSecond / (runs.bare[round] as Measured).perSecond);
	const ratio = Number(median(ratios).toPrecision(3));
	return { name, isSignedIn, ratio, product: middle(runs.product), bare: middle(runs.bare) };
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
	};
}
