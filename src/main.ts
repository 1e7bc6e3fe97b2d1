// Elysia reads NODE_ENV when it is first imported: unset, its errors would show what callers sent and where files are.
// Hence the assignment before everything else, and the import after it.
Bun.env.NODE_ENV = "production";
// Whatever it makes is for its owner only, in a data directory that was there before as well.
process.umask(0o077);

const { run } = await import("./cli");
// The process itself: it makes its streams when they are asked for, and a server needs no standard input.
process.exitCode = await run(process.argv.slice(2), process);

export {};
