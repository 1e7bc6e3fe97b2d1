import { openSqlite, type SqliteOptions } from "./sqlite/open";
import type { Stores } from "./stores";

export { type MigrationState, migrationsOf } from "./sqlite/migrate";

/** Opens the database and brings it up to date. Throws OperatorError in the operator's words. */
export const openStores = (options: SqliteOptions): Stores => openSqlite(options);
