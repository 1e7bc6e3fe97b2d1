import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { OperatorError } from "../core/errors";

/** Maximum bytes of the file. `.env.example` has about 5,000. */
const maxBytes = 256 * 1024;
/** Files that Bun and front-end tools read beside `.env`. The server ignores them. */
const otherFiles = ["local", "production", "production.local", "development", "development.local"];

/** Variable that lists the options from `.env`, for this process and its children. */
export const fromEnvFile = "MINIFEED_FROM_ENV_FILE";

export type EnvFile = {
	values: Map<string, string>;
	/** A sentence for each line that systemd, `docker run --env-file` or Docker Compose reads differently. */
	warnings: string[];
};

/** Reads `.env` in the working directory. @throws OperatorError that lists every mistake and contains no values. */
export function readEnvFile(path = ".env"): EnvFile {
	const bytes = readBytes(path);
	const others = otherFiles.map((end) => `${path}.${end}`).filter((file) => existsSync(file));
	const unread = others.map((file) => `${file} is not read: put its lines into ${path}.`);
	if (bytes === "directory") unread.push(`${path} is a folder, so no options are read from it.`);
	if (typeof bytes === "string") return { values: new Map(), warnings: unread };
	let text: string;
	try {
		text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
	} catch {
		throw new OperatorError(`${path} is not UTF-8. Save it as UTF-8.`);
	}
	const { values, warnings } = parseEnvFile(text, path);
	return { values, warnings: [...unread, ...warnings] };
}

function readBytes(path: string): Uint8Array | "nothing" | "directory" {
	const buffer = new Uint8Array(maxBytes + 1);
	let length = 0;
	let file: number | undefined;
	try {
		file = openSync(path, "r");
		for (let read = 1; read > 0 && length < buffer.length; length += read)
			read = readSync(file, buffer, length, buffer.length - length, null);
	} catch (error) {
		const { code = "" } = error as NodeJS.ErrnoException;
		if (["ENOENT", "ENOTDIR"].includes(code)) return "nothing";
		if (code === "EISDIR") return "directory";
		throw new OperatorError(`${path} cannot be read (${code}). Let this user read it, or move it away.`);
	} finally {
		if (file !== undefined) closeSync(file);
	}
	if (length > maxBytes)
		throw new OperatorError(`${path} is longer than ${maxBytes / 1024} KiB. Check that it is a file of options.`);
	return buffer.subarray(0, length);
}

const ignored = /[ \t]*(?:([#;])[^\n]*)?(?:\n|$)/y;
const bareName = /[ \t]*[\w.-]+[ \t]*(?:\n|$)/y;
const beginning = /[ \t]*(export[ \t]+)?([\w.-]+)([ \t]*)=/y;
const singleQuoted = /([ \t]*)'([^']*)'/y;
const doubleQuoted = /([ \t]*)"((?:[^"\\]|\\.)*)"/sy;
const afterQuotes = /(?:[ \t]*|[ \t]+(#)[^\n]*)(?:\n|$)/y;
const openQuote = /[ \t]*['"]/y;
const restOfLine = /([^\n]*)(?:\n|$)/y;
const restOfFile = /.*/sy;

/**
 * Parses lines `NAME=value` by the rules that systemd's EnvironmentFile= and Docker Compose share. It expands nothing.
 * @throws OperatorError that lists every mistake and contains no values.
 */
export function parseEnvFile(source: string, path = ".env"): EnvFile {
	const text = source.replace(/^\ufeff/, "").replaceAll("\r\n", "\n");
	const values = new Map<string, string>();
	const warnings: string[] = [];
	const mistakes: string[] = [];
	const lineOf = lineCounter(text);
	const rest = cursor(text);
	if (source.startsWith("\ufeff"))
		warnings.push(`${path} begins with a byte order mark, so systemd drops the first name. Save it without.`);
	while (!rest.isAtEnd()) {
		const from = rest.at();
		const place = (name?: string) => `${path}, line ${lineOf(from)}${name ? ` (${name})` : ""}:`;
		const skipped = rest.take(ignored);
		if (skipped) {
			warnings.push(...commentNotes(skipped).map((note) => `${place()} ${note}`));
			continue;
		}
		if (rest.take(bareName)) continue; // Docker takes the value from the environment, which overrides the file anyway
		const [, exported, name, blanks] = rest.take(beginning) ?? [];
		if (name === undefined) {
			mistakes.push(`${place()} a line is NAME=value, or a comment that begins with #.`);
			rest.take(restOfLine);
			continue;
		}
		const read = readValue(rest.take, Boolean(blanks));
		if ("mistake" in read) {
			mistakes.push(`${place(name)} ${read.mistake}`);
			continue;
		}
		const notes = exported ? [unknownExport, ...read.notes] : read.notes;
		warnings.push(...notes.map((note) => `${place(name)} ${note}`));
		values.set(name, read.value);
	}
	const control = text.search(/[\0\r]/);
	if (control >= 0)
		mistakes.push(`${path}, line ${lineOf(control)}: it has a NUL, or a carriage return in the middle.`);
	if (mistakes.length > 0) throw new OperatorError(`The file of options has mistakes:\n  ${mistakes.join("\n  ")}`);
	return { values, warnings };
}

type Take = (pattern: RegExp) => RegExpExecArray | null;

/** Reads a text from start to end with sticky patterns. */
function cursor(text: string) {
	let at = 0;
	const take: Take = (pattern) => {
		pattern.lastIndex = at;
		const found = pattern.exec(text);
		if (found) at = pattern.lastIndex;
		return found;
	};
	return { take, at: () => at, isAtEnd: () => at >= text.length };
}

type Value = { value: string; notes: string[] } | { mistake: string };

/** Reads a value and the rest of its line. `isSpaced` is true after blanks before the `=`. */
function readValue(take: Take, isSpaced: boolean): Value {
	const quoted = take(singleQuoted) ?? take(doubleQuoted);
	if (quoted) return readQuoted(quoted, take, isSpaced);
	if (take(openQuote)) {
		take(restOfFile); // every line below may belong to the value
		return { mistake: "a quote is opened and never closed. Close it, or use the other quotes around it." };
	}
	const line = take(restOfLine)?.[1] ?? "";
	const comment = line.search(/[ \t]#/);
	const value = trimBlanks(comment < 0 ? line : line.slice(0, comment));
	const notes = plainNotes(value);
	if (comment >= 0)
		notes.unshift("systemd and `docker run` add this comment to the value. Put it on a line of its own.");
	else if (isSpaced || value !== line) notes.unshift(aroundSign);
	return { value, notes };
}

function readQuoted([whole, before, body = ""]: RegExpExecArray, take: Take, isSpaced: boolean): Value {
	const isSingle = whole.endsWith("'");
	const end = take(afterQuotes);
	if (!end) {
		take(restOfLine);
		const hint = isSingle ? "Put a value that has a ' into double quotes." : 'Inside double quotes, write " as \\".';
		return { mistake: `text follows the closing quote. ${hint}` };
	}
	const notes = [
		...(isSpaced || before ? [aroundSign] : []),
		...(end[1] ? ["systemd adds this comment to the value. Put it on a line of its own."] : []),
		...(isSingle ? singleNotes(body) : doubleNotes(body)),
	];
	return { value: isSingle ? body : body.replace(/\\(["\\$])/g, "$1"), notes };
}

// Warnings about lines that the three readers parse differently. Each names a form that all of them share.

const unknownExport = "systemd and `docker run` do not know `export`. Leave it out.";
const aroundSign = "`docker run --env-file` keeps or refuses blanks around a value. Remove them.";
const useSingle = "Use single quotes.";
/** Docker Compose expands no other `$`. */
const expands = /\$[A-Za-z_{$]/;

function commentNotes([comment, sign]: RegExpExecArray): string[] {
	if (sign === ";") return ["only systemd takes this for a comment. Begin it with #."];
	return comment.endsWith("\\\n") ? ["systemd drops the line after a comment that ends in a backslash."] : [];
}

const plainNotes = (value: string) => [
	...(value.includes("\\") ? [`systemd drops a backslash outside of quotes; here it stays. ${useSingle}`] : []),
	...(expands.test(value) ? [`Docker Compose expands $; here it stays. ${useSingle}`] : []),
];

const singleNotes = (body: string) =>
	body.endsWith("\\") ? ["Docker Compose takes \\' for a quote. Use double quotes, and \\\\."] : [];

function doubleNotes(body: string): string[] {
	const rest = body.replace(/\\["\\$]/g, "");
	return [
		...(expands.test(rest) ? [`Docker Compose expands $ in double quotes; here it stays. ${useSingle}`] : []),
		...(/\\[abcfnrtv0`\n]/.test(rest) ? [`only \\", \\\\ and \\$ are escapes here. ${useSingle}`] : []),
	];
}

/** Finds the line number of an offset. Fast for ascending offsets. */
function lineCounter(text: string) {
	let line = 1;
	let counted = 0;
	return (at: number) => {
		if (at < counted) [line, counted] = [1, 0];
		for (let next = text.indexOf("\n", counted); next >= 0 && next < at; next = text.indexOf("\n", counted)) {
			line++;
			counted = next + 1;
		}
		return line;
	};
}

/** Removes blanks and tabs only: systemd and Docker keep other white space. */
function trimBlanks(text: string): string {
	const isBlank = (index: number) => text[index] === " " || text[index] === "\t";
	let [from, to] = [0, text.length];
	while (from < to && isBlank(from)) from++;
	while (from < to && isBlank(to - 1)) to--;
	return text.slice(from, to);
}
