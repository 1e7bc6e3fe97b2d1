import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { topics } from "../../src/handbook/topics";
import { forbiddenWords, longSentences, paragraphsOf } from "../language";
import { testApp } from "../support/app";
import { atTerminal, command } from "../support/terminal";
import { blocksOf, handbook, root } from "./pages";
import { withTables } from "./tables";

const pages = await handbook();
/** Every document of the project, by its path from the root. */
const documents = new Map<string, string>();
for (const pattern of ["README.md", "src/**/*.md", ".github/**/*.md"])
	for (const file of new Bun.Glob(pattern).scanSync({ cwd: root, dot: true }))
		documents.set(file, await Bun.file(join(root, file)).text());

test("each page is a topic, with a title and one sentence of summary", () => {
	const files = [...new Bun.Glob("*.md").scanSync(join(root, "src/handbook"))];
	expect(files.sort()).toEqual(topics.map((topic) => `${topic}.md`).sort());
	for (const [topic, text] of pages) expect([topic, text]).toEqual([topic, expect.stringMatching(/^# .+\n\n[^#|`].*/)]);
});

test("the tables are those of the program", async () => {
	// Where this fails: bun test/handbook/tables.ts
	for (const [path, text] of await withTables()) expect(await Bun.file(path).text()).toBe(text);
});

test("no document has a forbidden word, besides generated tables", () => {
	const written = (text: string) => text.replace(/<!-- (\w+):begin -->[\s\S]*?<!-- \1:end -->|`[^`\n]+`/g, "");
	const ours = [...documents].filter(([file]) => /^README|^src.handbook|^\.github|ARCHITECTURE/.test(file));
	expect(ours.flatMap(([file, text]) => forbiddenWords(file, written(text)))).toEqual([]);
});

test("each code block is of a kind that a test runs, or is compared with a sample", async () => {
	const caddyfile = await Bun.file(join(root, ".deploy/Caddyfile")).text();
	for (const [file, text] of documents) {
		if (!/^README|^src.handbook/.test(file)) continue;
		const kinds = [...text.matchAll(/^```(\w*)\n[\s\S]*?^```$/gm)].map(([, kind]) => kind);
		// `console` blocks install or build, such as with Docker and systemd.
		expect([file, kinds.filter((kind) => !["sh", "ts", "json", "console", "ini"].includes(kind ?? ""))]).toEqual([
			file,
			[],
		]);
		for (const line of blocksOf(text, "ini").flatMap((block) => block.trim().split("\n")))
			expect([file, line, caddyfile.includes(`#   ${line}\n`)]).toEqual([file, line, true]);
		const samples = blocksOf(text, "console").flatMap((block) => block.match(/\.deploy\/[\w.]+/g) ?? []);
		for (const sample of samples.filter((name) => !name.endsWith(".env")))
			expect([file, sample, existsSync(join(root, sample))]).toEqual([file, sample, true]);
	}
});

test("no sentence of a document is longer than 25 words", () => {
	expect([...documents].flatMap(([file, text]) => longSentences(paragraphsOf(file, text)))).toEqual([]);
});

/** The anchors of a document as GitHub and Bun make them. */
const anchorsOf = (text: string) =>
	[...Bun.markdown.html(text, { headings: { ids: true } }).matchAll(/<h\d id="([^"]+)"/g)].map(([, id]) => id);

test("every relative link of a document leads to a file, and its anchor to a heading", () => {
	const links = [...documents].flatMap(([file, text]) =>
		[...text.replace(/```[\s\S]*?```/g, "").matchAll(/\]\(([^)\s]+)\)/g)].map(([, to = ""]) => ({ file, to })),
	);
	expect(links.length).toBeGreaterThan(20);
	for (const { file, to } of links.filter(({ to }) => !/^(?:https?|mailto):/.test(to))) {
		const [path = "", anchor] = to.split("#", 2);
		const target = path === "" ? file : relative(root, join(root, dirname(file), path));
		expect([file, to, existsSync(join(root, target))]).toEqual([file, to, true]);
		if (anchor) expect([file, to, anchorsOf(documents.get(target) ?? "").includes(anchor)]).toEqual([file, to, true]);
	}
});

test("a page of the handbook links only to other pages and to the web, since the executable has nothing else", () => {
	for (const [topic, text] of pages)
		for (const [, to = ""] of text.matchAll(/\]\(([^)\s]+)\)/g))
			expect([topic, to]).toEqual([topic, expect.stringMatching(/^(?:https:\/\/.*|[a-z-]+\.md(?:#.*)?|#.*)$/)]);
});

test("the README has at most 10,000 bytes", () => {
	expect(Buffer.byteLength(documents.get("README.md") ?? "")).toBeLessThanOrEqual(10_000);
});

test("the server serves each page as HTML without scripts, and its links lead to pages", async () => {
	const { app } = testApp();
	const get = (path: string, headers = {}) => app.handle(new Request(`http://localhost${path}`, { headers }));
	for (const path of ["/docs/handbook", ...topics.map((topic) => `/docs/handbook/${topic}`)]) {
		const response = await get(path);
		const html = await response.text();
		expect([path, response.status, response.headers.get("content-type")]).toEqual([
			path,
			200,
			"text/html; charset=utf-8",
		]);
		expect(response.headers.get("content-security-policy")).toStartWith("default-src 'none'; style-src 'self'");
		expect(html).not.toMatch(/<script|\son\w+=|(?:src|href)="https?:[^"]*\.(?:js|css|png|svg)|{{/);
		for (const [, to = ""] of html.matchAll(/href="(\/docs[^"#]*)(?:#[^"]*)?"/g))
			expect([path, to, (await get(to)).status]).toEqual([path, to, 200]);
		expect(html).not.toMatch(/href="[^"]*\.md/);
	}
	const [plain, compressed] = [
		await get("/docs/handbook/api"),
		await get("/docs/handbook/api", { "accept-encoding": "gzip" }),
	];
	expect([plain, compressed].map(({ headers }) => headers.get("content-encoding"))).toEqual([null, "gzip"]);
	for (const { headers } of [plain, compressed]) {
		const [etag = "", coding = ""] = [headers.get("etag") ?? "", headers.get("content-encoding") ?? ""];
		expect([headers.get("cache-control"), headers.get("vary")]).toEqual([
			"public, no-cache",
			"Authorization, Accept-Encoding",
		]);
		const same = await get("/docs/handbook/api", { "if-none-match": etag, "accept-encoding": coding });
		expect([same.status, await same.text(), same.headers.get("etag")]).toEqual([304, "", etag]);
		expect((await get("/docs/handbook/search", { "if-none-match": etag })).status).toBe(200);
	}
	expect((await app.handle(new Request("http://localhost/docs/handbook/api", { method: "HEAD" }))).status).toBe(200);
	expect((await app.handle(new Request("http://localhost/docs/handbook/api", { method: "POST" }))).status).toBe(405);
});

test.each(["nowhere", "..%2f..%2fREADME", "api.md", "constructor", "__proto__", "%00", "a".repeat(1000)])(
	"no page: %s",
	async (name) => {
		const response = await testApp().app.handle(new Request(`http://localhost/docs/handbook/${name}`));
		expect([response.status, response.headers.get("content-type")]).toEqual([404, "application/problem+json"]);
	},
);

test("help shows a page, a command, or both lists", async () => {
	const help = async (...names: string[]) => (await command(["help", ...names])).stdout;
	for (const topic of topics)
		expect(await command(["help", topic])).toEqual({ code: 0, stdout: `${pages.get(topic)?.trimEnd()}\n`, stderr: "" });
	expect(await help("backup")).toBe(`${pages.get("backup-and-restore")?.trimEnd()}\n`);
	expect(await help("gloss")).toBe(`${pages.get("glossary")?.trimEnd()}\n`);
	for (const name of ["user", "restore", "config", "user create"])
		expect(await help(...name.split(" "))).toBe((await command([...name.split(" "), "--help"])).stdout);
	const { code, stdout } = await command(["help"]);
	expect([code, stdout]).toEqual([0, expect.stringContaining((await command(["--help"])).stdout)]);
	for (const [topic, text] of pages) {
		expect(stdout).toMatch(new RegExp(`^ {2}${topic} `, "m"));
		const [, summary = ""] = text.replaceAll("`", "").split("\n\n", 2);
		expect(stdout.replace(/\s+/g, " ")).toContain(summary.replace(/\s+/g, " "));
	}
});

test("the help of a command names a page that exists", async () => {
	const names = [...(await command(["--help"])).stdout.matchAll(/^ {2}(\w+) [\s\S]*?$/gm)].map(([, name = ""]) => name);
	const commands = names.filter((name) => !["minifeed", "help"].includes(name));
	expect(commands.length).toBeGreaterThan(15);
	for (const name of commands) {
		const page = /^Read more: minifeed help (\S+)$/m.exec((await command([name, "--help"])).stdout)?.[1];
		expect([name, topics as readonly unknown[]]).toEqual([name, expect.arrayContaining([page])]);
	}
});

test.each([
	["frobnicate", "no topic or command 'frobnicate'"],
	["bakcup", "Did you mean 'backup'?"],
	["tr", "'tr' may be transfer or troubleshooting."],
	["user frobnicate", "no topic or command 'user frobnicate'"],
	["constructor", "no topic or command"],
])("help about %s is a wrong call, which names the topics", async (names, complaint) => {
	const { code, stdout, stderr } = await command(["help", ...names.split(" ")]);
	expect([code, stdout]).toEqual([2, ""]);
	expect(stderr).toContain(complaint);
	expect(stderr).toContain("troubleshooting");
});

test("on a terminal a page has no Markdown, and fits the width", async () => {
	const { code, shown } = await atTerminal(["help", "configure"], {}, []);
	const plain = Bun.stripANSI(shown).replaceAll("\r", "");
	expect(code).toBe(0);
	expect(plain).toContain("Configure\n\nEvery option");
	expect(plain).not.toMatch(/^#|\*\*|^\| |]\(/m);
	const lines = plain.split("\n").filter((line) => !/\S{60}/.test(line));
	expect(Math.max(...lines.map((line) => Bun.stringWidth(line)))).toBeLessThanOrEqual(100);
});

test("each dependency has a reason", async () => {
	const { dependencies, devDependencies } = await Bun.file(join(root, "package.json")).json();
	const [, inExecutable = "", forDevelopment = ""] = (documents.get(".github/DEPENDENCIES.md") ?? "").split(/^## /m);
	const listed = (section: string) => [...section.matchAll(/^\| `([^`]+)` +\| \w/gm)].map(([, name]) => name as string);
	expect(listed(inExecutable).sort()).toEqual(Object.keys(dependencies).sort());
	expect(listed(forDevelopment).sort()).toEqual(Object.keys(devDependencies).sort());
});
