import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { options } from "../../src/config/config";
import { parseEnvFile, readEnvFile } from "../../src/config/env-file";

const temporary = mkdtempSync(join(tmpdir(), "minifeed-"));
afterAll(() => rmSync(temporary, { recursive: true }));

const read = (text: string) => {
	const { values, warnings } = parseEnvFile(text);
	return { values: Object.fromEntries(values), warnings };
};
const escaped = (text: string) => text.replace(/["\\$]/g, "\\$&");

// How systemd 252, docker 28.2 (`docker create --env-file`) and Docker Compose (compose-go 2.16) read each line was tried.

test.each([
	["A=b", "b"],
	["A=b c", "b c"],
	["A=", ""],
	["A=b=c", "b=c"],
	["A=long#1", "long#1"],
	["A=#b", "#b"],
	["A=pa$", "pa$"],
	["A=pa$1", "pa$1"],
	["A=it's", "it's"],
	["A=a'b'", "a'b'"],
	["A=`b`", "`b`"],
	["A=a;b ; %h * ~ !", "a;b ; %h * ~ !"],
	["A=é", "é"],
	[" \tA=b", "b"],
	["\n  # A=c\n\nA=b\n#A=d", "b"],
	["A=b\r\nB=c\r\n", "b"],
	["A=c\nA=b", "b"],
])("systemd, docker and Compose read %j alike, and so do we", (line, value) => {
	const { values, warnings } = read(line);
	expect(values.A as string).toBe(value);
	expect(warnings).toEqual([]);
});

test.each([
	["A='pa$word'", "pa$word"],
	["A='b # c'", "b # c"],
	["A=' b '", " b "],
	["A='a\\b'", "a\\b"],
	["A='it\"s'", 'it"s'],
	['A="it\'s"', "it's"],
	['A="a\\"b\\\\c\\$d"', 'a"b\\c$d'],
	['A="a\\zb"', "a\\zb"],
	["A=''", ""],
	["A='b' \t\r\n", "b"],
	["A='b\nc'\nB=d", "b\nc"],
])("systemd and Compose take the quotes off %j, and so do we", (line, value) => {
	const { values, warnings } = read(line);
	expect(values.A as string).toBe(value);
	expect(warnings).toEqual([]);
});

test.each([
	["A=b # c", "b", "docker run"],
	["A=b\t# c", "b", "docker run"],
	["A= # c", "", "docker run"],
	["A='b' # c", "b", "systemd adds this comment"],
	["A = b", "b", "blanks"],
	["A=b ", "b", "blanks"],
	["A= 'b'", "b", "blanks"],
	["export A=b", "b", "`export`"],
	["A=pa$word", "pa$word", "Compose expands"],
	["A=pa$$word", "pa$$word", "Compose expands"],
	["A=a$" + "{b}", "a$" + "{b}", "Compose expands"],
	['A="pa$word"', "pa$word", "Compose expands"],
	["A=a\\b", "a\\b", "systemd drops a backslash"],
	['A="a\\nb"', "a\\nb", "escapes"],
	["A='a\\'", "a\\", "Compose takes"],
	["\ufeffA=b", "b", "byte order mark"],
	["; x\nA=b", "b", "only systemd"],
	["# x \\\nA=b", "b", "systemd drops the line"],
])("%j is read in different ways, which a sentence says", (line, value, sentence) => {
	const { values, warnings } = read(line);
	expect(values.A as string).toBe(value);
	expect(warnings).toEqual([expect.stringContaining(sentence)]);
});

test.each([
	["PORT 9000", "line 1: a line is NAME=value"],
	["PORT: 9000", "line 1: a line is NAME=value"],
	["=b", "line 1: a line is NAME=value"],
	["A B=c", "line 1: a line is NAME=value"],
	["A=1\n\nB='secret\nC=1\n", "line 3 (B): a quote is opened and never closed"],
	['B="secret\\"', "line 1 (B): a quote is opened and never closed"],
	["B='it\\'s'", "line 1 (B): text follows the closing quote"],
	["B='a'#secret", "line 1 (B): text follows the closing quote"],
	['B="sec"ret', "line 1 (B): text follows the closing quote"],
	["A=1\nB=sec\0ret", "line 2: it has a NUL"],
	["A=1\nB=sec\rC=ret", "line 2: it has a NUL, or a carriage return"],
])("%j is refused with its line, and no value is shown", (text, sentence) => {
	expect(() => read(text)).toThrow(sentence);
	expect(() => read(text)).not.toThrow(/sec|ret$/);
});

test("every mistake is named at once", () => {
	expect(() => read("A\nB b\nC='c' c\nD='d\nE e")).toThrow(/line 2: .*\n.*line 3 \(C\): .*\n.*line 4 \(D\): [^\n]*$/);
});

test("the files that are no files of options", () => {
	const path = (name: string) => join(temporary, name);
	expect(readEnvFile(path("none"))).toEqual({ values: new Map(), warnings: [] });
	mkdirSync(path("folder"));
	expect(readEnvFile(path("folder")).warnings).toEqual([expect.stringContaining("is a folder")]);
	symlinkSync("loop", path("loop"));
	expect(() => readEnvFile(path("loop"))).toThrow("cannot be read (ELOOP)");
	writeFileSync(path("latin1"), Buffer.from("A=\xe9", "latin1"));
	writeFileSync(path("utf16"), Buffer.from("\ufeffA=b", "utf16le"));
	for (const name of ["latin1", "utf16"]) expect(() => readEnvFile(path(name))).toThrow("is not UTF-8");
	writeFileSync(path("long"), "#".repeat(300_000));
	expect(() => readEnvFile(path("long"))).toThrow("longer than 256 KiB");
	writeFileSync(path("right"), "\ufeffA=b");
	writeFileSync(path("right.local"), "A=c");
	const { values, warnings } = readEnvFile(path("right"));
	expect([...values]).toEqual([["A", "b"]]);
	expect(warnings[0]).toContain("right.local is not read");
});

const anyText = fc.string({ unit: "grapheme", maxLength: 40 }).filter((text) => !/[\0\r]/.test(text));

test("any password in single quotes is what it was, and any at all in double quotes", () => {
	fc.assert(
		fc.property(anyText, (password) => {
			if (!password.includes("'")) expect(read(`A='${password}'\nB=1`).values).toEqual({ A: password, B: "1" });
			expect(read(`A="${escaped(password)}"\nB=1`).values).toEqual({ A: password, B: "1" });
		}),
	);
});

test("any text without quotes, blanks at its ends or a comment is read as it is", () => {
	fc.assert(
		fc.property(anyText, (text) => {
			fc.pre(!/^["']|^[ \t]|[ \t]$|[ \t]#|\n/.test(text));
			expect(read(`A=${text}`).values.A as string).toBe(text);
		}),
	);
});

test("every option of .env.example means the same to systemd, docker and Compose", () => {
	const example = readFileSync(".env.example", "utf8");
	expect(parseEnvFile(example)).toEqual({ values: new Map(), warnings: [] }); // a copy changes nothing
	const lines = example.split("\n").filter((line) => /^(?!# |$)/.test(line));
	for (const line of lines) expect(line).toMatch(/^#[A-Z][A-Z0-9_]*=(?:[\w.:/,*@+-]+(?: [\w.:/,*@+-]+)*)?$/);
	const { values, warnings } = parseEnvFile(lines.map((line) => line.slice(1)).join("\n"));
	expect([values.size, warnings]).toEqual([Object.keys(options).length, []]);
});
