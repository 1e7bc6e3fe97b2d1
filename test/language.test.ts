import { expect, test } from "bun:test";
import { join } from "node:path";
import { commentsOf, filesIn, longSentences, paragraphsOf, sentencesOf, violationsIn, wordsIn } from "./language";

const source = join(import.meta.dir, "../src");
const violations = (await Promise.all((await filesIn(source)).map(violationsIn))).flat();

test("no comment and no page of the source has a sentence of more than 25 words", () => {
	expect(violations.filter(({ rule }) => rule === "length")).toEqual([]);
});

test("no comment of the source begins with a clause that has no subject", () => {
	expect(violations.filter(({ rule }) => rule === "opening")).toEqual([]);
});

test("no file of the source has a word that the style forbids, except as data", () => {
	// Reserved usernames, and names of tests.
	const data = /reserved-names\.ts$|CHECKS\.md$/;
	expect(violations.filter(({ rule, file }) => rule === "word" && !data.test(file))).toEqual([]);
});

test("comments are found where they are, and nowhere else", () => {
	const text = [
		"#!/usr/bin/env bun",
		"// One line",
		"// and its next.",
		"/** Of a type. */",
		'const url = "https://example.com // no comment"; // At the end.',
		"// biome-ignore lint/x: not ours",
		"/*",
		" * A list:",
		" * - an item.",
		" */",
		`const pattern = /[/*]/; const made = \`// \${1 /* inside */}\`;`,
	].join("\n");
	expect(commentsOf("a.ts", text).map(({ line, text }) => [line, text.replace(/\s+/g, " ")])).toEqual([
		[2, "One line and its next."],
		[4, "Of a type."],
		[5, "At the end."],
		[7, "A list: - an item."],
		[11, "inside"],
	]);
});

test("a sentence ends where a reader ends it, and code is one word", () => {
	expect(sentencesOf("Read it, e.g. now. `a b c` runs! See:\n- one\n- two\n\nLast [of all](x.md)")).toEqual([
		"Read it, so now.",
		"code runs!",
		"See",
		"one",
		"two",
		"Last of all",
	]);
	expect(wordsIn("Ada – 3 posts & a half")).toBe(5);
	const long = { file: "a", line: 1, text: "word ".repeat(26) };
	expect(longSentences([long, { ...long, text: "word ".repeat(25) }])).toHaveLength(1);
});

test("tables, headings and code of a document are no sentences", () => {
	const text = "# Title\n\nOne\nparagraph.\n\n| a | b |\n| - | - |\n\n```sh\nrun\n```\n\n- item\n  goes on\n- next\n";
	expect(paragraphsOf("a.md", text).map(({ line, text }) => [line, text])).toEqual([
		[3, "One paragraph."],
		[13, "item goes on"],
		[15, "next"],
	]);
});
