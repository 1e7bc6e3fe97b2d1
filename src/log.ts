import type { Writable } from "node:stream";
import pino, { type DestinationStream } from "pino";
import type { Observer } from "./http/observe";

export type LogOptions = { level: "info" | "warn" | "error" | "silent"; format: "auto" | "pretty" | "json" };

/** Lines are written together, at the latest after this long, in milliseconds: one by one they would cost a write each. */
const flushAfter = 250;
/** Characters that are written together at once. */
const together = 64 * 1024;
/** How long a log that nobody reads may hold up the end, in milliseconds. */
const lastWords = 500;
/** Characters that may wait while nobody reads the log; what is more is dropped rather than kept in memory. */
const mayWait = 4 * 1024 * 1024;

export type Log = Awaited<ReturnType<typeof openLog>>;

/** The program's log, on standard output: JSON lines, or lines for people. */
export async function openLog({ level, format }: LogOptions, stdout: Writable & { isTTY?: boolean }) {
	const isPretty = format === "pretty" || (format === "auto" && stdout.isTTY === true);
	const destination = isPretty ? await forPeople(stdout) : forPrograms();
	const logger = pino(
		{
			level,
			base: null, // whoever collects logs knows the machine and the process
			timestamp: pino.stdTimeFunctions.isoTime,
			formatters: { level: (label) => ({ level: label }) },
			serializers: { err: describe },
		},
		destination,
	);

	return {
		isPretty,
		info: logger.info.bind(logger),
		warn: logger.warn.bind(logger),
		error: logger.error.bind(logger),
		/** One line for each request; none for what is below the level. */
		observer: {
			served({ requestId, method, route, status, seconds, userId, address }) {
				const level = status >= 500 ? "error" : "info";
				if (!logger.isLevelEnabled(level)) return;
				// As pino would write it. It composes a line value by value, which costs a cheap request twice as much.
				const optional = (name: string, value: string | undefined) =>
					value === undefined ? "" : `,"${name}":${JSON.stringify(value)}`;
				destination.write(
					`{"level":"${level}","time":"${isoTime()}","request_id":"${requestId}","method":${JSON.stringify(method)}${optional("route", route)},"status":${status},"duration_ms":${Math.round(seconds * 1e5) / 100}${optional("user_id", userId)}${optional("address", address)},"msg":"request"}\n`,
				);
			},
			failed: (requestId, error) => logger.error({ request_id: requestId, err: error }, "request failed"),
		} satisfies Observer,
		/** Before the process ends: what has not been written yet, unless nobody reads it. */
		flush: () => Promise.race([destination.flush(), Bun.sleep(lastWords)]),
	};
}

type Destination = DestinationStream & { flush(): Promise<void> };

/** The time, made anew when it has changed: requests come several in a millisecond. */
function isoTime(): string {
	const now = Date.now();
	if (now !== lastTime.at) lastTime = { at: now, text: new Date(now).toISOString() };
	return lastTime.text;
}
let lastTime = { at: 0, text: "" };

/** Loaded only where somebody looks. A stream of pino-pretty's own would end the process when the terminal is closed. */
async function forPeople(stdout: Writable & { isTTY?: boolean }): Promise<Destination> {
	const { prettyFactory } = await import("pino-pretty");
	const format = prettyFactory({
		colorize: stdout.isTTY === true,
		singleLine: true,
		translateTime: "SYS:HH:MM:ss",
		ignore: "method,route,status,duration_ms",
		messageFormat: (line, key) =>
			line.method ? `${line.method} ${line.route ?? "?"} ${line.status} ${line.duration_ms} ms` : String(line[key]),
	});
	return {
		write: (line) => stdout.write(format(line)),
		flush: () => new Promise((resolve) => stdout.write("", () => resolve())),
	};
}

/** Lines are gathered and handed to Bun's own writer: one by one, or by pino's, they cost a cheap request a tenth more. */
function forPrograms(): Destination {
	const writer = Bun.stdout.writer();
	let gathered = "";
	let unwritten = 0;
	let dropped = 0;
	let timer: ReturnType<typeof setTimeout> | undefined;

	const flush = async () => {
		clearTimeout(timer);
		timer = undefined;
		if (dropped > 0) {
			const line = {
				level: "warn",
				time: new Date().toISOString(),
				msg: `${dropped} lines were dropped: nobody read them`,
			};
			gathered += `${JSON.stringify(line)}\n`;
			dropped = 0;
		}
		const text = gathered;
		gathered = "";
		unwritten += text.length;
		try {
			await writer.write(text); // a promise where the reader is slow or gone
			await writer.flush();
		} catch {
			// Whoever read the log has gone. That is no reason to go as well.
		}
		unwritten -= text.length;
	};
	return {
		flush,
		write(line) {
			if (unwritten + gathered.length > mayWait) {
				dropped++;
				return;
			}
			gathered += line;
			if (gathered.length > together) void flush();
			else timer ??= setTimeout(flush, flushAfter);
		},
	};
}

/**
 * An error without what hangs on it: those of libraries may carry the values that a statement was given, and so what
 * people wrote.
 */
function describe(error: unknown): object {
	if (!(error instanceof Error)) return { type: typeof error };
	const { name, message, stack, cause } = error;
	const code = "code" in error ? String(error.code) : undefined;
	return { type: name, code, message, stack, ...(cause === undefined ? {} : { cause: describe(cause) }) };
}
