/** The DATABASE_PATH of a database that lives in the memory of its process. */
export const inMemory = ":memory:";
export const isInMemory = (path: string): boolean => path === inMemory;

/**
 * An engine's operations on a whole database, which commands and the doctor use beside the stores. `path` is DATABASE_PATH.
 * They throw OperatorError, and DamageError for a corrupt database.
 */
export type Engine = {
	/** The files of a database, whether or not they exist. */
	filesOf(path: string): string[];
	/** True after a server that did not stop by itself, and while one runs. */
	hasWal(path: string): boolean;
	walBytes(path: string): number;

	/** Throws when the server may not read and write the database. Changes nothing. */
	requirePermissions(path: string): void;
	/** Finishes an interrupted restore. Call it before anything reads the data directory. */
	resumeReplace(path: string): void;
	/** Throws when the database is gone or empty, but held data before. */
	assertNotEmptied(path: string): void;
	migrationsOf(path: string): MigrationState[];
	/** The migrations to come for a database with content. Null when it is up to date. */
	pendingUpgrade(path: string): { from: string; to: string[] } | null;
	/** Verifies, snapshots and migrates the database, as opening it would. */
	bringUpToDate(options: { path: string; durability: "full" | "normal"; notify?: Notify }): void;

	/** Takes the server's lock. While a server runs, waits for its end or throws. Returns the release. */
	lock(path: string, options: { wait: boolean }): Promise<() => void>;
	isInUse(path: string, failed?: LockReadFailed): boolean;
	/** Announces that the database will be replaced: its server becomes read-only. Returns the release. */
	beginReplacing(path: string): () => void;
	isBeingReplaced(path: string, failed?: LockReadFailed): boolean;
	/** Announces a backup: the server deletes no picture until its end. Returns the release. */
	lockForBackup(path: string): () => void;
	isBackupRunning(path: string, failed?: LockReadFailed): boolean;

	/** Writes a consistent copy to a new file, beside a running server. Blocks the thread. */
	copy(path: string, target: string): void;
	/** Upper bound of the bytes of a copy. */
	copySize(path: string): number;
	/** Reads all of a copy, and throws unless it is sound and of this version or an older one. Errors name it `label`. */
	verify(path: string, label: string): void;
	contentsOf(path: string): Contents;
	/** The id of the instance; empty in databases older than pictures. */
	instanceOf(path: string): string;
	/** The names of all pictures that the database refers to, those in the trash too. */
	picturesIn(path: string): string[];
	/** Makes one file of the database, so that it can be moved. Hold its lock. */
	mergeWal(path: string): void;

	snapshotFolder(path: string): string;
	snapshotsOf(path: string): Snapshot[];

	/** Reads the whole database beside a running server. Null when there is none. */
	examine(path: string): Examined | null;
	/** As in `Examined`, for a database that is up to date. */
	needsKey(path: string): boolean;
	/** Repairs the counts that are wrong, in one transaction, beside a running server. */
	recount(path: string): void;

	/** True for an error that the engine itself has thrown. */
	isOwnError(error: unknown): boolean;
	/** An OperatorError for an error of the engine or the file system; other errors unchanged. */
	describeError(error: unknown, path: string): unknown;
};

/** Called with a few words about a long step. */
export type Notify = (what: string) => void;

/** Called with the reason when a lock cannot be read. */
export type LockReadFailed = (problem: string) => void;

export type MigrationState = {
	name: string;
	/** Null while it is pending. */
	appliedAt: Date | null;
	/** False for one that only a newer version has. */
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

/** The database as it was before a version changed it. */
export type Snapshot = { file: string; madeAt: string; schema: string; bytes: number };

export type Examined = {
	/** The corruption that the engine finds; null for a sound database. */
	damage: string | null;
	/** Counts that are wrong, each with the number of rows. */
	miscounted: { what: string; rows: number }[];
	/** Posts that the search index lacks, or has too many. */
	unindexed: number;
	migrations: { last: string | null; pending: number };
	accounts: number;
	hasAdmin: boolean;
	/** True when a new key would lose data: a session exists, or something is in the trash. */
	needsKey: boolean;
	/** The newest time that a trusted clock wrote. */
	newest: Date | null;
	/** The newest time of all. */
	newestOfAll: Date | null;
	/** True while a server has it open. */
	isServed: boolean;
	isBackupRunning: boolean;
};
