import { Readable, Writable } from "node:stream";
import { run } from "../../src/cli";

export type Ran = { code: number; stdout: string; stderr: string };
type Environment = Record<string, string>;

/** For programs that run in the folder of the project, where a developer may have a file .env. */
export const withoutEnvFile = { PATH: process.env.PATH, MINIFEED_FROM_ENV_FILE: "" };

/** Cheap hashes: what is tested is never how costly they are. */
const cheap = { ARGON2_MEMORY_KIB: "8", ARGON2_TIME: "1" };

/** Runs a command in this process, as from a script: `input` is its whole standard input. */
export async function command(args: string[], env: Environment = {}, input: string | Buffer = ""): Promise<Ran> {
	const [stdout, stderr] = [collector(), collector()];
	const code = await run(args, { env: { ...cheap, ...env }, stdin: Readable.from([input]), stdout, stderr });
	return { code, stdout: stdout.text(), stderr: stderr.text() };
}

export function collector() {
	const chunks: string[] = [];
	const stream = new Writable({
		write(chunk, _, done) {
			chunks.push(String(chunk));
			done();
		},
	});
	return Object.assign(stream, { text: () => chunks.join("") });
}

/** Runs the program as somebody at a terminal would: `answers` are typed one by one, each when its prompt shows up. */
export async function atTerminal(args: string[], env: Environment, answers: [prompt: string, typed: string][]) {
	let shown = "";
	const child = Bun.spawn([process.execPath, "src/main.ts", ...args], {
		env: { ...withoutEnvFile, TERM: "xterm", ...cheap, ...env },
		terminal: {
			data(_, bytes) {
				shown += Buffer.from(bytes).toString("utf8");
			},
		},
	});
	for (const [prompt, typed] of answers) {
		const from = shown.length;
		while (!shown.slice(from).includes(prompt) && !shown.includes(prompt)) await Bun.sleep(5);
		await Bun.sleep(50); // until it listens for keys
		child.terminal?.write(typed);
	}
	const code = await child.exited;
	child.terminal?.close();
	return { code, shown };
}
