import type { Database } from "bun:sqlite";
import { dirname } from "node:path";
import { OperatorError } from "../../../core/errors";
import { makeFolder, realPath } from "../../../disk/free-space";
import { requireFilePermissions } from "../../../disk/permissions";
import { isInMemory, type Notify } from "../../engine";
import { isReplacePending, resumeReplaceFiles } from "../../replace";
import { assertNotEmptied, checkLeftoverWal, describeUnreadWal } from "../durability/startup-checks";
import { stateFile } from "../durability/state-file";
import { commandWal, serverWal, type Wal } from "../durability/wal";
import { readableFrames, saltOf } from "../durability/wal-file";
import { reindex } from "../stores/reindex";
import { type Connection, connect, disconnect } from "./connect";
import { describeSqliteError, fileExists } from "./errors";
import { isInUse, lock, lockForReplacing, lockIfFree } from "./lock";
import { schemaOf } from "./migrate";
import { walOf } from "./paths";
import { takeSnapshot } from "./snapshot";

/** An unchanged database is checked again after a week, because disks decay. */
const recheckAfterMs = 7 * 24 * 60 * 60 * 1000;

type Opened = {
	connection: Connection;
	wal: Wal;
	/** Makes the next start run the integrity check. */
	markCorrupt: () => void;
	close: () => void;
};
type Options = {
	path: string;
	durability: "full" | "normal";
	shared: boolean;
	create: boolean;
	onDiskFailure: (error: OperatorError) => void;
	notify?: Notify;
	/** Receives a warning when SQLite cannot read all of the WAL after a crash. */
	warn?: Notify;
};

/** Opens a database file, exclusively or shared with a running server, or a database in memory. Throws OperatorError. */
export function openFile({
	path,
	durability,
	shared,
	create,
	onDiskFailure,
	notify = () => {},
	warn = () => {},
}: Options): Opened {
	if (isInMemory(path)) {
		if (shared) throw new OperatorError("The database is in the memory of the server. Commands cannot reach it.");
		const connection = connect(path);
		return { connection, wal: commandWal(connection), markCorrupt() {}, close: () => connection.$client.close() };
	}
	requireDatabasePermissions(path);
	resumeReplace(path);
	if (!create && !fileExists(path) && !stateFile(path).exists())
		throw new OperatorError(`There is no database at ${path}. Start the server once, or set DATA_DIR to where it is.`);
	const { migrations, isIndexStale } = schemaOf(path);
	const isCurrent = !isIndexStale && migrations.every(({ appliedAt, known }) => appliedAt && known);
	if (shared && isCurrent) return openShared(path, { durability, warn });
	const createWal: ExclusiveOptions["createWal"] = (connection, onWalRestart) =>
		shared ? commandWal(connection) : serverWal(connection, path, { durability, onDiskFailure, onWalRestart });
	return openExclusive(path, { durability, notify, warn, createWal });
}

/** Throws OperatorError unless the process may read and write the database and its other files. Changes nothing. */
export function requireDatabasePermissions(path: string) {
	const paths = ["", "-wal", "-shm", "-journal", ".initialized", ".lock", ".backup.lock", ".restore.lock"];
	requireFilePermissions(
		...paths.map((suffix) => ({ path: path + suffix, kind: "file" as const, option: "DATABASE_PATH" })),
	);
}

/** Finishes an interrupted restore. Call it before reading or creating any file of the data directory. */
export function resumeReplace(path: string) {
	const real = realPath(path); // the paths in the journal are relative to it
	if (isInMemory(path) || !isReplacePending(real)) return;
	const unlock = lock(real);
	try {
		resumeReplaceFiles(real);
	} finally {
		unlock();
	}
}

/** Checks, snapshots and migrates the database, like the start of a server. */
export function bringUpToDate({
	path,
	durability,
	notify = () => {},
}: Pick<Options, "path" | "durability" | "notify">) {
	openExclusive(path, { durability, notify, warn: notify, createWal: (connection) => commandWal(connection) }).close();
}

/** Interval of the checks whether a server has stopped, in milliseconds. Short, because the next server may start at once. */
const lockPollMs = 20;

/**
 * Takes the server's lock for a command that replaces the database. While a server runs, waits for its end or throws
 * OperatorError. Returns a function that releases the lock.
 */
export async function lockDatabase(path: string, { wait }: { wait: boolean }): Promise<() => void> {
	for (;;) {
		const unlock = lockIfFree(path);
		if (unlock) return unlock;
		if (!wait)
			throw new OperatorError(`The database ${path} is in use by another copy of minifeed. Stop that one first.`);
		await Bun.sleep(lockPollMs);
	}
}

/** Announces a replacement, after finishing an interrupted one. Creates the folder if it is missing. */
export function beginReplacing(path: string): () => void {
	prepareFolder(path);
	requireDatabasePermissions(path);
	resumeReplace(path);
	return lockForReplacing(path);
}

/**
 * Lists the pending migrations of a database with content. Null when its schema and its search index are up to date.
 */
export function pendingUpgrade(path: string): { from: string; to: string[] } | null {
	if (isInMemory(path) || !fileExists(path)) return null;
	const { migrations: found, isIndexStale } = schemaOf(path);
	if (found.some(({ known }) => !known))
		throw new OperatorError(
			`The database ${path} was written by a newer version. Start that version, or put back a backup.`,
		);
	const from = found.findLast(({ appliedAt }) => appliedAt !== null)?.name;
	const to = found.filter(({ appliedAt }) => appliedAt === null).map(({ name }) => name);
	return from && (to.length > 0 || isIndexStale) ? { from, to } : null;
}

/** Opens beside a server, if one runs. Without a server, runs the same checks and records them in the state file. */
function openShared(path: string, { durability, warn }: { durability: Options["durability"]; warn: Notify }): Opened {
	const state = stateFile(path);
	const last = state.checkedAt();
	const isDue = last === null && !state.isOpen();
	const checkedAt = isDue ? new Date() : last;
	const isServed = isInUse(path);
	const beforeWriting = (client: Database) => {
		if (!isServed) warnUnreadWal(path, client, warn);
		state.clearClean();
	};
	const connection = connect(path, { durability, check: isDue, beforeWriting });
	return {
		connection,
		wal: commandWal(connection, state.forgetSalt),
		markCorrupt: state.markCorrupt,
		close() {
			disconnect(connection);
			if (checkedAt) state.markClean(checkedAt);
			else if (!state.isOpen()) state.forgetSalt();
		},
	};
}

/** The lock is held from the first read to the last write. */
type ExclusiveOptions = Pick<Options, "durability"> & {
	notify: Notify;
	warn: Notify;
	createWal: (connection: Connection, onWalRestart: (isOurs: boolean) => void) => Wal;
};

function openExclusive(path: string, { durability, notify, warn, createWal }: ExclusiveOptions): Opened {
	const state = stateFile(path);
	prepareFolder(path);
	assertNotEmptied(path);
	const unlock = lock(path);
	try {
		checkLeftoverWal(path);
		const upgrade = pendingUpgrade(path); // throws for a newer version, before the first write
		if (upgrade && upgrade.to.length > 0) {
			notify(`copying the database, which is at ${upgrade.from}`);
			notify(`copied to ${takeSnapshot(path, upgrade.from)}; applying ${upgrade.to.join(", ")}`);
		}
		const last = state.checkedAt();
		const isDue = last === null || Math.abs(Date.now() - last.getTime()) > recheckAfterMs; // absolute, because clocks also go back
		const checkedAt = isDue ? new Date() : last;
		const beforeWriting = (client: Database) => {
			warnUnreadWal(path, client, warn);
			state.clearClean();
		};
		const connection = connect(path, { durability, check: isDue, beforeWriting });
		if (!state.exists()) state.create();
		reindex(connection.$client, notify);
		const recordSalt = (isOurs: boolean) => {
			try {
				const salt = isOurs ? saltOf(walOf(path)) : null;
				if (salt !== null) state.recordSalt(salt);
				else state.forgetSalt();
			} catch {} // on a full disk the server continues without a recorded salt
		};
		const wal = createWal(connection, recordSalt);
		recordSalt(true);
		return {
			connection,
			wal,
			markCorrupt: state.markCorrupt,
			close() {
				state.expectNoWal();
				disconnect(connection);
				state.markClean(checkedAt);
				unlock();
			},
		};
	} catch (error) {
		unlock(); // a failed start must not block the next one
		throw describeSqliteError(error, path);
	}
}

/** Warns when SQLite cannot read all of the WAL after a crash. */
function warnUnreadWal(path: string, client: Database, warn: Notify) {
	const readable = readableFrames(client);
	const unread = describeUnreadWal(path, readable);
	if (unread !== null) warn(unread);
	if (readable === 0) stateFile(path).forgetSalt(); // the next WAL has another salt
}

function prepareFolder(path: string) {
	try {
		makeFolder(dirname(path));
	} catch (error) {
		throw describeSqliteError(error, path);
	}
}
