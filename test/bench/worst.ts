import { cases } from "./cases";
import { type Community, openCommunity, type Sizes } from "./community";
import { median } from "./load";

/**
 * `bun run bench --worst [--quick]`: what the dearest request costs that each route allows, on the dearest content that an
 * ordinary account can store. It prints the CPU time of a request, the longest time that the event loop stood still
 * meanwhile, and the ratio to the same route with ordinary content. The dearest comes first.
 */

const ordinary: Sizes = {
	...{ people: 100, postsOfScript: 10, privatePosts: 10, likes: 10, comments: 10 },
	...{ trashed: 10, events: 50, credentials: 3, leaverPosts: 20 },
};
const dearest: Sizes = {
	...{ people: 4_000, postsOfScript: 100, privatePosts: 20_000, likes: 2_000, comments: 500 },
	...{ trashed: 150, events: 20_000, credentials: 300, leaverPosts: 2_000 },
};
const quickDearest: Sizes = {
	...{ people: 1_000, postsOfScript: 30, privatePosts: 5_000, likes: 500, comments: 100 },
	...{ trashed: 30, events: 5_000, credentials: 100, leaverPosts: 100 },
};
const usualRuns = 5;
/** Nothing is run again that took longer than this, in milliseconds. */
const longRunMs = 2_000;
const timerMs = 5;

type Cost = { cpuMs: number; stallMs: number };
type Row = Cost & { route: string; content: string; ratio: number };

export async function worst({ directory, isQuick }: { directory: string; isQuick: boolean }) {
	const started = performance.now();
	const sites = {
		ordinary: await openCommunity("ordinary", directory, ordinary),
		dearest: await openCommunity("dearest", directory, isQuick ? quickDearest : dearest),
	};
	assertComplete(sites.ordinary.routes);
	console.log(`Filled in ${seconds(started)} s.`);
	const rows: Row[] = [];
	for (const [route, { status, runs = usualRuns, ...made }] of Object.entries(cases)) {
		const usual = await measure(sites.ordinary, { route, status, runs, make: made.ordinary });
		for (const [content, make] of Object.entries(made.dearest)) {
			const cost = await measure(sites.dearest, { route, status, runs, make });
			rows.push({ route, content, ...cost, ratio: cost.cpuMs / usual.cpuMs });
		}
	}
	for (const site of Object.values(sites)) await site.close();
	rows.sort((a, b) => b.cpuMs - a.cpuMs);
	print(rows);
	console.log(`\n${rows.length} cases of ${Object.keys(cases).length} routes in ${seconds(started)} s.`);
}

/** A route without a case, or a case without a route, ends the run. */
export function assertComplete(routes: { method: string; path: string }[]) {
	const there = new Set(routes.map(({ method, path }) => `${method} ${path}`));
	const missing = [...there].filter((route) => !(route in cases));
	const gone = Object.keys(cases).filter((route) => !there.has(route));
	if (missing.length > 0) throw new Error(`test/bench/cases.ts has no case for ${missing.join(", ")}.`);
	if (gone.length > 0) throw new Error(`test/bench/cases.ts has cases for routes that are gone: ${gone.join(", ")}.`);
}

type Measured = {
	route: string;
	status: number;
	runs: number;
	make: (typeof cases)[string]["ordinary"];
};

async function measure(site: Community, { route, status, runs, make }: Measured): Promise<Cost> {
	const [method = ""] = route.split(" ");
	const costs: Cost[] = [];
	// The first run prepares statements and compiles; it counts only where one is all there is time for.
	for (let run = 0; run <= runs; run++) {
		const call = await make(site);
		const from = performance.now();
		const cost = await costOf(async () => {
			const response = await site.handle(method, call);
			const bytes = await response.arrayBuffer();
			const expected = call.status ?? status;
			if (response.status !== expected)
				throw new Error(
					`${method} ${call.path} was answered ${response.status} instead of ${expected}: ${Buffer.from(bytes).subarray(0, 300)}`,
				);
		});
		if (run === 0 && runs > 1 && performance.now() - from < longRunMs) continue;
		costs.push(cost);
		if (performance.now() - from >= longRunMs) break;
		if (runs === 1) break;
	}
	return {
		cpuMs: median(costs.map(({ cpuMs }) => cpuMs)),
		stallMs: Math.max(...costs.map(({ stallMs }) => stallMs)),
	};
}

/** The CPU time of some work, and the longest time that a timer waited for its turn meanwhile. */
async function costOf(work: () => Promise<void>): Promise<Cost> {
	let stallMs = 0;
	let last = performance.now();
	const look = () => {
		const now = performance.now();
		stallMs = Math.max(stallMs, now - last - timerMs);
		last = now;
	};
	const timer = setInterval(look, timerMs);
	const before = process.cpuUsage();
	await work();
	const { user, system } = process.cpuUsage(before);
	look();
	clearInterval(timer);
	return { cpuMs: (user + system) / 1000, stallMs };
}

function print(rows: Row[]) {
	const [route, content] = (["route", "content"] as const).map((column) =>
		Math.max(...rows.map((row) => row[column].length)),
	);
	const line = (cells: string[]) =>
		console.log(
			cells
				.map((cell, i) => (i < 2 ? cell.padEnd([route, content][i] ?? 0) : cell.padStart(i === 2 ? 10 : 9)))
				.join("  "),
		);
	line(["route", "content", "CPU ms", "stall ms", "ratio"]);
	for (const { route, content, cpuMs, stallMs, ratio } of rows)
		line([route, content, cpuMs.toFixed(2), Math.max(0, stallMs).toFixed(1), ratio.toFixed(1)]);
}

const seconds = (started: number) => ((performance.now() - started) / 1000).toFixed(0);
