import type { Engine } from "./engine";
import { assertNotEmptied } from "./sqlite/durability/startup-checks";
import * as copies from "./sqlite/file/copy";
import { sqliteCode } from "./sqlite/file/error-codes";
import { describeSqliteError } from "./sqlite/file/errors";
import { examine, needsKey, recount } from "./sqlite/file/examine";
import * as file from "./sqlite/file/file";
import { isBackupRunning, isBeingReplaced, isInUse, lockForBackup } from "./sqlite/file/lock";
import { migrationsOf } from "./sqlite/file/migrate";
import { filesOf, hasWal, walBytes } from "./sqlite/file/paths";
import { snapshotFolder, snapshotsOf } from "./sqlite/file/snapshot";
import { openSqlite, type SqliteOptions } from "./sqlite/open";
import type { Stores } from "./stores";

export { transferred } from "./sqlite/tables";

/** The engine of the program. No other file chooses one. */
export const engine: Engine = {
	filesOf,
	hasWal,
	walBytes,

	requirePermissions: file.requireDatabasePermissions,
	resumeReplace: file.resumeReplace,
	assertNotEmptied,
	migrationsOf,
	pendingUpgrade: file.pendingUpgrade,
	bringUpToDate: file.bringUpToDate,

	lock: file.lockDatabase,
	isInUse,
	beginReplacing: file.beginReplacing,
	isBeingReplaced,
	lockForBackup,
	isBackupRunning,

	copy: copies.copyDatabase,
	copySize: copies.copySize,
	verify: copies.verifyDatabase,
	contentsOf: copies.contentsOf,
	instanceOf: copies.instanceOf,
	picturesIn: copies.picturesIn,
	mergeWal: copies.mergeWal,

	snapshotFolder,
	snapshotsOf,

	examine,
	needsKey,
	recount,

	isOwnError: (error) => sqliteCode(error).startsWith("SQLITE_"),
	describeError: describeSqliteError,
};

/** Opens the database and applies pending migrations. Throws OperatorError. */
export const openStores = (options: SqliteOptions): Stores => openSqlite(options);
