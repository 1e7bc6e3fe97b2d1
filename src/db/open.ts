import { openSqlite, type SqliteOptions } from "./sqlite/open";
import type { Stores } from "./stores";

export { refuseEmpty } from "./sqlite/durability/startup-checks";
export {
	closeDown,
	contentsOf,
	copyDatabase,
	copySize,
	instanceOf,
	picturesIn,
	proveDatabase,
} from "./sqlite/file/copy";
export { explained } from "./sqlite/file/errors";
export { type Examined, examine, needsKey, recount } from "./sqlite/file/examine";
export {
	beginReplacing,
	bringUpToDate,
	lockDatabase,
	pendingUpgrade,
	requireUsableDatabase,
	settle,
} from "./sqlite/file/file";
export { isBackedUp, isInUse, isReplaced, type LookFailed, lockForBackup } from "./sqlite/file/lock";
export { type MigrationState, migrationsOf } from "./sqlite/file/migrate";
export { type Snapshot, snapshotFolder, snapshotsOf } from "./sqlite/file/snapshot";

/** Opens the database and brings it up to date. Throws OperatorError in the operator's words. */
export const openStores = (options: SqliteOptions): Stores => openSqlite(options);
