import { beforeAll, describe, expect, test } from "bun:test";
import { resolve } from "node:path";
import type { checkSync } from "recheck";
import ts from "typescript";
import { testApp } from "./support/app";

// Every pattern that meets what others send takes time in proportion to its length, whatever is sent. `recheck` proves it
// from the pattern; the few that it cannot read have a proof here, for this text of them and no other.

const root = resolve(import.meta.dir, "..");

/** What `recheck` cannot read, such as most look-around. Whoever changes one of these writes its proof anew. */
const unspaced = String.raw`[[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tai_Le}\p{Script=New_Tai_Lue}\p{Script=Tai_Tham}\p{Script=Tai_Viet}\u30fc\u3099\u309a]--\p{P}]`;
const spaced = String.raw`[[\p{L}\p{N}\p{M}]--${unspaced}]`;
const letter = String.raw`\p{L}\p{N}_\uff3f`;
const cased = String.raw`\p{Cased}\p{Nd}_\uff3f`;
const emoji = String.raw`\p{Emoji_Presentation}\u2600-\u2767\u2794-\u27bf\u{1f1e6}-\u{1f1ff}\u{1f300}-\u{1faff}\u{e0020}-\u{e007f}`;
const inside = String.raw`\u200c\u200d\u180e\u00b7\u0387\u30fb\uff65\u0f0b\u0f0c\u05be\u05f3\u05f4\u3003\u301c\u30a0`;
const inHost = String.raw`\p{L}\p{M}\p{N}._~%:@-`;
const inPath = String.raw`\p{L}\p{M}\p{N}\u200c\u200d._~:/?#@!$&'*+,;=%-`;
const provenByHand: Record<string, string> = {
	[`/(?<![\\p{L}\\p{Nd}_\\uff3f/&=#\\uff03@\\uff20]|(?!\\u20e3)\\p{M})[#\\uff03\\ufe5f][\\u061c\\u200e\\u200f]*(?:[${emoji}\\u200d]*(?<name>[${letter}][${letter}\\p{M}]*(?:[${inside}${emoji}]+[${letter}\\p{M}]+)*(?:(?<=\\p{M})\\u200d)?)|(?<name>[${emoji}]+(?:\\u200d[${emoji}]+)*))/gu`]:
		"A try looks one character back and needs a #, which no class has. Neighbouring runs are of classes that share nothing, so that each run is read and given back once.",
	[`/(?<![${cased}/=@\\uff20]|\\p{Cased}\\p{M}{1,8})[@\\uff20\\ufe6b](?<name>[a-zA-Z0-9_\\uff41-\\uff5a\\uff21-\\uff3a\\uff10-\\uff19\\uff3f]{3,30})(?![${cased}\\p{M}])(?!(?:[.-]+[${cased}]+)*[@\\uff20]|(?:-+[${cased}]+)*\\.[\\p{Cased}\\p{Nd}]|:(?:[a-zA-Z0-9-]+\\.)+[a-zA-Z]|\\/[a-zA-Z0-9_])/gu`]:
		"A try looks nine characters back, needs an @, and reads 31 characters at most. Its lookahead passes no second @, and its neighbouring runs share no character.",
	[`/(?:(?<=[a-zA-Z0-9+.-]):\\/\\/|(?<![\\p{Cased}\\p{M}\\p{N}_])[wW]{3}\\.(?=[\\p{L}\\p{N}]))[${inHost}]*(?:[/?#][${inPath}]*(?:(?:\\([${inPath}]*\\)|\\[[${inPath}]*\\])[${inPath}]*)*)?/gu`]:
		"Nothing follows the runs that could fail but a closing bracket. No run has a bracket in it, so that one that is not closed is read twice.",
	[`/(${unspaced}[${unspaced}\u{e001}]*)|${spaced}[${spaced}\u{e001}]*/gv`]:
		"The branches begin with different characters. Each is a run of one class, and nothing follows it that could fail.",
	[`/^${unspaced}/v`]: "It reads one character.",
	[`/^${spaced}/v`]: "It reads one character.",
	[String.raw`/(?!\p{L})[\xb2\xb3\xb9\xbc-\xbe\u2070-\u2089\u20a8\u2100-\u218b\u2460-\u24ea\u3200-\u33ff\ufdfc\u{1ccd6}-\u{1ccf9}\u{1f100}-\u{1f2ff}]/gu`]:
		"A try reads one character.",
	[String.raw`/[\p{Default_Ignorable_Code_Point}[\p{M}&&\p{Script=Common}][\p{Script=Inherited}--[\u0306\u0345\u3099\u309a]][\p{Mn}&&[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}]]\u093c]|(?<=[\p{L}\p{M}])\u0640+/gv`]:
		"A try looks one character back. Nothing follows its run that could fail.",
	"/(?<![Ии])\\u0306/gu": "A try looks one character back and reads one.",
	"/[ßς\u0345ᲀᲁᲂᲃᲄᲅᲆᲇᲈæðđħıłŋøœþŧƀɓɖɗɛəɨƙɔɵʉƴƶٱىیکةہ[\\p{Nd}--[0-9]]]/gv": "A try reads one character.",
	[String.raw`/\b(a) (?=["\u201c]?([a-z]+))/gi`]:
		"A try reads the word behind an article. A word stands behind one article at most, so that none is read twice.",
};

type Pattern = { place: string; source: string; flags: string };

const modules = [...new Bun.Glob("src/**/*.ts").scanSync(root)].sort();
const parse = (path: string, text: string) => ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
const placeOf = (node: ts.Node) => {
	const file = node.getSourceFile();
	return `${file.fileName}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
};

function walk(node: ts.Node, visit: (node: ts.Node) => void) {
	visit(node);
	ts.forEachChild(node, (child) => walk(child, visit));
}

function literalsIn(file: ts.SourceFile): Pattern[] {
	const found: Pattern[] = [];
	walk(file, (node) => {
		if (!ts.isRegularExpressionLiteral(node)) return;
		const end = node.text.lastIndexOf("/");
		found.push({ place: placeOf(node), source: node.text.slice(1, end), flags: node.text.slice(end + 1) });
	});
	return found;
}

const isRegExp = (node: ts.Node): node is ts.NewExpression | ts.CallExpression =>
	(ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText() === "RegExp";

/** Calls of `Text` make their patterns with `new RegExp`; TypeBox makes those of other schemas when it first checks. */
function isOfText(node: ts.Node): boolean {
	for (let parent = node.parent; parent; parent = parent.parent)
		if (ts.isCallExpression(parent)) return parent.expression.getText() === "Text";
	return false;
}

const files = await Promise.all(modules.map(async (path) => parse(path, await Bun.file(resolve(root, path)).text())));
const literals = files.flatMap(literalsIn);
const made: string[] = [];
const inSchemas: Pattern[] = [];
for (const file of files)
	walk(file, (node) => {
		if (isRegExp(node)) made.push(placeOf(node));
		if (!ts.isPropertyAssignment(node) || node.name.getText() !== "pattern" || isOfText(node)) return;
		if (!ts.isStringLiteralLike(node.initializer)) throw new Error(`${placeOf(node)}: write the pattern as a literal.`);
		inSchemas.push({ place: placeOf(node), source: node.initializer.text, flags: "" });
	});

const run = Bun.spawnSync(["bun", resolve(root, "test/support/patterns.ts")], { cwd: root });
const recorded: Pattern[] = JSON.parse(String(run.stdout) || "[]");

const { anonymous } = testApp();
const scripts = ["/client.ts", "/docs/start.js", "/link/start.js"];
const inScripts = await Promise.all(
	scripts.map(async (path) => literalsIn(parse(path, String((await anonymous.get(path)).body)))),
);

const all = [...literals, ...inSchemas, ...recorded, ...inScripts.flat()];
const distinct = [...new Map(all.map((pattern) => [`/${pattern.source}/${pattern.flags}`, pattern]))];

test("the patterns of the code, of schemas, of scripts and those that are made while it runs are all found", () => {
	expect(String(run.stderr)).toBe("");
	const found = new Set(recorded.map(({ place }) => place));
	expect(made.filter((place) => !found.has(place))).toEqual([]);
	for (const known of ["src/http/client-info.ts", "src/http/docs/client-runtime.ts"]) expect(modules).toContain(known);
	expect(literals.length).toBeGreaterThan(90);
	expect(recorded.map(({ source }) => source)).toContain("^[a-zA-Z0-9_]*$");
	expect(inScripts[0]?.length).toBeGreaterThan(0);
});

let check: typeof checkSync;
beforeAll(async () => {
	// Its own JavaScript: the faster one is a program for some machines only.
	process.env.RECHECK_BACKEND = "pure";
	({ checkSync: check } = await import("recheck"));
});

/** What `recheck` finds out, by automata alone: its other way tries attacks, and finding none is no proof. */
const verdict = (source: string, flags: string) => {
	const result = check(source, flags, { checker: "automaton", maxNFASize: 1_000_000, timeout: 50_000 });
	return result.status === "vulnerable" ? `vulnerable: ${result.complexity.summary}` : result.status;
};
/** All matches, one after another: each alone may be linear, and all together look at the same rest again and again. */
const everywhere = (source: string) => `^(?:(?:${source})|[^])*`;

describe("time is linear:", () => {
	test.each(distinct)("%s", (text, { place, source, flags }) => {
		const isGlobal = flags.includes("g");
		const found = isGlobal ? verdict(everywhere(source), flags.replace("g", "")) : verdict(source, flags);
		if (found === "unknown")
			expect([place, Object.keys(provenByHand)]).toEqual([place, expect.arrayContaining([text])]);
		else expect([place, found]).toEqual([place, "safe"]);
	});
});

test("every proof by hand is of a pattern that is there", () => {
	const texts = new Set(distinct.map(([text]) => text));
	expect(Object.keys(provenByHand).filter((text) => !texts.has(text))).toEqual([]);
});

test("what is quadratic is seen, in one match and in all together", () => {
	expect(verdict(String.raw`\bVersion\/.*\bSafari\/`, "")).toBe("vulnerable: 2nd degree polynomial");
	expect(verdict(String.raw`\/+$`, "")).toBe("vulnerable: 2nd degree polynomial");
	expect(verdict("b.*c|b", "")).toBe("safe");
	expect(verdict(everywhere("b.*c|b"), "")).toBe("vulnerable: 2nd degree polynomial");
});
