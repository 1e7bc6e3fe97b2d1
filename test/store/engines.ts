import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Time } from "../../src/core/clock";
import { openStores } from "../../src/db/open";
import type { Stores } from "../../src/db/stores";
import { memoryStores, secret } from "../support/app";

/** Opens an empty database. */
export type Engine = (options?: { time?: Time }) => Stores;

/** The engines that the contract holds for. A new engine needs one line here. */
export const engines: Record<string, Engine> = {
	"SQLite in memory": memoryStores,
	"SQLite in a file": (options) => openStores({ path: newFile(), durability: "normal", secret, ...options }),
};

const newFile = () => join(mkdtempSync(join(tmpdir(), "minifeed-")), "minifeed.db");
