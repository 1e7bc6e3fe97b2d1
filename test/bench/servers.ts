import { resolve } from "node:path";
import type { Subprocess } from "bun";

const root = resolve(import.meta.dir, "../..");

/** How long a server has to stop by itself, in milliseconds. */
const stopWithin = 3_000;

export type Server = { url: string; port: number };

/** Every child from the moment it exists, so that a signal in the middle of a start leaves none behind. */
const children = new Set<Subprocess>();

/**
 * Starts a program of this repository on a free port of its own, with nothing of our environment that could
 * configure it, and waits until it says where it listens.
 */
export async function start(script: string, settings: Record<string, string>): Promise<Server> {
	const { PATH = "", HOME = "" } = process.env;
	const child = Bun.spawn([process.execPath, script], {
		cwd: root,
		env: { PATH, HOME, HOST: "127.0.0.1", PORT: "0", ...settings },
		stdin: "ignore",
		stdout: "pipe",
		stderr: "inherit",
	});
	children.add(child);
	const url = await addressOf(child.stdout);
	return { url, port: Number(new URL(url).port) };
}

/** Stops what was started, and nothing else. */
export const stopAll = () => Promise.all([...children].map(end));

async function addressOf(output: ReadableStream<Uint8Array>): Promise<string> {
	let text = "";
	const reader = output.getReader();
	const decoder = new TextDecoder();
	/** What it logs later is of no interest, but must not stand in its way. */
	const drain = async () => {
		while (!(await reader.read()).done);
	};
	for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
		text += decoder.decode(chunk.value, { stream: true });
		const url = /listening on\s+(http:\/\/[^\s/"]+)/.exec(text)?.[1];
		if (url) {
			void drain();
			return url;
		}
	}
	throw new Error(`The server never said where it listens, only: ${text}`);
}

async function end(child: Subprocess) {
	child.kill("SIGTERM");
	const timer = setTimeout(() => child.kill("SIGKILL"), stopWithin);
	await child.exited;
	clearTimeout(timer);
}
