import type { Database } from "bun:sqlite";
import { dirname } from "node:path";
import { OperatorError } from "../../../core/errors";
import { makeFolder, realPath } from "../../../disk/free-space";
import { requireUsable } from "../../../disk/permissions";
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

/** A database that nothing has touched since its last stop is checked again after this long, in milliseconds: disks rot. */
const recheckAfterMs = 7 * 24 * 60 * 60 * 1000;

type Opened = {
	connection: Connection;
	wal: Wal;
	/** The next start is to check it, whatever it was when it was last checked. */
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
	/** Told what SQLite cannot read of the WAL that a crash left. */
	warn?: Notify;
};

/** Opens a database file as its server does, or beside that server; or a database in memory. */
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
		if (shared) throw new OperatorError("The database is in the memory of the server, where no command reaches it.");
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

/** Throws OperatorError where a database, or anything beside it, cannot be read and written; touches nothing. */
export function requireDatabasePermissions(path: string) {
	const paths = ["", "-wal", "-shm", "-journal", ".initialized", ".lock", ".backup.lock", ".restore.lock"];
	requireUsable(...paths.map((suffix) => ({ path: path + suffix, kind: "file" as const, option: "DATABASE_PATH" })));
}

/** Finishes a restore that something cut short. Before anything in the data directory is read, or even made. */
export function resumeReplace(path: string) {
	const real = realPath(path); // the journal has paths relative to it
	if (isInMemory(path) || !isReplacePending(real)) return;
	const unlock = lock(real);
	try {
		resumeReplaceFiles(real);
	} finally {
		unlock();
	}
}

/** Does what the next start would do otherwise: checks the database, copies it, and brings it up to date. */
export function bringUpToDate({
	path,
	durability,
	notify = () => {},
}: Pick<Options, "path" | "durability" | "notify">) {
	openExclusive(path, { durability, notify, warn: notify, createWal: (connection) => commandWal(connection) }).close();
}

/** How often it is looked whether a server has stopped, in milliseconds: the next may start at once. */
const lockPollMs = 20;

/**
 * Takes the lock of the server of a database, for what replaces the database. While a server runs, it waits for its end, or
 * throws OperatorError.
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

/** Says that a database is about to be replaced, and finishes what was begun before; makes its folder where there is none. */
export function beginReplacing(path: string): () => void {
	prepareFolder(path);
	requireDatabasePermissions(path);
	resumeReplace(path);
	return lockForReplacing(path);
}

/**
 * Lists the migrations to come for a database with content; after them the search index is made again. Null when both are
 * up to date.
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

/** Where no server runs, a command checks like one and leaves the mark of it, unless a server has come meanwhile. */
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

/** Holds the lock from before anything is read until everything is written. */
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
		const upgrade = pendingUpgrade(path); // and refuses what is newer, before anything writes to it
		if (upgrade && upgrade.to.length > 0) {
			notify(`copying the database, which is at ${upgrade.from}`);
			notify(`copied to ${takeSnapshot(path, upgrade.from)}; applying ${upgrade.to.join(", ")}`);
		}
		const last = state.checkedAt();
		const isDue = last === null || Math.abs(Date.now() - last.getTime()) > recheckAfterMs; // clocks are set back, too
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
			} catch {} // on a full disk the state is unknown, and the server goes on
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
		unlock(); // a start that fails must not keep the database from the next one
		throw describeSqliteError(error, path);
	}
}

/** Tells what SQLite cannot read of the WAL that a crash left. */
function warnUnreadWal(path: string, client: Database, warn: Notify) {
	const readable = readableFrames(client);
	const unread = describeUnreadWal(path, readable);
	if (unread !== null) warn(unread);
	if (readable === 0) stateFile(path).forgetSalt(); // the next WAL has another one
}

function prepareFolder(path: string) {
	try {
		makeFolder(dirname(path));
	} catch (error) {
		throw describeSqliteError(error, path);
	}
}
