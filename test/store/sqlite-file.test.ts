import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStores } from "../../src/db/open";
import { secret } from "../support/app";
import { contract } from "./contract";

const newFile = () => join(mkdtempSync(join(tmpdir(), "minifeed-")), "minifeed.db");

contract("SQLite in a file", (options) => openStores({ path: newFile(), durability: "normal", secret, ...options }));
