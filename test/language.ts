import { join, resolve } from "node:path";
import ts from "typescript";

// The machine-checked rules of plain language. `bun test/language.ts PATH...` lists the violations in files or folders.

const maxWords = 25;
const forbidden = /\b(?:whoever|somebody|nobody|anybody|whom|oneself|thereby|for ever)\b/gi;
const headless = /^(?:What|Who|Of|That|Whether|Whose|Where)\b/;

export type Prose = { file: string; line: number; text: string };
export type Violation = { file: string; line: number; rule: "word" | "opening" | "length"; text: string };

/** The comments of TypeScript, without their marks. Adjacent `//` lines are one comment. Leaves out directives to tools. */
export function commentsOf(file: string, source: string): Prose[] {
	const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
	const ranges = new Map<number, ts.CommentRange>();
	const collect = (node: ts.Node) => {
		for (const range of ts.getLeadingCommentRanges(source, node.getFullStart()) ?? []) ranges.set(range.pos, range);
		for (const range of ts.getTrailingCommentRanges(source, node.getEnd()) ?? []) ranges.set(range.pos, range);
		for (const child of node.getChildren(tree)) collect(child);
	};
	collect(tree);
	const found: (Prose & { lastLine: number; isLine: boolean })[] = [];
	for (const { pos, end, kind } of [...ranges.values()].sort((a, b) => a.pos - b.pos)) {
		const isLine = kind === ts.SyntaxKind.SingleLineCommentTrivia;
		const text = source
			.slice(pos, end)
			.replace(/^\/\*\*?|\*\/$|^\/\//g, "")
			.replace(/^[ \t]*\*/gm, "")
			.replace(/^[ \t]/gm, "");
		if (/^\/|^\s*(?:biome-ignore|@ts-)/.test(text)) continue;
		const line = tree.getLineAndCharacterOfPosition(pos).line + 1;
		const lastLine = tree.getLineAndCharacterOfPosition(end).line + 1;
		const before = found.at(-1);
		if (isLine && before?.isLine && before.lastLine === line - 1) {
			before.text += `\n${text}`;
			before.lastLine = lastLine;
		} else found.push({ file, line, text, lastLine, isLine });
	}
	return found.map(({ file, line, text }) => ({ file, line, text: text.trim() }));
}

/** The paragraphs and list items of Markdown. Code, tables, headings and HTML comments are left out. */
export function paragraphsOf(file: string, source: string): Prose[] {
	const blank = (text: string) => text.replace(/[^\n]/g, "");
	const lines = source
		.replace(/^[ \t]*(```|~~~)[\s\S]*?^[ \t]*\1[^\n]*$/gm, blank)
		.replace(/<!--[\s\S]*?-->/g, blank)
		.split("\n");
	const found: Prose[] = [];
	let open = false;
	for (const [index, line] of lines.entries()) {
		const text = line.replace(/^\s*(?:>\s?)*(?:[-*+]|\d+\.)?\s+|^>\s?/, "").trim();
		if (text === "" || /^\s*(?:#|\||<)/.test(line)) open = false;
		else if (open && !/^\s*(?:[-*+]|\d+\.)\s/.test(line)) (found.at(-1) as Prose).text += ` ${text}`;
		else {
			found.push({ file, line: index + 1, text });
			open = true;
		}
	}
	return found;
}

/** Sentences end with a full stop, a question or exclamation mark, a colon before a new line, or an empty line. */
export function sentencesOf(text: string): string[] {
	return text
		.replace(/```[\s\S]*?```|`[^`\n]*`/g, "code")
		.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
		.replace(/\b(?:e\.g|i\.e|etc|vs)\./g, "so")
		.split(/(?<=[.!?…][)"”’*_]*)\s+|:[ \t]*(?=\n)|\n\s*\n|\n\s*(?:[-*]|\d+\.)\s/)
		.map((sentence) => sentence.replace(/\s+/g, " ").trim())
		.filter((sentence) => sentence !== "");
}

/** Counts the parts between spaces that have a letter or a digit. */
export const wordsIn = (sentence: string) => sentence.split(" ").filter((word) => /[\p{L}\p{N}]/u.test(word)).length;

export function longSentences(prose: Prose[]): Violation[] {
	return prose.flatMap(({ file, line, text }) =>
		sentencesOf(text)
			.filter((sentence) => wordsIn(sentence) > maxWords)
			.map((sentence) => ({ file, line, rule: "length" as const, text: `${wordsIn(sentence)} words: ${sentence}` })),
	);
}

function headlessOpenings(comments: Prose[]): Violation[] {
	return comments
		.filter(({ text }) => headless.test(text))
		.map(({ file, line, text }) => ({ file, line, rule: "opening" as const, text: text.slice(0, 100) }));
}

export function forbiddenWords(file: string, source: string): Violation[] {
	return source
		.split("\n")
		.flatMap((text, index) =>
			[...text.matchAll(forbidden)].map(() => ({ file, line: index + 1, rule: "word" as const, text: text.trim() })),
		);
}

/** All violations in a file of TypeScript, Markdown or HTML. */
export async function violationsIn(path: string): Promise<Violation[]> {
	const source = await Bun.file(path).text();
	const words = forbiddenWords(path, source);
	if (/\.tsx?$/.test(path)) {
		const comments = commentsOf(path, source);
		return [...words, ...headlessOpenings(comments), ...longSentences(comments)];
	}
	return path.endsWith(".md") ? [...words, ...longSentences(paragraphsOf(path, source))] : words;
}

export async function filesIn(path: string): Promise<string[]> {
	if (await Bun.file(path).exists()) return [path];
	return [...new Bun.Glob("**/*.{ts,tsx,md,html}").scanSync({ cwd: path, dot: true })].sort().map((f) => join(path, f));
}

if (import.meta.main) {
	const files = (await Promise.all(process.argv.slice(2).map((path) => filesIn(resolve(path))))).flat();
	const violations = (await Promise.all(files.map(violationsIn))).flat();
	for (const { file, line, rule, text } of violations)
		console.log(`${file.slice(process.cwd().length + 1)}:${line} ${rule}: ${text}`);
	const count = (rule: string) => violations.filter((violation) => violation.rule === rule).length;
	console.log(
		`${files.length} files: ${count("word")} words, ${count("opening")} openings, ${count("length")} lengths`,
	);
}
