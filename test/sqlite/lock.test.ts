import { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
	isBackupRunning,
	isBeingReplaced,
	isInUse,
	lock,
	lockForBackup,
	lockForReplacing,
} from "../../src/db/sqlite/file/lock";

let directory: string;
let path: string;
beforeEach(() => {
	directory = mkdtempSync(join(tmpdir(), "minifeed-"));
	path = join(directory, "minifeed.db");
});
afterEach(() => rmSync(directory, { recursive: true }));

const locks = [
	["the server's", ".lock", lock, isInUse],
	["a restore's", ".restore.lock", lockForReplacing, isBeingReplaced],
	["a backup's", ".backup.lock", lockForBackup, isBackupRunning],
] as const;

/** Another process that looks at a lock, for so long in milliseconds. */
async function looking(file: string, ms: number) {
	const code = `
		const file = new (require("bun:sqlite").Database)(${JSON.stringify(file)});
		file.run("BEGIN");
		file.query("SELECT 1 FROM sqlite_schema").get();
		console.log("looking");
		setTimeout(() => process.exit(), ${ms});`;
	const child = Bun.spawn([process.execPath, "-e", code], { stdout: "pipe" });
	await child.stdout.getReader().read();
	return child;
}

test.each(locks)("%s lock is held until it is lifted", (_, suffix, take, isTaken) => {
	expect(isTaken(path)).toBe(false);
	const unlock = take(path);
	expect(isTaken(path)).toBe(true);
	expect(() => take(path)).toThrow(/in use|running/);
	unlock();
	expect(isTaken(path)).toBe(false);
	expect(() => new Database(`${path}${suffix}`, { readonly: true }).close()).not.toThrow();
});

test.each(locks)(
	"a look at %s lock hinders no other look, and no process that takes it",
	async (_, suffix, take, isTaken) => {
		take(path)();
		const looked = await looking(path + suffix, 200);
		const other = new Database(path + suffix);
		expect(() => other.run("BEGIN EXCLUSIVE")).toThrow("locked"); // who does not wait is refused
		other.close();
		expect(isTaken(path)).toBe(false);
		take(path)(); // waits for the other process
		expect(await looked.exited).toBe(0);
	},
);

test.each(locks)("%s lock that cannot be read counts as free, and the caller is told", (_, suffix, _take, isTaken) => {
	mkdirSync(path + suffix); // as unreadable as another user's file, also for root
	const problems: string[] = [];
	expect(isTaken(path, (problem) => problems.push(problem))).toBe(false);
	expect(problems).toEqual([expect.stringContaining(`The lock ${path}${suffix} cannot be read (SQLITE_`)]);
});
