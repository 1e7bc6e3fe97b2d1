import { fstatSync, statSync } from "node:fs";
import type { Writable } from "node:stream";
import type { Observer, Served } from "./observer";
import { harmless } from "./text";

/** In ascending order. Each level leaves out the levels before it. */
const levels = ["info", "warn", "error", "silent"] as const;
type Level = (typeof levels)[number];
export type LogOptions = { level: Level; format: "auto" | "pretty" | "json" };

/** Maximum delay of a line in milliseconds. Lines are written together, to save one write for each. */
const flushAfter = 250;
/** Characters of one write. */
const together = 64 * 1024;
/** The longest time, in milliseconds, that an unread log delays the end of the process. */
const lastWords = 500;
/** Characters that wait in memory while the log has no reader. The log drops lines beyond this. */
const mayWait = 4 * 1024 * 1024;

type Terminal = { stdout: Writable & { isTTY?: boolean } };

/** Creates the stream only when the output may be a terminal, because that takes 3 ms and 4 MB. */
const isShown = (terminal: Terminal) => mayBeTerminal() && terminal.stdout.isTTY === true;

function mayBeTerminal(): boolean {
	if (process.platform === "win32") return true;
	try {
		const output = fstatSync(1);
		return output.isCharacterDevice() && output.rdev !== statSync("/dev/null").rdev;
	} catch {
		return false; // it was closed
	}
}

type LogObserver = Observer & Required<Pick<Observer, "served" | "failed">>;
export type Log = Awaited<ReturnType<typeof openLog>>;

/** The program's log, on standard output: JSON lines, or lines for people. */
export async function openLog({ level: leastLevel, format }: LogOptions, terminal: Terminal) {
	const isPretty = format === "pretty" || (format === "auto" && isShown(terminal));
	const destination = isPretty ? await forPeople(terminal.stdout) : forPrograms();
	const isLogged = (level: Level) => levels.indexOf(level) >= levels.indexOf(leastLevel);
	const logAt =
		(level: Exclude<Level, "silent">): LogLine =>
		(...line) => {
			if (!isLogged(level)) return;
			const [fields, msg] = line.length === 1 ? [{}, line[0]] : line;
			const described = "err" in fields ? { ...fields, err: describe(fields.err) } : fields;
			destination.write(`${JSON.stringify({ level, time: isoTime(), ...described, msg }, shownOnly)}\n`);
		};
	const warn = logAt("warn");
	const error = logAt("error");

	return {
		isPretty,
		info: logAt("info"),
		warn,
		error,
		/** Logs one line for each request at or above the level. */
		observer: {
			served({ requestId, method, route, status, seconds, userId, address }: Served) {
				const level = status >= 500 ? "error" : "info";
				if (!isLogged(level)) return;
				// Builds the same text as JSON.stringify, in less time.
				const optional = (name: string, value: string | undefined) =>
					value === undefined ? "" : `,"${name}":${JSON.stringify(value)}`;
				destination.write(
					`{"level":"${level}","time":"${isoTime()}","request_id":"${requestId}","method":${JSON.stringify(method)}${optional("route", route)},"status":${status},"duration_ms":${Math.round(seconds * 1e5) / 100}${optional("user_id", userId)}${optional("address", address)},"msg":"request"}\n`,
				);
			},
			refusedOrigin: (origin: string, advice: string) => warn({ origin }, advice),
			failed: (requestId: string, cause: unknown) => error({ request_id: requestId, err: cause }, "request failed"),
		} as LogObserver,
		/** Writes the rest before the process ends, and gives up when the log has no reader. */
		flush: () => Promise.race([destination.flush(), Bun.sleep(lastWords)]),
	};
}

/** A terminal may show the log, so control characters are removed. */
const shownOnly = (_: string, value: unknown) => (typeof value === "string" ? harmless(value) : value);

/** A message, with fields for programs before it or without. */
type LogLine = (...line: [msg: string] | [fields: Record<string, unknown>, msg: string]) => void;
type Destination = { write(line: string): void; flush(): Promise<void> };

/** Formats the time once a millisecond, since several requests may arrive in one. */
function isoTime(): string {
	const now = Date.now();
	if (now !== lastTime.at) lastTime = { at: now, text: new Date(now).toISOString() };
	return lastTime.text;
}
let lastTime = { at: 0, text: "" };

/** Loaded only for a terminal. The stream of pino-pretty would end the process when the terminal closes. */
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

/** Collects lines for Bun's writer. Writing each line makes a cheap request a tenth slower. */
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
				msg: `${dropped} lines were dropped: the log had no reader`,
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
			// The reader of the log has closed it. The server goes on.
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
