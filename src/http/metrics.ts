import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "@prometheus-io/client";
import { Elysia } from "elysia";
import { isLocal } from "../core/address";
import { AppError } from "../core/errors";
import type { Load } from "../core/limiter";
import type { Observer, Served } from "../core/observer";
import { commit, version } from "../core/version";
import type { Platform } from "./platform";

/** Seconds: from the fastest call, creating a post, to a login under load. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Other methods share one label, so that invented ones cannot add labels without bound. */
const methods = new Set(["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"]);
/** Metrics that Bun cannot measure and reports wrongly. */
const meaningless = ["process_heap_bytes", "nodejs_heap_space_size_total_bytes", "nodejs_heap_space_size_used_bytes"];

type Sources = {
	/** `size` gives the bytes of the database and of its write-ahead log. */
	stores: { size: () => Promise<{ database: number; log: number }> };
	passwords: { load: () => Load };
	media: { load: () => Load };
	isReadOnly: () => boolean;
};
export type Metrics = ReturnType<typeof metrics>;

/** Counts what the server does, for Prometheus. */
export function metrics() {
	const register = new Registry();
	const registers = [register];
	collectDefaultMetrics({ register });
	for (const name of meaningless) register.removeSingleMetric(name);

	const requests = new Counter({
		name: "http_requests_total",
		help: "Answered requests",
		labelNames: ["method", "route", "status"],
		registers,
	});
	const durations = new Histogram({
		name: "http_request_duration_seconds",
		help: "Time from a request's arrival to its answer",
		labelNames: ["method", "route"],
		buckets,
		registers,
	});
	const limited = new Counter({
		name: "minifeed_rate_limited_total",
		help: "Requests refused by rate limits",
		labelNames: ["policy"],
		registers,
	});
	new Gauge({
		name: "minifeed_build_info",
		help: "Version of the server; always 1",
		labelNames: ["version", "commit"],
		registers,
	}).set({ version, commit: commit ?? "" }, 1);

	const observer: Observer = {
		served({ method, route, status, seconds }: Served) {
			const labels = { method: methods.has(method) ? method : "other", route: route ?? "none" };
			requests.inc({ ...labels, status });
			durations.observe(labels, seconds);
		},
		limited: (policy) => limited.inc({ policy }),
	};

	return {
		observer,

		/** Metrics reveal the activity of a community, so only administrators and local programs read them. */
		route: (platform: Platform, sources: Sources) => {
			registerGauges(registers, sources);
			return new Elysia({ name: "http.metrics" }).use(platform.route).get(
				"/metrics",
				async ({ viewer, request, server }) => {
					if (!isLocal(request, server)) {
						if (!viewer) throw new AppError("unauthenticated", "Sign in as an administrator to read metrics.");
						if (viewer.role !== "admin") throw new AppError("forbidden", "Only administrators may read metrics.");
					}
					return new Response(await register.metrics(), { headers: { "content-type": register.contentType } });
				},
				{ viewer: true, detail: { hide: true } },
			);
		},
	};
}

/** Registers the gauges. They read their values at each scrape. */
function registerGauges(registers: Registry[], { stores, passwords, media, isReadOnly }: Sources) {
	const gates = { passwords: passwords.load, pictures: media.load };
	type Collect = (gauge: Gauge<string>) => Promise<void> | void;
	const gauge = (name: string, help: string, collect: Collect, labelNames: string[] = []) =>
		new Gauge<string>({
			name: `minifeed_${name}`,
			help,
			labelNames,
			registers,
			collect() {
				return collect(this);
			},
		});
	gauge("database_bytes", "Size of the database file", async (g) => g.set((await stores.size()).database));
	gauge("wal_bytes", "Size of the write-ahead log", async (g) => g.set((await stores.size()).log));
	gauge("writable", "1 if people can write; 0 in read-only mode", (g) => g.set(isReadOnly() ? 0 : 1));
	const ofGates = (g: Gauge<string>, pick: keyof Load) => {
		for (const [gate, load] of Object.entries(gates)) g.set({ gate }, load()[pick]);
	};
	gauge("gate_running", "Running expensive jobs", (g) => ofGates(g, "running"), ["gate"]);
	gauge("gate_waiting", "Waiting expensive jobs", (g) => ofGates(g, "waiting"), ["gate"]);
}
