import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CorruptionError } from "../../src/core/errors";
import { diskFiles, openFiles } from "../../src/media/disk";
import { type FileStore, filesOf, imageOf, nameOf } from "../../src/media/files";
import { memoryFiles } from "../../src/media/memory";

const temporary = mkdtempSync(join(tmpdir(), "minifeed-"));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));
let directories = 0;
const emptyDirectory = () => join(temporary, String(directories++));

/** The contract of each file store. A new store is added to this list. */
const kinds: Record<string, () => FileStore> = {
	disk: () => diskFiles({ directory: emptyDirectory(), durable: true }),
	"disk that need not survive a power cut": () => diskFiles({ directory: emptyDirectory(), durable: false }),
	memory: memoryFiles,
};
const bytes = (text: string) => new TextEncoder().encode(text);

describe.each(Object.entries(kinds))("%s", (_, open) => {
	test("what was put can be got and listed, until it is removed", async () => {
		const files = open();
		await files.put({ a: bytes("one"), b: bytes("two") });
		expect([await (await files.get("a"))?.text(), await (await files.get("b"))?.text()]).toEqual(["one", "two"]);
		await files.put({ a: bytes("other") });
		expect(await (await files.get("a"))?.text()).toBe("other");
		const listed = await Array.fromAsync(files.list());
		expect(listed.map(({ name, isWhole }) => [name, isWhole]).sort()).toEqual([
			["a", true],
			["b", true],
		]);
		for (const { modifiedAt } of listed) expect(Math.abs(modifiedAt.getTime() - Date.now())).toBeLessThan(60_000);

		await files.remove(["a", "nothing"]);
		expect([await files.get("a"), (await files.get("b")) === null]).toEqual([null, false]);
		expect(await files.free()).toBeGreaterThan(0);
	});
});

test("a folder is for its owner only, and what is written there too", async () => {
	const directory = emptyDirectory();
	await diskFiles({ directory, durable: true }).put({ a: bytes("one") });
	expect([statSync(directory).mode & 0o777, statSync(join(directory, "a")).mode & 0o777]).toEqual([0o700, 0o600]);
	expect(readdirSync(directory)).toEqual(["a"]);
});

test("of what cannot be written whole, nothing is left", async () => {
	const directory = emptyDirectory();
	const files = diskFiles({ directory, durable: true });
	mkdirSync(join(directory, "b")); // no file takes the place of a folder
	expect(files.put({ b: bytes("two") })).rejects.toThrow();
	await files.put({ c: bytes("three") });
	expect(readdirSync(directory).sort()).toEqual(["b", "c"]);
	expect((await Array.fromAsync(files.list())).map(({ name }) => name)).toEqual(["c"]);
});

test("list marks files that a crash left unfinished, and get does not return them", async () => {
	const directory = emptyDirectory();
	const files = diskFiles({ directory, durable: true });
	const part = `.${crypto.randomUUID()}.part`;
	writeFileSync(join(directory, part), "half");
	expect(await Array.fromAsync(files.list())).toMatchObject([{ name: part, isWhole: false }]);
	expect(imageOf(part)).toBeNull();
});

test("a folder belongs to the database that was there first", async () => {
	const directory = emptyDirectory();
	const open = (instance: string) =>
		openFiles({ directory, durable: true }, { instance: async () => instance, after: async () => [] });
	await open("one");
	await open("one");
	expect(open("two")).rejects.toThrow("belongs to another database");
	writeFileSync(join(directory, ".instance"), ""); // as a power cut left it, before its owner was synced
	await open("two");
	expect(open("one")).rejects.toThrow("belongs to another database");
	expect(readdirSync(directory)).toEqual([".instance"]);
});

test("an empty folder is none of a database that has pictures, until that is said", async () => {
	const directory = emptyDirectory();
	const rows = [{ key: 1, name: "a".repeat(64), createdAt: new Date(0) }];
	const open = () => openFiles({ directory, durable: true }, { instance: async () => "one", after: async () => rows });
	await expect(open()).rejects.toBeInstanceOf(CorruptionError);
	await expect(open()).rejects.toThrow("has none of the pictures of the database. Mount the folder");
	expect(readdirSync(directory)).toEqual([]);
	writeFileSync(join(directory, `${"a".repeat(64)}.webp`), "x"); // of a version that left no mark
	await open();
	rmSync(directory, { recursive: true });
	mkdirSync(directory);
	writeFileSync(join(directory, ".instance"), "");
	await open();
});

test("a folder that cannot be made or written to is told at once", () => {
	writeFileSync(join(temporary, "file"), "");
	expect(() => diskFiles({ directory: join(temporary, "file"), durable: true })).toThrow("is a file, where a folder");
	if (process.getuid?.() === 0) return; // root may write anywhere
	const directory = emptyDirectory();
	mkdirSync(directory);
	chmodSync(directory, 0o500);
	expect(() => diskFiles({ directory, durable: true })).toThrow("you may not write to it");
	expect(existsSync(directory)).toBe(true);
});

test("names tell content, and what was not public cannot be guessed from it", () => {
	const [a, b] = [
		{ full: bytes("full"), thumbnail: bytes("small") },
		{ full: bytes("full"), thumbnail: bytes("other") },
	];
	expect(nameOf(a, true)).toBe(nameOf(a, true));
	expect(nameOf(a, true)).not.toBe(nameOf(b, true));
	expect(nameOf(a, false)).toStartWith(nameOf(a, true));
	expect(nameOf(a, false)).not.toBe(nameOf(a, false));
	for (const isPublic of [true, false]) {
		const name = nameOf(a, isPublic);
		for (const file of filesOf(name)) expect(imageOf(file)).toBe(name);
		for (const file of [name, `${name}.webp.webp`, `/${name}.webp`, `${name}.webp\n`, `${name.toUpperCase()}.webp`])
			expect([file, imageOf(file)]).toEqual([file, null]);
	}
});
