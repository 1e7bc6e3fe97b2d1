import * as fs from "node:fs";
import * as promises from "node:fs/promises";

// Loaded before the program: the file operation with the number that FAULT_AT says, or that a message says, fails.

type Call = (...given: unknown[]) => unknown;
type Functions = Record<string, unknown>;
export type Asked = {
	/** Counts from here; the operation of this number fails, 0 is none. */
	at: number;
	code: string;
	/** Has the housekeeping run, as it does once an hour. */
	isHour?: true;
};
/** How many operations there were since the last message. */
export type Counted = { count: number };

let count = 0;
let at = Number(process.env.FAULT_AT ?? 0);
let code = process.env.FAULT_CODE ?? "EIO";

const fault = (name: string) =>
	++count === at ? Object.assign(new Error(`${code}: injected, ${name}`), { code, syscall: name }) : null;

/** A descriptor is closed even when that fails. */
const closes = /close(?:Sync)?$/;
/** These tell of errors by their answer. */
const silent = new Set(["existsSync"]);
/** Streams tell of errors with events; and a failed sync of the log ends the server, as another test shows. */
const spared = /^create|^constants$|^promises$|^default$|^fdatasync$/;

const sync = (name: string, call: Call): Call =>
	function (this: unknown, ...given) {
		const error = fault(name);
		if (error && silent.has(name)) return false;
		if (error && !closes.test(name)) {
			const callback = given.at(-1);
			if (typeof callback !== "function") throw error;
			return setImmediate(() => callback(error));
		}
		const result = call.apply(this, given);
		if (error) throw error;
		return result;
	};

const async = (name: string, call: Call): Call =>
	async function (this: unknown, ...given) {
		const error = fault(name);
		if (error && !closes.test(name)) throw error;
		const result = await call.apply(this, given);
		if (error) throw error;
		return name === "open" ? handle(result as Functions) : result;
	};

function handle(file: Functions): Functions {
	for (const name of ["writeFile", "write", "read", "readFile", "sync", "datasync", "stat", "close"]) {
		const call = file[name];
		if (typeof call === "function") file[name] = async(`FileHandle.${name}`, call as Call).bind(file);
	}
	return file;
}

const wrapped = (functions: Functions, wrap: (name: string, call: Call) => Call) =>
	Object.fromEntries(
		Object.entries(functions).map(([name, value]) => [
			name,
			typeof value === "function" && /^[a-z]/.test(name) && !spared.test(name) ? wrap(name, value as Call) : value,
		]),
	);

const replaced = new Map([
	["node:fs", "faulty-fs"],
	["node:fs/promises", "faulty-fs-promises"],
]);

Bun.plugin({
	name: "faults",
	setup(build) {
		build.module("faulty-fs", () => ({ exports: wrapped(fs, sync), loader: "object" }));
		build.module("faulty-fs-promises", () => ({ exports: wrapped(promises, async), loader: "object" }));
		// Bun lets nothing take the place of a module of its own: so the sources name another one.
		build.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => ({
			contents: fs
				.readFileSync(path, "utf8")
				.replace(/(?<=from )"(node:fs(?:\/promises)?)"/g, (_, name) => JSON.stringify(replaced.get(name))),
			loader: "ts",
		}));
	},
});
Bun.spawn = sync("spawn", Bun.spawn as Call) as typeof Bun.spawn;

const hourly: (() => void)[] = [];
const setEvery = globalThis.setInterval;
globalThis.setInterval = ((call: () => void, ms: number, ...rest: unknown[]) => {
	if (ms === 60 * 60 * 1000) hourly.push(call);
	return setEvery(call, ms, ...rest);
}) as typeof setInterval;

process.on("message", (asked: Asked) => {
	process.send?.({ count } satisfies Counted);
	if (!asked.isHour) [count, at, code] = [0, asked.at, asked.code];
	else for (const call of hourly) call();
});
(process as { channel?: { unref?(): void } }).channel?.unref?.(); // a start that is refused has to end
