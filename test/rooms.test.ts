import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** A file imports only its own room and rooms of lines above. `src/ARCHITECTURE.md` says what each room is for. */
const rooms = [
	["core"],
	["disk"],
	["config"],
	["handbook"],
	["http"],
	["media"],
	["accounts"],
	["social"],
	["trash", "takeout"],
	["db"],
	["seed", "instance"],
	["app.ts"],
	["server", "testing"],
	["testing.ts", "cli"],
	["main.ts", "build.ts"],
];
const levelOf = (room: string) => rooms.findIndex((names) => names.includes(room));
const source = resolve(import.meta.dir, "../src");
const roomOf = (path: string) => path.slice(source.length + 1).split("/")[0] ?? "";
const files = [...new Bun.Glob("**/*.ts").scanSync(source)].map((file) => join(source, file));

/** The modules of src that a file imports, types too. */
async function importsOf(file: string): Promise<string[]> {
	const text = await Bun.file(file).text();
	const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+)"/g)].map(([, name = ""]) => name);
	return specifiers
		.map((name) => resolve(dirname(file), name))
		.flatMap((path) =>
			[path, `${path}.ts`, `${path}.d.ts`, `${path}/index.ts`]
				.filter((path) => /\.\w+$/.test(path) && existsSync(path))
				.slice(0, 1),
		)
		.filter((path) => path.startsWith(`${source}/`));
}

test("every file is in a room, and imports only from its own or from rooms above", async () => {
	const names = new Set(files.map(roomOf));
	expect([...names].filter((name) => levelOf(name) < 0)).toEqual([]);
	expect(names.size).toBeLessThanOrEqual(20);
	const found: string[] = [];
	for (const file of files)
		for (const imported of await importsOf(file)) {
			const [from, to] = [roomOf(file), roomOf(imported)];
			if (from !== to && levelOf(to) >= levelOf(from)) found.push(`${file} imports ${imported}`);
		}
	expect(found).toEqual([]);
});

test("no room but db knows a file or a code of the engine", async () => {
	const found: string[] = [];
	for (const file of files.filter((file) => roomOf(file) !== "db"))
		if (/-wal\b|-shm\b|SQLITE_|":memory:"/.test(await Bun.file(file).text())) found.push(file);
	expect(found).toEqual([]);
});
