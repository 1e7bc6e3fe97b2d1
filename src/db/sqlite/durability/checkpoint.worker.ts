import { Database } from "bun:sqlite";
import { sqliteCode } from "../file/error-codes";
import type { CheckpointMode, CheckpointReply, CheckpointRequest } from "./checkpoint-client";
import { beginWal } from "./wal-file";

declare const self: Worker;

/** Reasons to try again later, such as no free file descriptor (CANTOPEN); whatever else goes wrong is the disk. */
const retryableCodes = ["SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_CANTOPEN"];

let client: Database | undefined;

self.onmessage = ({ data }: MessageEvent<CheckpointRequest>) => {
	if (data === "end") {
		client?.close();
		process.exit(); // this thread
	}
	self.postMessage(answer(data));
};

function answer({ path, mode }: Exclude<CheckpointRequest, "end">): CheckpointReply {
	try {
		client ??= open(path);
		return { done: checkpoint(client, mode) };
	} catch (error) {
		const code = sqliteCode(error);
		return retryableCodes.some((prefix) => code.startsWith(prefix)) ? { done: false } : { code: code || String(error) };
	}
}

function open(path: string): Database {
	const client = new Database(path, { readwrite: true });
	client.run("PRAGMA busy_timeout = 250"); // the writers wait, too
	client.run("PRAGMA synchronous = NORMAL"); // with all the syncs of a checkpoint, and of the head of a new log
	client.run(`PRAGMA journal_size_limit = ${32 * 1024 ** 2}`); // a log that grew beyond it is made smaller
	return client;
}

/**
 * A log that was copied whole is begun anew, at its start. That is done here: whoever writes first into a new log syncs its
 * head, and on the other connection everybody would wait for it.
 */
function checkpoint(client: Database, mode: CheckpointMode): boolean {
	const found = client.query<{ busy: number }, []>(`PRAGMA wal_checkpoint(${mode})`).get();
	if (found?.busy !== 0) return false;
	if (mode !== "PASSIVE") beginWal(client);
	return true;
}
