import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect, test } from "bun:test";
import {
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	statSync,
	truncateSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OperatorError } from "../../src/core/errors";
import { engine, openStores } from "../../src/db/open";
import { stateFile } from "../../src/db/sqlite/durability/state-file";
import { connect, disconnect } from "../../src/db/sqlite/file/connect";
import { lock } from "../../src/db/sqlite/file/lock";
import type { Stores } from "../../src/db/stores";
import { countsOf } from "../../src/instance/replace/replace";
import { secret } from "../support/app";
import { program } from "../support/server";

const temporary = mkdtempSync(join(tmpdir(), "minifeed-"));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));
const [stopped, crashed] = [join(temporary, "stopped"), join(temporary, "crashed")];
const page = 4096;
const open = (folder: string, warnings: string[] = []) =>
	openStores({ path: join(folder, "minifeed.db"), durability: "full", secret, warn: (text) => warnings.push(text) });

async function write(stores: Stores, from: number, to: number) {
	for (let i = from; i < to; i++)
		await stores.posts.create({
			id: `p${i}`,
			authorId: "ada",
			title: null,
			content: `post ${i} says hello to the #garden `.repeat(20),
			visibility: "public",
			createdAt: new Date(i),
		});
}

beforeAll(async () => {
	const stores = open(stopped);
	const at = new Date(0);
	const person = { id: "ada", username: "ada", displayName: "Ada", email: "ada@example.com", passwordHash: "hash" };
	await stores.users.create({ ...person, role: "user", createdAt: at, updatedAt: at } as never);
	const other = { id: "bob", username: "bob", displayName: "Bob", email: "bob@example.com", passwordHash: "hash" };
	await stores.users.create({ ...other, role: "user", createdAt: at, updatedAt: at } as never);
	await write(stores, 0, 300);
	await stores.close();
	const folder = join(temporary, "running");
	cpSync(stopped, folder, { recursive: true });
	const running = open(folder);
	await write(running, 300, 320);
	await running.users.remove("bob"); // for ever, after which a new log is begun
	await write(running, 320, 340);
	await write(running, 340, 350);
	cpSync(folder, crashed, { recursive: true }); // what a crash leaves
	await running.close();
});

type Break = (path: string) => void;
const change = (path: string, work: (bytes: Buffer) => void) => {
	const bytes = readFileSync(path);
	work(bytes);
	writeFileSync(path, bytes);
};
const query = <Row>(path: string, sql: string): Row => {
	const client = new Database(path, { readonly: true });
	const row = client.query(sql).get() as Row;
	client.close();
	return row;
};
const run = (path: string, sql: string) => {
	const client = new Database(path);
	client.run(sql);
	client.close();
};
const rootOf = (path: string, name: string) =>
	query<{ rootpage: number }>(path, `SELECT rootpage FROM sqlite_schema WHERE name = '${name}'`).rootpage;
const noise = () => Buffer.from(crypto.getRandomValues(new Uint8Array(5 * page)));

/** Puts the WAL of another database beside one. */
function otherWal(path: string) {
	const other = join(mkdtempSync(join(temporary, "other-")), "other.db");
	const client = new Database(other);
	client.run("PRAGMA journal_mode = WAL");
	client.run("CREATE TABLE theirs (a)");
	cpSync(`${other}-wal`, `${path}-wal`);
	client.close();
}

const damages: [what: string, from: string, work: Break, why: RegExp][] = [
	["a header of noise", stopped, (path) => change(path, (b) => noise().copy(b, 0, 0, 100)), /is not a database/],
	["nothing but noise", stopped, (path) => writeFileSync(path, noise()), /is not a database/],
	[
		"a database of another program",
		stopped,
		(path) => {
			rmSync(path);
			run(path, "CREATE TABLE theirs (a)");
		},
		/of another program/,
	],
	["nothing in it", stopped, (path) => truncateSync(path), /is empty, but it held data/],
	["no file", stopped, (path) => rmSync(path), /is missing, but it held data/],
	[
		"a page of zeros",
		stopped,
		(path) => {
			const at = (rootOf(path, "posts") - 1) * page;
			change(path, (b) => b.fill(0, at, at + page));
		},
		/damaged \(table posts\)/,
	],
	[
		"half of it",
		stopped,
		(path) => truncateSync(path, Math.floor(readFileSync(path).length / page / 2) * page),
		/is damaged/,
	],
	[
		"a last page that is cut short",
		stopped,
		(path) => truncateSync(path, readFileSync(path).length - 1000),
		/the file is truncated/,
	],
	[
		"an index that does not agree with its table",
		stopped,
		(path) => {
			let root = rootOf(path, "posts_created");
			change(path, (b) => {
				while (b[(root - 1) * page] === 2) root = b.readUInt32BE((root - 1) * page + 8); // to a leaf
				const at = (root - 1) * page;
				const cell = at + b.readUInt16BE(at + 8);
				b.writeUInt8(b.readUInt8(cell + 4) ^ 1, cell + 4);
			});
		},
		/is damaged/,
	],
	["rows that belong to nothing", stopped, (path) => run(path, "DELETE FROM users"), /rows refer to missing rows/],
	[
		"a search index with noise in it",
		stopped,
		(path) => {
			const sql =
				"SELECT pageno FROM dbstat WHERE name = 'search_0_data' AND pagetype = 'leaf' AND payload > 4000 LIMIT 1";
			const end = query<{ pageno: number }>(path, sql).pageno * page;
			change(path, (b) => b.fill(0xee, end - 700, end - 300));
		},
		/damaged \(table search_0\)/,
	],
	[
		"a newer version",
		stopped,
		(path) => run(path, "INSERT INTO migrations VALUES ('9999_x', 'x', 1)"),
		/newer version/,
	],
	[
		"nothing in it but a log after a crash",
		crashed,
		(path) => truncateSync(path),
		/empty, but .* move away \S+\.initialized and \S+-wal/,
	],
	[
		"no file but a log",
		crashed,
		(path) => {
			rmSync(path);
			rmSync(`${path}.initialized`);
		},
		/missing, but .* move away \S+-wal\./,
	],
	[
		"the log of an earlier copy beside one that was closed",
		stopped,
		(path) => cpSync(join(crashed, "minifeed.db-wal"), `${path}-wal`),
		/The last run left no WAL, so \S+-wal is of an earlier copy.* move away \S+-wal\./,
	],
	["the log of another database", crashed, otherWal, /WAL .* is of another database/],
];

test.each(damages)("with %s a start is refused, and nothing is changed", async (_, from, work, why) => {
	const folder = mkdtempSync(join(temporary, "damaged-"));
	cpSync(from, folder, { recursive: true });
	const path = join(folder, "minifeed.db");
	work(path);
	const bytes = () =>
		["", "-wal", ".initialized"].map((suffix) => existsSync(path + suffix) && readFileSync(path + suffix));
	const before = bytes();
	expect(() => open(folder)).toThrow(why);
	expect(() => open(folder)).toThrow(OperatorError);
	countsOf(path); // as a restore does
	expect(bytes()).toEqual(before);
});

test("before a log is begun, it is said that there is one", async () => {
	const folder = mkdtempSync(join(temporary, "begun-"));
	cpSync(stopped, folder, { recursive: true });
	const path = join(folder, "minifeed.db");
	const mark = stateFile(path);
	expect(mark.isClean()).toBe(true);
	const beside = openStores({ path, durability: "full", secret, shared: true });
	expect(mark.isClean()).toBe(false);
	await beside.close();
	expect(mark.isClean()).toBe(true);
	let isBegun: boolean | undefined;
	const beforeWriting = () => {
		mark.clearClean();
		isBegun = existsSync(`${path}-wal`);
	};
	const connection = connect(path, { beforeWriting });
	run(path, "CREATE TABLE more (a)");
	const killed = join(temporary, "killed");
	cpSync(folder, killed, { recursive: true });
	disconnect(connection);
	expect([isBegun, mark.isClean()]).toEqual([false, false]);
	const again = connect(join(killed, "minifeed.db"));
	expect(again.$client.query("SELECT * FROM more").all()).toEqual([]);
	disconnect(again);
});

test("what a disk forgot since the last stop is found when it is met, and refused at the next start", async () => {
	const folder = mkdtempSync(join(temporary, "forgotten-"));
	cpSync(stopped, folder, { recursive: true, preserveTimestamps: true });
	const path = join(folder, "minifeed.db");
	const { atime, mtime } = statSync(path);
	const at = (rootOf(path, "posts") - 1) * page;
	change(path, (b) => b.fill(0, at, at + page));
	utimesSync(path, atime, mtime);
	const mark = `${path}.initialized`;
	writeFileSync(
		mark,
		readFileSync(mark, "utf8").replace(/"modified":"\d+"/, `"modified":"${statSync(path, { bigint: true }).mtimeNs}"`),
	);
	const stores = open(folder);
	const error = await stores.posts.byId("p1", null).catch((error) => error);
	expect(stores.describeCorruption(new Error("of another kind"))).toBeNull();
	expect(stores.describeCorruption(error)).toContain("is damaged (SQLITE_CORRUPT");
	await stores.close();
	expect(() => open(folder)).toThrow(/damaged \(table posts\)/);
});

test.each<[string, Break]>([
	["database is empty", (path) => truncateSync(path)],
	["log is another database's", otherWal],
])("what is about to be replaced keeps its log if its %s", (_, work) => {
	const folder = mkdtempSync(join(temporary, "replaced-"));
	cpSync(crashed, folder, { recursive: true });
	const path = join(folder, "minifeed.db");
	work(path);
	const before = readFileSync(`${path}-wal`);
	const unlock = lock(path);
	countsOf(path);
	engine.mergeWal(path);
	unlock();
	expect(readFileSync(`${path}-wal`)).toEqual(before);
});

test("a database after a crash is whole again from its WAL, whichever program reads that", async () => {
	const folder = join(temporary, "whole");
	cpSync(crashed, folder, { recursive: true });
	const warnings: string[] = [];
	let stores = open(folder, warnings);
	expect(await stores.posts.byId("p349", null)).not.toBeNull();
	await stores.close();

	const looked = join(temporary, "looked");
	cpSync(crashed, looked, { recursive: true });
	const beside = openStores({ path: join(looked, "minifeed.db"), durability: "full", secret, shared: true });
	await beside.close();
	expect(existsSync(join(looked, "minifeed.db-wal"))).toBe(false);
	stores = open(looked, warnings);
	expect(await stores.posts.byId("p349", null)).not.toBeNull();
	await stores.close();
	expect(warnings).toEqual([]);
});

test.each<[what: string, work: Break, warning: RegExp, last: number]>([
	["of noise", (path) => writeFileSync(`${path}-wal`, noise()), /WAL \S+-wal cannot be read/, 319],
	["without its header", (path) => change(`${path}-wal`, (b) => b.fill(0, 0, 32)), /cannot be read/, 319],
	[
		"with a bad first page",
		(path) => change(`${path}-wal`, (b) => b.fill(3, 200, 300)),
		/The last (\d+) of \1 pages in the WAL/,
		319,
	],
	["cut short", (path) => truncateSync(`${path}-wal`, statSync(`${path}-wal`).size - 1000), /The last \d+ of \d+/, 348],
	["that is missing", (path) => rmSync(`${path}-wal`), /of the last run is missing/, 319],
	["that is empty", (path) => truncateSync(`${path}-wal`), /of the last run is missing/, 319],
])(
	"after a crash with a WAL %s, the server starts with what is readable, and warns",
	async (_, work, warning, last) => {
		const folder = mkdtempSync(join(temporary, "unread-"));
		cpSync(crashed, folder, { recursive: true });
		const path = join(folder, "minifeed.db");
		work(path);
		const warnings: string[] = [];
		const stores = open(folder, warnings);
		expect(warnings).toEqual([expect.stringMatching(warning)]);
		expect(await stores.posts.byId(`p${last}`, null)).not.toBeNull();
		expect(await stores.posts.byId(`p${last + 1}`, null)).toBeNull();
		await write(stores, 400, 402);
		await stores.close();
		await open(folder, warnings).close();
		expect(warnings).toHaveLength(1);
		expect(query<{ posts: number }>(path, "SELECT count(*) AS posts FROM posts").posts).toBe(last + 3);
	},
);

test("a power cut may leave the end of a WAL without its middle", async () => {
	const folder = join(temporary, "hole");
	cpSync(crashed, folder, { recursive: true });
	const path = join(folder, "minifeed.db");
	const middle = 32 + 50 * (24 + page);
	change(`${path}-wal`, (b) => b.fill(0, middle, middle + page));
	const warnings: string[] = [];
	const stores = open(folder, warnings);
	expect(warnings).toEqual([expect.stringMatching(/The last \d+ of \d+ pages/)]);
	expect(await stores.posts.byId("p320", null)).not.toBeNull();
	expect(await stores.posts.byId("p349", null)).toBeNull();
	await stores.close();
	expect(query<{ check: string }>(path, "SELECT integrity_check AS 'check' FROM pragma_integrity_check").check).toBe(
		"ok",
	);
});

test("a WAL is never taken for another's, whichever connection began it", async () => {
	const folder = mkdtempSync(join(temporary, "begun-"));
	cpSync(stopped, folder, { recursive: true });
	const path = join(folder, "minifeed.db");
	const [server, warnings] = [open(folder), [] as string[]];
	const beside = () => openStores({ path, durability: "full", secret, shared: true });
	const crashes = async (expected: string) => {
		const copy = mkdtempSync(join(temporary, "copy-"));
		cpSync(folder, copy, { recursive: true });
		const stores = open(copy, warnings);
		expect(await stores.posts.byId(expected, null)).not.toBeNull();
		await stores.close();
	};
	await write(server, 300, 302);
	await crashes("p301");
	// A command empties the WAL, and the server begins the next one with a salt that it did not note.
	const command = beside();
	await write(command, 302, 303);
	await command.users.remove("bob");
	await write(server, 303, 305);
	await crashes("p304");
	await command.close();
	await crashes("p304");
	await server.close();
	expect(warnings).toEqual([]);
});

test("a server whose state file cannot be written goes on", async () => {
	const folder = mkdtempSync(join(temporary, "unwritable-"));
	cpSync(stopped, folder, { recursive: true });
	const stores = open(folder);
	const mark = join(folder, "minifeed.db.initialized");
	rmSync(mark);
	mkdirSync(mark); // as unwritable as a full disk, also for root
	await stores.users.remove("bob"); // cuts the WAL
	await write(stores, 300, 301);
	expect(await stores.posts.byId("p300", null)).not.toBeNull();
	rmSync(mark, { recursive: true });
	await stores.close();
	expect(query<{ posts: number }>(join(folder, "minifeed.db"), "SELECT count(*) AS posts FROM posts").posts).toBe(301);
});

test("what is told of damage says how to bring the newest backup back", async () => {
	const server = program();
	await server.address();
	const made = program({}, server.directory, [process.execPath, join(import.meta.dir, "../../src/main.ts"), "backup"]);
	expect((await made.exit()).code).toBe(0);
	await server.stop();
	writeFileSync(join(server.directory, "data/minifeed.db"), noise());
	const { code, stderr } = await program({}, server.directory).exit();
	expect(code).toBe(1);
	const advised =
		/^data\/minifeed\.db is not a database\. It was not changed\. To restore the newest backup, of \S+, run: minifeed (restore \S+)\n$/;
	expect(stderr).toMatch(advised);
	const [, advice = ""] = advised.exec(stderr) ?? [];
	const restored = program({}, server.directory, [
		process.execPath,
		join(import.meta.dir, "../../src/main.ts"),
		...advice.split(" "),
	]);
	expect((await restored.exit()).code).toBe(0);
	const again = program({}, server.directory);
	await again.address();
	expect((await again.stop()).code).toBe(0);
	server.remove();
});
