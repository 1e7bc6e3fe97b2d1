import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type Exit = { code: number; stdout: string; stderr: string };

const fromSource = [process.execPath, join(import.meta.dir, "../../src/main.ts")];

/** The program as its user runs it: a process of its own, in an empty directory. */
export function program(
	env: Record<string, string> = {},
	directory = mkdtempSync(join(tmpdir(), "minifeed-")),
	command = fromSource,
	/** Told what the program sends. */
	ipc?: (message: unknown) => void,
) {
	const child = Bun.spawn(command, {
		...(ipc && { ipc }),
		cwd: directory,
		env: { PATH: process.env.PATH, PORT: "0", ARGON2_MEMORY_KIB: "8", ARGON2_TIME: "1", ...env },
		stdout: "pipe",
		stderr: "pipe",
	});
	let printed = "";
	const complaints = new Response(child.stderr).text();
	const finished = (async () => {
		const decoder = new TextDecoder();
		for await (const chunk of child.stdout) printed += decoder.decode(chunk, { stream: true });
	})();

	return {
		directory,
		child,
		/** Where it listens, once it says so. */
		async address(): Promise<string> {
			for (;;) {
				const found = /listening on +(http:[^\s"]+)/.exec(printed)?.[1];
				if (found) return found;
				if (child.exitCode !== null) throw new Error(`it stopped: ${await complaints}`);
				await Bun.sleep(10);
			}
		},
		async exit(): Promise<Exit> {
			const code = await child.exited;
			await finished;
			return { code, stdout: printed, stderr: await complaints };
		},
		async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Exit> {
			child.kill(signal);
			return this.exit();
		},
		remove: () => rmSync(directory, { recursive: true, force: true }),
	};
}
export type Program = ReturnType<typeof program>;

/** A connection that one can feed piece by piece, with bytes as they are. */
export async function connection(address: string) {
	const { hostname, port } = new URL(address);
	const [answered, closed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
	let received = "";
	let unsent = "";
	const flush = (socket: Bun.Socket) => {
		unsent = unsent.slice(socket.write(unsent));
	};
	const socket = await Bun.connect({
		hostname,
		port: Number(port),
		socket: {
			data: (_, bytes) => {
				received += bytes.toString("latin1");
				answered.resolve();
			},
			drain: flush,
			close: () => closed.resolve(),
			error: () => closed.resolve(),
		},
	});
	return {
		send(text: string) {
			unsent += text;
			flush(socket);
		},
		/** When something has come back. */
		answered: answered.promise,
		/** When the other side is done. */
		closed: closed.promise,
		received: () => received,
		end: () => socket.end(),
	};
}

/**
 * Sends bytes and reads what comes back until the other side is done, or `milliseconds` have passed. `next` is sent when
 * the first answer has begun.
 */
export async function raw(address: string, request: string, milliseconds = 300, next = ""): Promise<string> {
	const { send, answered, closed, received, end } = await connection(address);
	send(request);
	void answered.then(() => send(next));
	await Promise.race([closed, Bun.sleep(milliseconds)]);
	end();
	return received();
}
