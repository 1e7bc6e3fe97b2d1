// Elysia reads NODE_ENV when it is first imported: unset, its errors would show what callers sent and where files are.
// Hence the assignment before everything else, and the imports after it.
Bun.env.NODE_ENV = "production";
// Whatever it makes is for its owner only, in a data directory that was there before as well.
process.umask(0o077);

const { loadConfig } = await import("./config");
const { serve } = await import("./cli/serve");
const { StartupError } = await import("./errors");

try {
	await serve(loadConfig(process.env), console);
} catch (error) {
	console.error(error instanceof StartupError ? error.message : error);
	process.exit(1);
}

export {};
