import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dir, "../..");
const sources = [...new Bun.Glob("src/**/*.ts").scanSync(root)];
const page = await Bun.file(join(root, "src/db/sqlite/durability/CHECKS.md")).text();
const tests = (
	await Promise.all(
		[...new Bun.Glob("test/**/*.test.ts").scanSync(root)].map((file) => Bun.file(join(root, file)).text()),
	)
).join("\n");

test("every test, script and file that the page of checks names exists", () => {
	const rows = page.split("\n").filter((line) => line.startsWith("| ") && !/^\| (Fault|-)/.test(line));
	expect(rows.length).toBeGreaterThan(20);
	const missing = rows.flatMap((row) => {
		const [, , check = "", , shown = ""] = row.split("|").map((cell) => cell.trim());
		const named = [...shown.matchAll(/"([^"]+)"/g)].map(([, name]) => name as string);
		const scripts = [...shown.matchAll(/`([^`]+)`/g)].map(([, path]) => path as string);
		const files = [...check.matchAll(/`([\w/-]+\.ts)`/g)].map(([, file]) => file as string);
		const isThere = (file: string) => sources.some((path) => path.endsWith(`/${file}`));
		return [
			...(named.length + scripts.length === 0 ? [`no test: ${row}`] : []),
			...named.filter((name) => !tests.includes(`"${name}"`)),
			...scripts.filter((path) => !existsSync(join(root, path))),
			...files.filter((file) => !isThere(file)),
		];
	});
	expect(missing).toEqual([]);
});
