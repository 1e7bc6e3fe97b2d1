import type { Readable, Writable } from "node:stream";
import { OperatorError } from "./errors";
import { harmless, obeyed } from "./text";

/** The environment and streams of a command. `main.ts` passes those of the process. */
export type Terminal = {
	env: Record<string, string | undefined>;
	/** Warnings about the file `.env`. Its options are in `env`. */
	warnings?: string[];
	stdin: Readable & { isTTY?: boolean };
	stdout: Writable & { isTTY?: boolean; columns?: number };
	/** Questions, progress and errors for people. Standard output has only the answer. */
	stderr: Writable & { isTTY?: boolean };
};

/** Exit codes: success; refused, with a message; wrong arguments. */
export const exit = { done: 0, refused: 1, misused: 2 } as const;

export function print({ stdout }: Terminal, text: string) {
	stdout.write(`${harmless(text)}\n`);
}

/** Prints a message for people to standard error. */
export function printError({ stderr }: Pick<Terminal, "stderr">, text: string) {
	stderr.write(`${harmless(text)}\n`);
}

/** Prints JSON. Also escapes C1 control characters, which JSON.stringify leaves unchanged. */
export function printJson(terminal: Terminal, value: unknown) {
	const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
	print(terminal, JSON.stringify(value, null, 2).replace(obeyed, escaped));
}

/** Prints a table with columns of the needed width. */
export function printTable(terminal: Terminal, head: string[], rows: string[][]) {
	const lines = [head, ...rows].map((cells) => cells.map(printable));
	const widths = head.map((_, column) => Math.max(...lines.map((cells) => Bun.stringWidth(cells[column] ?? ""))));
	const pad = (cell: string, column: number) => cell + " ".repeat((widths[column] ?? 0) - Bun.stringWidth(cell));
	for (const cells of lines) print(terminal, cells.map(pad).join("  ").trimEnd());
}

const printable = (text: string) => text.replace(/\p{C}/gu, "\u{fffd}");

/**
 * Reads a password. It is never an argument: the shell's history and lists of processes show arguments. On a terminal
 * the command asks twice. Otherwise it reads standard input and drops the last line break.
 */
export async function readPassword({ stdin, stderr }: Terminal): Promise<string> {
	if (!stdin.isTTY) {
		const piped = (await readText(stdin)).replace(/\r?\n$/, "");
		if (piped === "") throw new OperatorError("Give the password on standard input, or run this on a terminal.");
		return piped;
	}
	const { isCancel, password } = await import("@clack/prompts");
	const ask = async (message: string) => {
		const answer = await password({ message, input: stdin, output: stderr });
		if (isCancel(answer)) throw new OperatorError("Nothing was changed.");
		return answer ?? "";
	};
	const first = await ask("Password");
	if ((await ask("The same once more")) !== first)
		throw new OperatorError("These were two different passwords. Nothing was changed.");
	return first;
}

/** Maximum bytes of standard input; no password is as long. */
const longest = 4096;

async function readText(stdin: Readable): Promise<string> {
	const chunks: Buffer[] = [];
	let bytes = 0;
	for await (const chunk of stdin) {
		chunks.push(Buffer.from(chunk));
		bytes += chunk.length;
		if (bytes > longest) throw new OperatorError("What is on standard input is too long to be a password.");
	}
	try {
		return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
	} catch {
		throw new OperatorError("What is on standard input is not UTF-8.");
	}
}

/** Asks the person at the terminal to confirm; scripts pass --yes. Throws OperatorError on a no. */
export async function confirm({ stdin, stderr }: Terminal, { yes, question }: { yes?: boolean; question: string }) {
	if (yes) return;
	if (!stdin.isTTY) throw new OperatorError(`${question} Add --yes if so. Nothing was changed.`);
	const { confirm } = await import("@clack/prompts");
	const answer = await confirm({ message: harmless(question), initialValue: false, input: stdin, output: stderr });
	if (answer !== true) throw new OperatorError("Nothing was changed.");
}

const width = 40;

/** Shows progress on a terminal only. A library would listen for keys, and the process would not get Ctrl-C. */
export function progressBar({ stderr }: Terminal, label: (done: number, total: number) => string) {
	if (!stderr.isTTY) return { show() {}, end() {} };
	let shown = "";
	return {
		show(done: number, total: number) {
			const filled = Math.min(width, Math.floor((done / Math.max(total, 1)) * width));
			const bar = "━".repeat(filled) + "┄".repeat(width - filled);
			if (bar === shown) return;
			shown = bar;
			stderr.write(`\r${bar} ${harmless(label(done, total))}\u001b[K`);
		},
		end() {
			shown = "";
			stderr.write("\r\u001b[K");
		},
	};
}
