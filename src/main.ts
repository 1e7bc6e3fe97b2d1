// Elysia reads NODE_ENV when it is first imported: unset, its errors would show what callers sent and where files are.
// Hence the assignment before everything else, and the import after it.
Bun.env.NODE_ENV = "production";
// Whatever it makes is for its owner only, in a data directory that was there before as well.
process.umask(0o077);

process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => {
	if (code === "EPIPE") return; // whoever read it has gone, as with `| head`
	process.stderr.write(`The output cannot be written (${code}). What the command was to do is done.\n`);
	process.exitCode = 1;
});

const { run } = await import("./cli");
// The process itself: it makes its streams when they are asked for, and a server needs no standard input.
const code = await run(process.argv.slice(2), process);
process.exitCode ||= code;

export {};
