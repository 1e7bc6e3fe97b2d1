import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Endpoint, endpoints, render } from "./calls";
import { makeDatabase, randomText } from "./database";
import { burst, type Measured, median } from "./load";
import { assertSame } from "./same";
import { type Server, start, stopAll } from "./servers";

/**
 * `bun run bench [--quick]`: what the product costs over the least that could do the same work, test/bench/bare.ts.
 * The ratio is what counts: it holds on any machine, while requests per second belong to this one. POST depends on how
 * fast a disk syncs; set TMPDIR to a directory on the disk in question, since syncing to memory costs nothing.
 */

const connections = 32;
const plan = process.argv.includes("--quick") ? { rounds: 3, milliseconds: 400 } : { rounds: 7, milliseconds: 1_500 };
const secret = "a secret of the benchmark, longer than 32 bytes";

const directory = mkdtempSync(join(tmpdir(), "minifeed-bench-"));
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
	const text = randomText(1);
	const [productData, bareData] = [join(directory, "product"), join(directory, "bare")];
	for (const path of [productData, bareData]) mkdirSync(path);
	const file = join(productData, "minifeed.db");
	const content = makeDatabase(file, text);
	// Each writes to a file of its own: together they would wait for each other's locks.
	copyFileSync(file, join(bareData, "minifeed.db"));

	const product = await start([process.execPath, "src/main.ts"], { DATA_DIR: productData, SECRET_KEY: secret });
	const bare = await start([process.execPath, "test/bench/bare.ts"], { DATA_DIR: bareData, SECRET_KEY: secret });

	const measured = await endpoints(secret, { ...content, text });
	for (const { calls } of measured) await assertSame(calls, product.url, bare.url);
	const { rounds, milliseconds } = plan;
	console.log(`${connections} connections, ${rounds} rounds of ${milliseconds} ms each; medians, latencies in ms\n`);
	const results: Result[] = [];
	for (const endpoint of measured) results.push(await compare(endpoint, product, bare));
	print(results);
}

type Result = { name: string; product: Measured[]; bare: Measured[] };

/** Takes turns in short rounds, each server first as often as the other: a slow spell of the machine hits both. */
async function compare({ name, status, calls }: Endpoint, product: Server, bare: Server): Promise<Result> {
	const requests = calls.map(render);
	const load = ({ port }: Server) => burst({ port, requests, status, connections, milliseconds: plan.milliseconds });
	await load(product);
	await load(bare);
	const result: Result = { name, product: [], bare: [] };
	for (let round = 0; round < plan.rounds; round++) {
		const order = [
			async () => result.product.push(await load(product)),
			async () => result.bare.push(await load(bare)),
		];
		for (const turn of round % 2 === 0 ? order : order.reverse()) await turn();
	}
	return result;
}

function print(results: Result[]) {
	const head = ["", "product/s", "bare/s", "ratio", "product p50", "p99", "bare p50", "p99"];
	const rows = results.map(({ name, product, bare }) => {
		const whole = (runs: Measured[]) => Math.round(median(runs.map(({ perSecond }) => perSecond))).toLocaleString("en");
		const latency = (runs: Measured[], which: "p50" | "p99") => median(runs.map((run) => run[which])).toFixed(2);
		const ratio = median(product.map(({ perSecond }, round) => perSecond / (bare[round]?.perSecond ?? Number.NaN)));
		return [
			name,
			whole(product),
			whole(bare),
			ratio.toFixed(2),
			...[latency(product, "p50"), latency(product, "p99")],
			...[latency(bare, "p50"), latency(bare, "p99")],
		];
	});
	const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
	for (const row of [head, ...rows])
		console.log(row.map((cell, i) => (i ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))).join("  "));
	const busiest = Math.max(...results.flatMap(({ product, bare }) => [...product, ...bare]).map((m) => m.driverCores));
	console.log(
		`\nThe driver used at most ${busiest.toFixed(2)} of a core; near 1, it is what limits the faster server.`,
	);
}
