import type { Config } from "../config";
import { openStores } from "../db/open";
import type { Stores } from "../db/stores";

type Database = Pick<Config, "databasePath" | "durability">;

/** Opens the configured database for a command, beside the server if one runs; without `create` only one that is there. */
export const openBeside = ({ databasePath: path, durability }: Database, { create }: { create: boolean }): Stores =>
	// The secret seals the cursors of lists, which nobody gets to see here.
	openStores({ path, durability, secret: crypto.randomUUID(), shared: true, create });
