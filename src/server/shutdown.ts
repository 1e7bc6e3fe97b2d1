import { readFileSync } from "node:fs";
import { constants } from "node:os";
import type { Log } from "../core/log";
import { onUnexpected } from "./unexpected";

/** A step that takes longer than this is left behind, in milliseconds: the process has to end. */
const stepLimitMs = 10_000;

/** All of them end a server. A terminal that is closed sends SIGHUP, and Ctrl-\ in one sends SIGQUIT. */
const signals = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"] as const;

type Step = { name: string; end: () => unknown };
type Options = { log: Pick<Log, "info" | "error" | "flush">; limitMs?: number; exit?: (code: number) => void };
export type Shutdown = ReturnType<typeof createShutdown>;

/**
 * The end of a server, in steps: the step that was added last runs first. Each step runs, whatever becomes of the others;
 * a step that throws or takes too long is logged, and makes the exit code 1.
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
				failed(`stopping: ${step.name} failed`, error);
			}
	}

	/** Ends all that was opened. The process goes on. */
	const run = (): Promise<void> => {
		stopping ??= runSteps();
		return stopping;
	};

	/** Ends all that was opened, and then the process. */
	async function stop(why: string) {
		log.info(`${why}: finishing what runs`);
		await run();
		log.info("stopped");
		await log.flush();
		exit(code);
	}

	return {
		/** Adds what ends something that was just opened. */
		add(name: string, end: () => unknown) {
			steps.push({ name, end });
		},

		run,
		stop,

		/** From now on signals end the server, and so does an error that nothing caught. */
		handleSignals() {
			for (const signal of signals) {
				if (signal === "SIGHUP" && isIgnored(signal)) continue; // by `nohup`
				process.on(signal, () => {
					if (!stopping) void stop(signal);
					// The second signal ends it at once. But a terminal that is closed may send several by itself.
					else if (signal !== "SIGHUP") exit(1);
				});
			}
			onUnexpected((error) => {
				failed("an error that nothing caught", error);
				if (!stopping) void stop("unexpected error");
			});
		},
	};
}

/** Rejects when a promise takes longer than this many milliseconds. */
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

/** True when the parent made this process ignore a signal, as `nohup` does. Known on Linux; elsewhere false. */
function isIgnored(signal: NodeJS.Signals): boolean {
	try {
		const [, mask = "0"] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
		return ((BigInt(`0x${mask}`) >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n;
	} catch {
		return false;
	}
}
