import pino, { type DestinationStream } from "pino";
import type { Observer } from "./http/observe";

export type LogOptions = { level: "info" | "warn" | "error" | "silent"; format: "auto" | "pretty" | "json" };

/** Lines are written together, at the latest after this long, in milliseconds: one by one they would cost a write each. */
const flushAfter = 250;
/** Characters that are written together, and that may wait while nobody reads the log; what is more is dropped. */
const together = 4096;
const mayWait = 4 * 1024 * 1024;

export type Log = Awaited<ReturnType<typeof openLog>>;

/** The program's log, on standard output: JSON lines, or lines for people. */
export async function openLog({ level, format }: LogOptions, { isTTY = false }: { isTTY?: boolean }) {
	const isPretty = format === "pretty" || (format === "auto" && isTTY);
	const destination = isPretty
		? await forPeople()
		: pino.destination({ fd: 1, minLength: together, maxLength: mayWait, periodicFlush: flushAfter, sync: false });
	const logger = pino(
		{
			level,
			base: null, // whoever collects logs knows the machine and the process
			timestamp: pino.stdTimeFunctions.isoTime,
			formatters: { level: (label) => ({ level: label }) },
			serializers: { err: describe },
		},
		destination as DestinationStream,
	);

	return {
		isPretty,
		info: logger.info.bind(logger),
		error: logger.error.bind(logger),
		/** One line for each request; none for what is below the level. */
		observer: {
			served({ requestId, method, route, status, seconds, userId, address }) {
				const line = {
					request_id: requestId,
					method,
					route,
					status,
					duration_ms: Math.round(seconds * 1e5) / 100,
					user_id: userId,
					address,
				};
				if (status >= 500) logger.error(line, "request");
				else logger.info(line, "request");
			},
			failed: (requestId, error) => logger.error({ request_id: requestId, err: error }, "request failed"),
		} satisfies Observer,
		/** Before the process ends: what has not been written yet. */
		flush() {
			if ("flushSync" in destination) destination.flushSync();
		},
	};
}

/** Loaded only where somebody looks. */
async function forPeople() {
	const { default: pretty } = await import("pino-pretty");
	return pretty({
		sync: true,
		singleLine: true,
		translateTime: "SYS:HH:MM:ss",
		ignore: "method,route,status,duration_ms",
		messageFormat: (line, key) =>
			line.method ? `${line.method} ${line.route ?? "?"} ${line.status} ${line.duration_ms} ms` : String(line[key]),
	});
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
