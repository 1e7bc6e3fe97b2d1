import { openSqlite, type SqliteOptions } from "./sqlite/open";
import type { Stores } from "./stores";

export { closeDown, contentsOf, copyDatabase, copySize, instanceOf, picturesIn, proveDatabase } from "./sqlite/copy";
export { type Examined, examine, needsKey, recount } from "./sqlite/examine";
export { explained } from "./sqlite/explained";
export {
	beginReplacing,
	bringUpToDate,
	lockDatabase,
	pendingUpgrade,
	requireUsableDatabase,
	settle,
} from "./sqlite/file";
export { refuseEmpty } from "./sqlite/left";
export { isBackedUp, isInUse, isReplaced, type LookFailed, lockForBackup } from "./sqlite/lock";
export { type MigrationState, migrationsOf } from "./sqlite/migrate";
export { type Snapshot, snapshotFolder, snapshotsOf } from "./sqlite/snapshot";

/** Opens the database and brings it up to date. Throws OperatorError in the operator's words. */
export const openStores = (options: SqliteOptions): Stores => openSqlite(options);
