import { afterAll } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { runs } from "./runs";

// Elysia reads this once, when it is first imported: the suite must see what the users see.
process.env.NODE_ENV = "production";

// 100 is the default of fast-check.
fc.configureGlobal({ numRuns: runs(100) });

// What a test forgets to delete, or could not since it was stopped, goes with all of it.
const temporary = mkdtempSync(join(tmpdir(), "minifeed-tests-"));
process.env.TMPDIR = temporary;
afterAll(() => rmSync(temporary, { recursive: true, force: true }));
