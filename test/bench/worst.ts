import { type Case, cases } from "./cases";
import { type Community, openCommunity, type Sizes } from "./community";
import { median } from "./load";

/**
 * `bun run bench --worst [--quick]`: what the dearest request costs that each route allows, on the dearest content that an
 * ordinary account can store. It prints the CPU time of a request, the longest time that the event loop stood still
 * meanwhile, and the ratio to the same route with ordinary content. The dearest comes first.
 */

/** Also what tests make do with. */
export const ordinary: Sizes = {
	...{ people: 100, postsOfScript: 10, privatePosts: 10, likes: 10, comments: 10 },
	...{ trashed: 10, events: 50, credentials: 3, leaverPosts: 20 },
};
const dearest: Sizes = {
	...{ people: 5_000, postsOfScript: 100, privatePosts: 50_000, likes: 5_000, comments: 500 },
	...{ trashed: 150, events: 20_000, credentials: 300, leaverPosts: 2_000 },
};
const quickDearest: Sizes = {
	...{ people: 1_000, postsOfScript: 30, privatePosts: 5_000, likes: 500, comments: 100 },
	...{ trashed: 30, events: 5_000, credentials: 100, leaverPosts: 200 },
};
const usualRuns = 5;
/** Nothing is run again that took longer than this, in milliseconds. */
const longRunMs = 2_000;
const timerMs = 5;

type Cost = { cpuMs: number; stallMs: number };
type Row = Cost & { route: string; content: string; ratio: number };

export async function worst({ directory, isQuick }: { directory: string; isQuick: boolean }) {
	const started = performance.now();
	const rows = await measureAll({ directory, dearest: isQuick ? quickDearest : dearest });
	print(rows.toSorted((a, b) => b.cpuMs - a.cpuMs));
	const took = ((performance.now() - started) / 1000).toFixed(0);
	console.log(`\n${rows.length} cases of ${Object.keys(cases).length} routes in ${took} s.`);
}

/** Measures every case; with `once`, only whether each is answered as it should be. */
export async function measureAll(options: { directory: string; dearest: Sizes; once?: boolean }): Promise<Row[]> {
	const sites = {
		ordinary: await openCommunity("ordinary", options.directory, ordinary),
		dearest: await openCommunity("dearest", options.directory, options.dearest),
	};
	const rows: Row[] = [];
	try {
		assertComplete(sites.ordinary.routes);
		for (const [route, { ordinary, dearest, ...made }] of Object.entries(cases)) {
			const how = { ...made, route, runs: options.once ? 1 : (made.runs ?? usualRuns) };
			const usual = await measure(sites.ordinary, { ...how, make: ordinary });
			for (const [content, make] of Object.entries(dearest)) {
				const cost = await measure(sites.dearest, { ...how, make });
				rows.push({ route, content, ...cost, ratio: cost.cpuMs / usual.cpuMs });
			}
		}
	} finally {
		for (const site of Object.values(sites)) await site.close();
	}
	return rows;
}

/** A route without a case, or a case without a route, ends the run. */
export function assertComplete(routes: { method: string; path: string }[]) {
	const there = new Set(routes.map(({ method, path }) => `${method} ${path}`));
	const missing = [...there].filter((route) => !(route in cases));
	const gone = Object.keys(cases).filter((route) => !there.has(route));
	if (missing.length > 0) throw new Error(`test/bench/cases.ts has no case for ${missing.join(", ")}.`);
	if (gone.length > 0) throw new Error(`test/bench/cases.ts has cases for routes that are gone: ${gone.join(", ")}.`);
}

type Measured = { route: string; runs: number; make: Case["ordinary"] } & Pick<Case, "status" | "isUnfinished">;

async function measure(site: Community, { route, status, runs, make, isUnfinished }: Measured): Promise<Cost> {
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
			if (isUnfinished) await idle();
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

/** Resolves when this process has been nearly idle for three glances in a row. */
async function idle() {
	const glanceMs = 30;
	for (let quiet = 0; quiet < 3; ) {
		const before = process.cpuUsage();
		await Bun.sleep(glanceMs);
		const { user, system } = process.cpuUsage(before);
		quiet = user + system < 1000 * glanceMs * 0.2 ? quiet + 1 : 0;
	}
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
