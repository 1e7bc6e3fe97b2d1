import autocannon, { type Options } from "autocannon";
import { version } from "autocannon/package.json";
import type { Call } from "./calls";

export const driver = `autocannon ${version}`;

/** As many as autocannon keeps by itself: enough to keep one server busy, few enough that a latency is not all queue. */
export const defaultConnections = 10;
/** A round goes on until each connection has had so many answers, however slow: a median of nothing says nothing. */
const fewestAnswers = 3;

export type Load = {
	url: string;
	/** Each connection starts with another one and goes through them all. */
	calls: Call[];
	/** What every answer must have; another one ends the run. */
	status: number;
	seconds: number;
	connections?: number;
};

/** Latencies are in milliseconds. */
export type Measured = { perSecond: number; p50: number; p99: number; driverCores: number };

/**
 * Keeps every connection busy for so long with autocannon, each with one request at a time. It sends and it times, and we
 * count: its own histogram knows whole milliseconds, and most of what we measure takes less than one.
 */
export async function burst({
	url,
	calls,
	status,
	seconds,
	connections = defaultConnections,
}: Load): Promise<Measured> {
	const requests = calls.map(({ token, ...call }) => ({
		...call,
		headers: {
			"user-agent": "bench",
			accept: "application/json",
			...(token && { authorization: `Bearer ${token}` }),
			...(call.body && { "content-type": "application/json" }),
		},
	}));
	const latencies: number[] = [];
	let wrong: string | undefined;
	let connected = 0;
	const options: Options = {
		url,
		connections,
		duration: 3600, // it is stopped
		sampleInt: 20, // milliseconds between its looks whether it is
		setupClient(client) {
			const from = Math.floor((connected++ * requests.length) / connections);
			client.setRequests([...requests.slice(from), ...requests.slice(0, from)]);
		},
	};
	const cpu = process.cpuUsage();
	const started = performance.now();
	let used = cpu;
	let elapsed = 0;
	await new Promise<void>((resolve, reject) => {
		const run = autocannon(options, (error) => (error ? reject(error) : resolve()));
		const stop = () => {
			used = process.cpuUsage(cpu);
			elapsed = performance.now() - started;
			run.stop();
		};
		run.on("response", (_, answered, __, latency) => {
			if (elapsed) return;
			if (answered !== status) wrong ??= `was answered ${answered}`;
			latencies.push(latency);
			const isOver = latencies.length >= fewestAnswers * connections && performance.now() - started >= seconds * 1000;
			if (isOver || wrong) stop();
		});
		run.on("reqError", (error) => {
			wrong ??= `failed: ${error}`;
			stop();
		});
	});
	if (wrong) throw new Error(`${calls[0]?.method} ${calls[0]?.path} or one of its kind ${wrong}.`);
	latencies.sort((a, b) => a - b);
	return {
		perSecond: (latencies.length * 1000) / elapsed,
		p50: at(latencies, 0.5),
		p99: at(latencies, 0.99),
		driverCores: (used.user + used.system) / 1000 / elapsed,
	};
}

const at = (sorted: number[], share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;

export function median(numbers: number[]): number {
	const sorted = numbers.toSorted((a, b) => a - b);
	const middle = sorted.length >> 1;
	const [low, high] = sorted.length % 2 ? [sorted[middle], sorted[middle]] : [sorted[middle - 1], sorted[middle]];
	return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}
