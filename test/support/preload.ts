import { afterAll } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { runs } from "./runs";

// Elysia reads this once, when it is first imported: the suite must see what the users see.
process.env.NODE_ENV = "production";

// 100 is the default of fast-check.
fc.configureGlobal({ numRuns: runs(100) });

// What a test forgets to delete goes with all of it. In a worker of `test:fast` this runs after each file, and the next one
// needs the folder again.
const temporary = mkdtempSync(join(tmpdir(), "minifeed-tests-"));
process.env.TMPDIR = temporary;
afterAll(() => {
	rmSync(temporary, { recursive: true, force: true });
	if (process.env.BUN_TEST_WORKER_ID) mkdirSync(temporary);
});
