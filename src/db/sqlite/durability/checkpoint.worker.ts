import { Database } from "bun:sqlite";
import { sqliteCode } from "../file/error-codes";
import type { CheckpointMode, CheckpointReply, CheckpointRequest } from "./checkpoint-client";
import { beginWal } from "./wal-file";

declare const self: Worker;

/** Errors after which a later try may succeed, such as no free file descriptor (CANTOPEN). Others mean that the disk failed. */
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
	client.run("PRAGMA busy_timeout = 250"); // short, because writers wait for this thread
	client.run("PRAGMA synchronous = NORMAL"); // still syncs checkpoints and the header of a new WAL
	client.run(`PRAGMA journal_size_limit = ${32 * 1024 ** 2}`); // bytes; SQLite truncates a larger WAL
	return client;
}

/**
 * The first writer into a restarted WAL fsyncs its header. This thread writes first, so that no request waits for that.
 */
function checkpoint(client: Database, mode: CheckpointMode): boolean {
	const found = client.query<{ busy: number }, []>(`PRAGMA wal_checkpoint(${mode})`).get();
	if (found?.busy !== 0) return false;
	if (mode !== "PASSIVE") beginWal(client);
	return true;
}
