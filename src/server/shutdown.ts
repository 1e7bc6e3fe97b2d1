import { readFileSync } from "node:fs";
import { constants } from "node:os";
import type { Log } from "../core/log";
import { onUnexpected } from "./unexpected";

/** Time limit of a step. A slower step is abandoned, so that the process ends. */
const stepLimitMs = 10_000;

/** All of them stop the server. A closed terminal sends SIGHUP, and Ctrl-\ sends SIGQUIT. */
const signals = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"] as const;

type Step = { name: string; end: () => unknown };
type Options = { log: Pick<Log, "info" | "error" | "flush">; limitMs?: number; exit?: (code: number) => void };
export type Shutdown = ReturnType<typeof createShutdown>;

/**
 * Stops a server in steps, the last added first. A step that throws or is too slow is logged and makes the exit code 1.
 * The other steps run all the same.
 */
export function createShutdown({ log, limitMs = stepLimitMs, exit = process.exit }: Options) {
	const steps: Step[] = [];
	let code = 0;
	let stopping: Promise<void> | null = null;

	const failed = (message: string, error: unknown) => {
		code = 1;
		log.error({ err: error }, message);
	};

	async function runSteps() {
		for (let step = steps.pop(); step; step = steps.pop())
			try {
				await withTimeout(limitMs, step.end());
			} catch (error) {
				failed(`shutdown step failed: ${step.name}`, error);
			}
	}

	/** Runs all steps. The process goes on. */
	const run = (): Promise<void> => {
		stopping ??= runSteps();
		return stopping;
	};

	/** Runs all steps, then ends the process. */
	async function stop(why: string) {
		log.info(`${why}: finishing running requests`);
		await run();
		log.info("stopped");
		await log.flush();
		exit(code);
	}

	return {
		/** Adds the step that closes a resource. Call it right after opening the resource. */
		add(name: string, end: () => unknown) {
			steps.push({ name, end });
		},

		run,
		stop,

		/** From now on, signals and uncaught errors stop the server. */
		handleSignals() {
			for (const signal of signals) {
				if (signal === "SIGHUP" && isIgnored(signal)) continue; // `nohup` started the server
				process.on(signal, () => {
					if (!stopping) void stop(signal);
					// The second signal ends the process at once. A closed terminal may send SIGHUP several times.
					else if (signal !== "SIGHUP") exit(1);
				});
			}
			onUnexpected((error) => {
				failed("uncaught error", error);
				if (!stopping) void stop("unexpected error");
			});
		},
	};
}

/** Rejects when a promise takes longer than `limitMs`. */
async function withTimeout(limitMs: number, promise: unknown) {
	let timer: ReturnType<typeof setTimeout> | undefined;
	const timeout = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Error(`It took longer than ${limitMs} ms.`)), limitMs);
	});
	try {
		await Promise.race([promise, timeout]);
	} finally {
		clearTimeout(timer);
	}
}

/** True when the parent process made this one ignore a signal, as `nohup` does. False outside Linux. */
function isIgnored(signal: NodeJS.Signals): boolean {
	try {
		const [, mask = "0"] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
		return ((BigInt(`0x${mask}`) >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n;
	} catch {
		return false;
	}
}
