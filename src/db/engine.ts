/** The DATABASE_PATH of a database that lives in the memory of its process. */
export const inMemory = ":memory:";
export const isInMemory = (path: string): boolean => path === inMemory;

/**
 * An engine's operations on a whole database, for commands and the doctor. `path` is DATABASE_PATH. They throw
 * OperatorError, and CorruptionError for a corrupt database.
 */
export type Engine = {
	/** The files of a database, whether or not they exist. */
	filesOf(path: string): string[];
	/** True while a server runs, and after a server that crashed or was killed. */
	hasWal(path: string): boolean;
	walBytes(path: string): number;

	/** Throws when the server may not read and write the database. Changes nothing. */
	requirePermissions(path: string): void;
	/** Finishes an interrupted restore. Call it before anything reads the data directory. */
	resumeReplace(path: string): void;
	/** Throws when the database is missing or empty, but held data before. */
	assertNotEmptied(path: string): void;
	migrationsOf(path: string): MigrationState[];
	/** The pending migrations of a database with content. Null when it is up to date. */
	pendingUpgrade(path: string): { from: string; to: string[] } | null;
	/** Verifies, snapshots and migrates the database, like the start of a server. */
	bringUpToDate(options: { path: string; durability: "full" | "normal"; notify?: Notify }): void;

	/** Takes the server's lock. While a server runs, waits for its end or throws. Returns a function that releases the lock. */
	lock(path: string, options: { wait: boolean }): Promise<() => void>;
	isInUse(path: string, failed?: LockReadFailed): boolean;
	/** Announces a replacement of the database: its server becomes read-only. Returns a function that ends this. */
	beginReplacing(path: string): () => void;
	isBeingReplaced(path: string, failed?: LockReadFailed): boolean;
	/** Announces a backup: the server deletes no picture until its end. Returns a function that ends this. */
	lockForBackup(path: string): () => void;
	isBackupRunning(path: string, failed?: LockReadFailed): boolean;

	/** Writes a consistent copy to a new file. A server may run. Blocks the thread. */
	copy(path: string, target: string): void;
	/** Upper bound of the size of a copy, in bytes. */
	copySize(path: string): number;
	/** Reads a whole copy. Throws unless it is sound and of this version or an older one. Errors name it `label`. */
	verify(path: string, label: string): void;
	contentsOf(path: string): Contents;
	/** The id of the instance; empty in databases older than pictures. */
	instanceOf(path: string): string;
	/** The names of all pictures that the database refers to, including pictures in the trash. */
	picturesIn(path: string): string[];
	/** Merges the WAL into the database, so that one file holds everything. Hold its lock. */
	mergeWal(path: string): void;

	snapshotFolder(path: string): string;
	snapshotsOf(path: string): Snapshot[];

	/** Reads the whole database, also while a server runs. Null when there is none. */
	examine(path: string): Examined | null;
	/** The findings of `Examined`, for a database that needs no migration. */
	needsKey(path: string): boolean;
	/** Repairs wrong counts in one transaction, also while a server runs. */
	recount(path: string): void;

	/** True for an error of the engine itself, such as an SQLite error. */
	isOwnError(error: unknown): boolean;
	/** An OperatorError for an error of the engine or the file system; other errors unchanged. */
	describeError(error: unknown, path: string): unknown;
};

/** Reports the progress of a long step to the operator, as one phrase. */
export type Notify = (what: string) => void;

/** Receives the reason when a lock cannot be read. */
export type LockReadFailed = (problem: string) => void;

export type MigrationState = {
	name: string;
	/** Null while it is pending. */
	appliedAt: Date | null;
	/** False for a migration that only a newer version has. */
	known: boolean;
};

export type Contents = {
	/** Its migrations, the oldest first. */
	schema: string[];
	/** The id of the instance; empty in databases older than pictures. */
	instance: string;
	/** Rows of each table, by its name. */
	counts: Record<string, number>;
};

/** A copy of the database from before an upgrade. */
export type Snapshot = { file: string; madeAt: string; schema: string; bytes: number };

export type Examined = {
	/** The corruption that the integrity check finds; null for a sound database. */
	damage: string | null;
	/** Wrong counts, each with the number of wrong rows. */
	miscounted: { what: string; rows: number }[];
	/** Posts missing from the search index, plus entries without a post. */
	unindexed: number;
	migrations: { last: string | null; pending: number };
	accounts: number;
	hasAdmin: boolean;
	/** True when a new key would lose data: a session exists, or something is in the trash. */
	needsKey: boolean;
	/** The newest time that a trusted clock wrote. */
	newest: Date | null;
	/** The newest time, whether or not the clock was trusted. */
	newestOfAll: Date | null;
	/** True while a server has it open. */
	isServed: boolean;
	isBackupRunning: boolean;
};
