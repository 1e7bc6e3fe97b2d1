import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * `bun run dev`: serves a made-up community from a folder that every start empties, with cheap password hashes, without rate
 * limits, and open to the pages of any origin. Bun starts it again when a source file changes. Options that are set count.
 */

const { PORT = "8000" } = process.env;
const data = join(tmpdir(), `minifeed-dev-${PORT}`);
const defaults = {
	RATE_LIMIT: "off",
	ARGON2_MEMORY_KIB: "8",
	ARGON2_TIME: "1",
	CORS_ORIGINS: "*",
	LOG_FORMAT: "pretty",
};
const env = { ...defaults, ...process.env, DATA_DIR: data, PORT };
const { stdin, stdout, stderr } = process;

rmSync(data, { recursive: true, force: true });
process.env.NODE_ENV = "production"; // before Elysia is imported, as in src/main.ts
const { run } = await import("../src/cli");
const terminal = { env, stdin, stdout, stderr };
process.exitCode =
	(await run(["seed", "--users", "20", "--posts", "200"], terminal)) || (await run(["serve"], terminal));
