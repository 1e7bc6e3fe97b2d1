import { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import {
	existsSync,
	mkdtempSync,
	openSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	truncateSync,
	utimesSync,
	writeFileSync,
	writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OperatorError } from "../../src/core/errors";
import { openStores } from "../../src/db/open";
import { stateFile } from "../../src/db/sqlite/durability/state-file";
import { tableOf } from "../../src/db/sqlite/stores/search-index";
import { secret } from "../support/app";

let directory: string;
let path: string;
beforeEach(() => {
	directory = mkdtempSync(join(tmpdir(), "minifeed-"));
	path = join(directory, "data", "minifeed.db");
});
afterEach(() => rmSync(directory, { recursive: true }));

const open = () => openStores({ path, durability: "full", secret });
/** Whether some file of ours has these characters in it, as somebody who stole the disk would look. */
const onDisk = (text: string) =>
	readdirSync(join(directory, "data")).some((name) => readFileSync(join(directory, "data", name)).includes(text));

async function seeded() {
	const stores = open();
	const createdAt = new Date("2026-01-02T03:04:05.678Z");
	for (const id of ["ada", "bob"])
		await stores.users.create({
			id,
			username: id,
			email: `${id}@example.com`,
			passwordHash: `hash-of-${id}`,
			role: "user",
			displayName: id,
			createdAt,
		});
	for (let i = 0; i < 200; i++) {
		const [authorId, word] = i % 2 ? ["ada", "zebra"] : ["bob", "lion"];
		const content = `${word}${i} ${"some text ".repeat(50)}`;
		await stores.posts.create({ id: `p${i}`, authorId, title: null, content, visibility: "public", createdAt });
	}
	return { stores, createdAt };
}

/** Overwrites the root page of a table or an index. */
function damage(name: string) {
	const client = new Database(path);
	const found = client
		.query<{ rootpage: number }, [string]>("SELECT rootpage FROM sqlite_schema WHERE name = ?")
		.get(name);
	client.close();
	const bytes = readFileSync(path);
	const page = found?.rootpage ?? 0;
	writeFileSync(path, bytes.fill(0xa5, (page - 1) * 4096, page * 4096));
}

test("what was written is there after a restart, in a directory of our own", async () => {
	const { stores } = await seeded();
	await stores.close();
	const again = open();

	expect((await again.posts.byId("p7", null))?.content).toStartWith("zebra7 ");
	expect(statSync(join(directory, "data")).mode & 0o777).toBe(0o700);
	await again.close();
	expect(readdirSync(join(directory, "data")).sort()).toEqual([
		"minifeed.db",
		"minifeed.db.initialized",
		"minifeed.db.lock",
	]);
});

test("a post is read with its picture", async () => {
	const { stores } = await seeded();
	await stores.close();
	const client = new Database(path);
	client.run("INSERT INTO images VALUES (1, 'a', 1, 800, 600, 12345, 'data:image/png;base64,AA', 0)");
	client.run("UPDATE posts SET image_key = 1, image_alt = 'A cat' WHERE id = 'p1'");
	client.run("UPDATE posts SET image_key = 1 WHERE id = 'p2'");
	client.close();
	const again = open();

	const image = {
		name: "a",
		width: 800,
		height: 600,
		placeholder: "data:image/png;base64,AA",
	};
	expect((await again.posts.byId("p1", null))?.image).toEqual({ ...image, alt: "A cat" });
	expect((await again.posts.byId("p2", null))?.image).toEqual({ ...image, alt: "" });
	expect((await again.posts.byId("p3", null))?.image).toBeNull();
	await again.close();
});

test("deleted text is in no file any more", async () => {
	const { stores, createdAt } = await seeded();
	await stores.posts.create({
		id: "x",
		authorId: "ada",
		title: "wombat",
		content: "quokka",
		visibility: "private",
		createdAt,
	});
	await stores.comments.create({ id: "c", postId: "p0", authorId: "bob", content: "axolotl", createdAt });
	expect(["quokka", onDisk("quokka")]).toEqual(["quokka", true]);
	await stores.posts.remove("x");
	await stores.comments.remove("c", "bob", () => undefined);
	await stores.close();

	for (const word of ["quokka", "wombat", "axolotl"]) expect([word, onDisk(word)]).toEqual([word, false]);
	expect(["lion0 ", onDisk("lion0 ")]).toEqual(["lion0 ", true]);
});

test("a deleted account is in no file any more", async () => {
	const { stores } = await seeded();
	await stores.users.remove("ada");
	await stores.trash.resume();

	for (const text of ["zebra", "hash-of-ada", "ada@example.com"]) expect([text, onDisk(text)]).toEqual([text, false]);
	for (const text of ["lion", "hash-of-bob", "bob@example.com"]) expect([text, onDisk(text)]).toEqual([text, true]);
	await stores.close();
});

test("a database that vanished or was emptied does not become a new instance", async () => {
	const { stores } = await seeded();
	await stores.close();
	truncateSync(path);
	expect(open).toThrow(/is empty, but it held data/);
	rmSync(path);
	expect(open).toThrow(/is missing, but it held data/);
	expect(existsSync(path)).toBe(false);
	rmSync(`${path}.initialized`);
	await open().close();
});

test("damage in the middle of the file is found at start, and nothing is written", async () => {
	const { stores } = await seeded();
	await stores.close();
	const size = statSync(path).size;
	const file = openSync(path, "r+");
	for (let at = 3 * 4096; at < size - 4096; at += 2 * 4096) writeSync(file, Buffer.alloc(1024, 0xa5), 0, 1024, at);
	const damaged = readFileSync(path);

	expect(open).toThrow(/is damaged/);
	expect(open).toThrow(OperatorError);
	expect(readFileSync(path).equals(damaged)).toBe(true);
});

test("damage that nothing at start would stumble over is found too", async () => {
	const { stores } = await seeded();
	await stores.close();
	const sound = readFileSync(path);
	for (const name of ["users_display_name", `${tableOf(0)}_docsize`]) {
		damage(name);
		expect(open).toThrow(/is damaged/);
		writeFileSync(path, sound);
	}
});

test("a database that nothing touched since its last stop is checked again only once a week", async () => {
	const { stores } = await seeded();
	await stores.close();
	damage("users_display_name");
	const checked = (daysAgo: number) => stateFile(path).markClean(new Date(Date.now() - daysAgo * 86_400_000));

	expect(open).toThrow(/is damaged/); // it was touched
	checked(8);
	expect(open).toThrow(/is damaged/); // it was not, but disks rot
	checked(6);
	await open().close();
});

test("whatever may have happened to a database since its last stop has it checked again", async () => {
	const { stores } = await seeded();
	const mark = stateFile(path);
	expect(mark.checkedAt()).toBeNull(); // it is in use
	await stores.close();
	const checkedAt = mark.checkedAt();
	expect(checkedAt).not.toBeNull();
	await open().close();
	expect(mark.checkedAt()).toEqual(checkedAt); // the second start did not check

	writeFileSync(`${path}-wal`, "left by a crash");
	expect(mark.checkedAt()).toBeNull();
	rmSync(`${path}-wal`);
	expect(mark.checkedAt()).toEqual(checkedAt);
	utimesSync(path, new Date(), new Date());
	expect(mark.checkedAt()).toBeNull();
	writeFileSync(mark.file, "as an older version left it\n");
	expect(mark.checkedAt()).toBeNull();
	await open().close();
	expect(mark.checkedAt()?.getTime()).toBeGreaterThan(checkedAt?.getTime() ?? 0);
});

test("a database under two names is one database", async () => {
	const { stores } = await seeded();
	const other = join(directory, "other.db");
	symlinkSync(path, other);
	expect(() => openStores({ path: other, durability: "full", secret })).toThrow(/in use by another copy/);
	await stores.close();
});

test("a command works beside the server, which owns the file", async () => {
	const { stores } = await seeded();
	const beside = () => openStores({ path, durability: "full", secret, shared: true });
	const command = beside();
	expect((await command.posts.byId("p7", null))?.content).toStartWith("zebra7 ");
	await command.users.remove("bob");
	await command.close();
	expect(await stores.users.accountById("bob")).toBeNull();
	expect(open).toThrow(/in use by another copy/);
	await stores.close();
	expect(() => openStores({ path: `${path}x`, durability: "full", secret, create: false })).toThrow(
		/There is no database/,
	);
});

test("a command without a server leaves a database that was checked as one that was checked", async () => {
	const { stores } = await seeded();
	await stores.close();
	const checkedAt = stateFile(path).checkedAt();
	const command = openStores({ path, durability: "full", secret, shared: true });
	await command.users.remove("ada");
	await command.close();

	expect(checkedAt).not.toBeNull();
	expect(stateFile(path).checkedAt()).toEqual(checkedAt);
});

test("a command without a server finds damage as a server does", async () => {
	const { stores } = await seeded();
	await stores.close();
	damage("users_display_name");
	expect(() => openStores({ path, durability: "full", secret, shared: true })).toThrow(/is damaged/);
});

test("rows that belong to nothing are found at start", async () => {
	const { stores } = await seeded();
	await stores.close();
	const client = new Database(path);
	client.run("PRAGMA foreign_keys = OFF");
	client.run("INSERT INTO comments VALUES (1, 'c', 9999, 9999, 'x', 0)");
	client.close();

	expect(open).toThrow(/rows refer to missing rows/);
});

test("a file that is no database, and one of another program, are refused and left alone", async () => {
	const { stores } = await seeded();
	await stores.close();
	writeFileSync(path, "this is a text file that somebody put here\n".repeat(100));
	expect(open).toThrow(/is not a database/);
	rmSync(path);
	const other = new Database(path);
	other.run("CREATE TABLE theirs (a INTEGER)");
	other.close();
	const before = readFileSync(path);
	expect(open).toThrow(/of another program/);
	expect(readFileSync(path).equals(before)).toBe(true);
});

test("a database of a newer version is refused", async () => {
	const { stores } = await seeded();
	await stores.close();
	const client = new Database(path);
	client.run("INSERT INTO migrations VALUES ('9999_future', 'x', 0)");
	client.close();

	expect(open).toThrow(/written by a newer version/);
});

test("a directory that cannot be made is one sentence", () => {
	writeFileSync(join(directory, "data"), "a file, where a directory should be");
	expect(open).toThrow(OperatorError);
});
