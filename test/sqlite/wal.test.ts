import { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OperatorError } from "../../src/core/errors";
import { serverWal, type Wal } from "../../src/db/sqlite/durability/wal";
import { connect } from "../../src/db/sqlite/file/connect";
import type { Tx } from "../../src/db/sqlite/query/atomic";
import { atomic, type Db, writer } from "../../src/db/sqlite/query/atomic";
import { audit } from "../../src/db/sqlite/schema";

let directory: string;
let path: string;
let db: Db;
let wal: Wal;
/** The syncs that were begun; each ends when the test says so. */
let syncs: PromiseWithResolvers<void>[];
/** From then on, each ends by itself. */
let flow: () => void;
let failures: OperatorError[];
let close: () => void;

beforeEach(() => {
	directory = mkdtempSync(join(tmpdir(), "minifeed-"));
	path = join(directory, "minifeed.db");
	start("full");
});
afterEach(async () => {
	flow();
	await wal.close();
	close();
	rmSync(directory, { recursive: true });
});

function start(durability: "full" | "normal") {
	const connection = connect(path);
	syncs = [];
	failures = [];
	let flows = false;
	flow = () => {
		flows = true;
		for (const { resolve } of syncs) resolve();
	};
	wal = serverWal(connection, path, {
		durability,
		onDiskFailure: (error) => failures.push(error),
		sync() {
			const sync = Promise.withResolvers<void>();
			syncs.push(sync);
			if (flows) sync.resolve();
			return sync.promise;
		},
	});
	db = Object.assign(connection, { writer: writer(connection, wal, { isReadOnly: () => false, clock: rightClock }) });
	close = () => connection.$client.close();
}

const rightClock = { refusal: () => null, beforeWrite() {}, state: () => "right" as const };

const row = (at: number) => ({ at: new Date(at), action: "test", address: "" });
const insert = (at: number) => (tx: Tx) => void tx.insert(audit).values(row(at)).run();
const rows = () => db.select().from(audit).all().length;

/** Writes, and tells whether that is done. */
function write(at: number, work: (tx: Tx) => void = insert(at)) {
	const told = { done: false, error: null as unknown };
	atomic(db, work).then(
		() => {
			told.done = true;
		},
		(error) => {
			told.error = error;
		},
	);
	return told;
}
/** Lets all run that does not wait for a sync. */
const turn = () => Bun.sleep(5);

test("a write is told of when the sync has ended that began after it, and read before", async () => {
	const first = write(1);
	await turn();
	expect([rows(), syncs.length, first.done]).toEqual([1, 1, false]);
	const second = write(2); // while that sync runs, which may have begun too early for it
	await turn();
	expect([rows(), syncs.length]).toEqual([2, 1]);
	syncs[0]?.resolve();
	await turn();
	expect([first.done, second.done, syncs.length]).toEqual([true, false, 2]);
	syncs[1]?.resolve();
	await turn();
	expect(second.done).toBe(true);
});

test("all who come while a sync runs share the next one", async () => {
	const first = write(0);
	await turn();
	const others = Array.from({ length: 50 }, (_, i) => write(i + 1));
	await turn();
	syncs[0]?.resolve();
	await turn();
	expect([first.done, others.some(({ done }) => done), syncs.length]).toEqual([true, false, 2]);
	syncs[1]?.resolve();
	await turn();
	expect([others.every(({ done }) => done), syncs.length]).toEqual([true, 2]);
});

test("a write that finds nothing to change waits for what it saw, and when all is on the disk for nothing", async () => {
	const first = write(1);
	const idle = write(0, () => {});
	await turn();
	expect([first.done, idle.done, syncs.length]).toEqual([false, false, 1]);
	syncs[0]?.resolve();
	await turn();
	expect([first.done, idle.done]).toEqual([true, true]);
	const later = write(0, () => {});
	await turn();
	expect([later.done, syncs.length]).toEqual([true, 1]);
});

test("writes together are told of after one sync, which begins when they are committed", async () => {
	let told = false;
	const together = db.writer.inOneTransaction(async () => {
		for (let at = 0; at < 10; at++) await atomic(db, insert(at));
	});
	void together.then(() => {
		told = true;
	});
	await turn();
	expect([syncs.length, told, rows()]).toEqual([1, false, 10]);
	syncs[0]?.resolve();
	await together;
});

test("a write is waited for even when writes together begin right after it", async () => {
	const first = write(1);
	const together = db.writer.inOneTransaction(async () => {
		await turn();
		expect([syncs.length, first.done]).toEqual([1, false]);
		flow();
	});
	await together;
	await turn();
	expect(first.done).toBe(true);
});

test("a disk that fails refuses who waits and everybody after, and says so once", async () => {
	const first = write(1);
	await turn();
	const second = write(2);
	syncs[0]?.reject(Object.assign(new Error("i/o error"), { code: "EIO" }));
	await turn();
	const third = write(3);
	await turn();

	expect(syncs).toHaveLength(1); // a second try would succeed, without what was lost
	for (const { done, error } of [first, second, third]) {
		expect(done).toBe(false);
		expect(String(error)).toContain("did not keep the last writes");
	}
	expect(failures).toHaveLength(1);
});

test("with normal durability nothing waits for a sync", async () => {
	await wal.close();
	close();
	start("normal");
	await atomic(db, insert(1));
	expect(syncs).toHaveLength(0);
});

test("who writes while another program does waits awake, and in turn", async () => {
	const other = new Database(path);
	other.run("BEGIN IMMEDIATE");
	const order: number[] = [];
	const waiting = [1, 2, 3].map((at) =>
		write(at, (tx) => {
			order.push(at);
			insert(at)(tx);
		}),
	);
	await turn();
	expect([rows(), order]).toEqual([0, []]); // somebody reads meanwhile
	other.run("COMMIT");
	other.close();
	while (rows() < 3) await turn();
	expect(order).toEqual([1, 2, 3]);
	flow();
	await turn();
	expect(waiting.every(({ done }) => done)).toBe(true);
});

test("the log is cut while others read and write, and nothing is lost", async () => {
	flow();
	for (let at = 0; at < 300; at++) write(at);
	const before = statSync(`${path}-wal`).size;
	expect(await wal.truncate()).toBe(true);
	const after = statSync(`${path}-wal`).size;
	write(300);
	expect([before > 100_000, after < 10_000, rows()]).toEqual([true, true, 301]);
	const copy = join(directory, "copy.db");
	await Bun.write(copy, readFileSync(path)); // without the log
	const found = new Database(copy);
	expect(found.query("SELECT count(*) AS rows FROM audit").get()).toEqual({ rows: 300 });
	found.close();
});

test("the log does not grow with what is written", async () => {
	await wal.close();
	close();
	start("normal");
	const text = "x".repeat(3_500);
	const last = 8_000;
	let longest = 0;
	for (let at = 1; at <= last; at++) {
		const written = atomic(
			db,
			(tx) =>
				void tx
					.insert(audit)
					.values({ ...row(at), address: text })
					.run(),
		);
		if (at % 50 === 0) await written;
		longest = Math.max(longest, statSync(`${path}-wal`).size);
	}
	await wal.truncate();
	expect(rows()).toBe(last);
	expect(statSync(path).size).toBeGreaterThan(25e6);
	expect(longest).toBeLessThan(80e6); // of 170 MB that were written;
}, 60_000);

test("a write in the middle of a transaction of many keeps the log from being cut, for later", async () => {
	flow();
	await db.writer.inOneTransaction(async () => {
		await atomic(db, insert(1));
		expect(await wal.truncate()).toBe(false);
	});
	expect(await wal.truncate()).toBe(true);
});
