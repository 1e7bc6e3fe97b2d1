import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Subprocess } from "bun";

export const root = resolve(import.meta.dir, "../..");
export const executable = join(root, "dist/minifeed");

/** How long a server has to stop by itself, in milliseconds. */
const stopWithin = 10_000;

export type Server = Awaited<ReturnType<typeof start>>;

/** Every child from the moment it exists, so that a signal in the middle of a start leaves none behind. */
const children = new Set<Subprocess>();

/**
 * Starts a server on a free port of its own, with nothing of our environment that could configure it, and waits for its
 * first answer. Without limits, unless the settings say otherwise: it measures work, not refusals. What it logs goes nowhere:
 * whoever reads a log takes time from the one who is measured.
 */
export async function start(command: string[], settings: Record<string, string>) {
	const { PATH = "", HOME = "" } = process.env;
	const port = freePort();
	const started = performance.now();
	const child = Bun.spawn(command, {
		cwd: root,
		env: { PATH, HOME, HOST: "127.0.0.1", PORT: String(port), RATE_LIMIT: "off", ...settings },
		stdin: "ignore",
		stdout: "ignore",
		stderr: "inherit",
	});
	children.add(child);
	const url = `http://127.0.0.1:${port}`;
	while (!(await fetch(`${url}/readyz`).catch(() => null))) {
		if (child.exitCode !== null) throw new Error(`${command.join(" ")} ended instead of serving.`);
		await Bun.sleep(1);
	}
	return {
		url,
		port,
		pid: child.pid,
		/** Milliseconds until its first answer. */
		startedIn: performance.now() - started,
		stop: (signal: NodeJS.Signals = "SIGTERM") => end(child, signal),
	};
}

/** What a server has in memory now, or had at most, in MB. Linux only. */
export function memory({ pid }: Server, when: "now" | "most" = "now"): number {
	const line = when === "now" ? /VmRSS:\s+(\d+)/ : /VmHWM:\s+(\d+)/;
	return Number(line.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1000;
}

/** Stops what was started, and nothing else. */
export const stopAll = () => Promise.all([...children].map((child) => end(child)));

async function end(child: Subprocess, signal: NodeJS.Signals = "SIGTERM") {
	children.delete(child);
	child.kill(signal);
	const timer = setTimeout(() => child.kill("SIGKILL"), stopWithin);
	await child.exited;
	clearTimeout(timer);
}

export function freePort(): number {
	const probe = Bun.serve({ port: 0, fetch: () => new Response() });
	const { port } = probe;
	void probe.stop(true);
	return port ?? 0;
}
