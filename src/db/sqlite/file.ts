import { existsSync, mkdirSync, realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { OperatorError } from "../../errors";
import { type Connection, connect, disconnect } from "./connect";
import { isThere } from "./explained";
import { lock } from "./lock";
import { type Marker, marker } from "./marker";
import { migrationsOf } from "./migrate";
import { ownPace, servedWal, type Wal } from "./wal";

/** A database that nothing has touched since its last stop is checked again after this long, in milliseconds: disks rot. */
const checkEvery = 7 * 24 * 60 * 60 * 1000;

type Opened = { connection: Connection; wal: Wal; close: () => void };
type Options = {
	path: string;
	durability: "full" | "normal";
	shared: boolean;
	create: boolean;
	failed: (error: OperatorError) => void;
};

/** Opens a database file as its server does, or beside that server; or a database in memory. */
export function openFile({ path, durability, shared, create, failed }: Options): Opened {
	if (path === ":memory:") {
		if (shared) throw new OperatorError("The database is in the memory of the server, where no command reaches it.");
		const connection = connect(path);
		return { connection, wal: ownPace(connection), close: () => connection.$client.close() };
	}
	if (!create && !isThere(path) && !marker(path).exists())
		throw new OperatorError(`There is no database at ${path}. Start the server once, or set DATA_DIR to where it is.`);
	const current = shared && migrationsOf(path).every(({ appliedAt, known }) => appliedAt && known);
	if (current) return beside(path, durability);
	return owned(path, durability, (connection) =>
		shared ? ownPace(connection) : servedWal(connection, path, { durability, failed }),
	);
}

/** Where no server runs, a command checks like one and leaves the mark of it, unless a server has come meanwhile. */
function beside(path: string, durability: Options["durability"]): Opened {
	const mark = marker(path);
	const last = mark.checkedAt();
	const isDue = last === null && !mark.isOpen();
	const checkedAt = isDue ? new Date() : last;
	const connection = connect(path, { durability, check: isDue });
	return {
		connection,
		wal: ownPace(connection),
		close() {
			disconnect(connection);
			if (checkedAt && !mark.isOpen()) mark.leave(checkedAt);
		},
	};
}

/** Holds the lock from before anything is read until everything is written. */
function owned(path: string, durability: Options["durability"], walOf: (connection: Connection) => Wal): Opened {
	const mark = marker(path);
	prepare(path, mark);
	const unlock = lock(existsSync(path) ? realpathSync(path) : path); // one file under two names is one database
	try {
		const last = mark.checkedAt();
		const isDue = last === null || Date.now() - last.getTime() > checkEvery;
		const checkedAt = isDue ? new Date() : last;
		const connection = connect(path, { durability, check: isDue });
		if (!mark.exists()) mark.create();
		return {
			connection,
			wal: walOf(connection),
			close() {
				disconnect(connection);
				mark.leave(checkedAt);
				unlock();
			},
		};
	} catch (error) {
		unlock(); // a start that fails must not keep the database from the next one
		throw error;
	}
}

/** A vanished or emptied database must not silently become a new instance. */
function prepare(path: string, mark: Marker) {
	try {
		mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
	} catch {
		throw new OperatorError(`The directory ${dirname(path)} cannot be made. Check who owns the directory above it.`);
	}
	const size = existsSync(path) ? statSync(path).size : 0;
	if (size === 0 && mark.exists())
		throw new OperatorError(
			`The database ${path} is ${existsSync(path) ? "empty" : "missing"}, but it held data before. ` +
				`Put it back from a backup, or delete ${mark.file} to start anew.`,
		);
}
