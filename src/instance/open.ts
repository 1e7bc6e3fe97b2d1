import type { Config } from "../config/config";
import { printError } from "../core/terminal";
import { isInMemory, type LockReadFailed } from "../db/engine";
import { engine, openStores } from "../db/open";
import type { Stores } from "../db/stores";
import { realPath } from "../disk/free-space";
import { openFiles } from "../media/disk";
import type { FileStore } from "../media/files";
import { memoryFiles } from "../media/memory";
import { loadOrCreateSecret } from "./secret-key";

type Database = Pick<Config, "databasePath" | "durability" | "secretKey" | "dataDir">;

/** Opens the configured database for a command, shared with a running server. Without `create` it must exist. */
export const openShared = (
	{ databasePath: path, durability, secretKey, dataDir }: Database,
	{ create }: { create: boolean },
): Stores => {
	// Seals cursors of lists, which commands do not show.
	const secret = crypto.randomUUID();
	// The secret key of the server, which must be able to restore content that a command deletes.
	const trashSecret = () => secretKey ?? loadOrCreateSecret(dataDir);
	const warn = (warning: string) => printError(process, warning);
	return openStores({ path, durability, secret, trashSecret, shared: true, create, warn });
};

/** Opens the picture files of a database, shared with other processes. For an in-memory database they are in memory. */
export const openFileStore = async (
	{ images }: Stores,
	{ databasePath, uploadDir: directory, durability }: Pick<Config, "databasePath" | "uploadDir" | "durability">,
	lockReadFailed?: LockReadFailed,
): Promise<FileStore> => {
	if (isInMemory(databasePath)) return memoryFiles();
	const mustKeepFiles = () => engine.isBackupRunning(realPath(databasePath), lockReadFailed);
	return openFiles({ directory, durable: durability === "full", mustKeepFiles }, images);
};
