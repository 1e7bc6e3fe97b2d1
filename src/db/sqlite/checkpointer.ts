import { Database } from "bun:sqlite";
import type { Answered, Asked, Mode } from "./checkpoints";
import { sqliteCode } from "./code";

declare const self: Worker;

/** Reasons to try again later; whatever else goes wrong is the disk. */
const passing = ["SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL"];

let client: Database | undefined;

self.onmessage = ({ data }: MessageEvent<Asked>) => {
	if (data === "end") {
		client?.close();
		process.exit(); // this thread
	}
	self.postMessage(answer(data));
};

function answer({ path, mode }: Exclude<Asked, "end">): Answered {
	try {
		client ??= open(path);
		return { done: checkpoint(client, mode) };
	} catch (error) {
		const code = sqliteCode(error);
		return passing.some((prefix) => code.startsWith(prefix)) ? { done: false } : { code: code || String(error) };
	}
}

function open(path: string): Database {
	const client = new Database(path, { readwrite: true });
	client.run("PRAGMA busy_timeout = 5000"); // asleep, which here is in nobody's way
	client.run("PRAGMA synchronous = NORMAL"); // with all the syncs of a checkpoint, and of the head of a new log
	client.run(`PRAGMA journal_size_limit = ${32 * 1024 ** 2}`); // a log that grew beyond it is made smaller
	return client;
}

/**
 * First what needs no lock, while others write; then the rest, while they wait: only when all is copied can the log be
 * begun anew, at its start. It is begun here, with a change that changes nothing: whoever writes first into a new log
 * syncs its head, and on the other connection everybody would wait for that.
 */
function checkpoint(client: Database, mode: Mode): boolean {
	const run = (mode: Mode | "PASSIVE") =>
		client.query<{ busy: number }, []>(`PRAGMA wal_checkpoint(${mode})`).get()?.busy === 0;
	run("PASSIVE");
	const done = run(mode);
	if (done) client.run("PRAGMA user_version = 0");
	return done;
}
