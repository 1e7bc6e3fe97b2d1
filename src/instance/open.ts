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

/** Opens the configured database for a command, beside the server if one runs; without `create` only one that is there. */
export const openShared = (
	{ databasePath: path, durability, secretKey, dataDir }: Database,
	{ create }: { create: boolean },
): Stores => {
	// This one seals the cursors of lists, which nobody gets to see here.
	const secret = crypto.randomUUID();
	// That of the server, which is made where there is none yet: it is to open what a command deletes.
	const trashSecret = () => secretKey ?? loadOrCreateSecret(dataDir);
	const warn = (warning: string) => printError(process, warning);
	return openStores({ path, durability, secret, trashSecret, shared: true, create, warn });
};

/** The files that belong to a database, whoever else works on them; those of one in memory are in memory, too. */
export const openFileStore = async (
	{ images }: Stores,
	{ databasePath, uploadDir: directory, durability }: Pick<Config, "databasePath" | "uploadDir" | "durability">,
	lockReadFailed?: LockReadFailed,
): Promise<FileStore> => {
	if (isInMemory(databasePath)) return memoryFiles();
	const isHeld = () => engine.isBackupRunning(realPath(databasePath), lockReadFailed);
	return openFiles({ directory, durable: durability === "full", isHeld }, images);
};
