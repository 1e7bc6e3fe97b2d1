// Elysia reads NODE_ENV when it is first imported: unset, its errors would show what callers sent and where files are.
// Hence the assignment before everything else, and the import after it.
Bun.env.NODE_ENV = "production";
// Whatever it makes is for its owner only, in a data directory that was there before as well.
process.umask(0o077);

// Unhandled, either ends the process; Bun may begin its inspector on SIGUSR1.
process.on("SIGUSR1", () => {}).on("SIGUSR2", () => {});

/** The reader has gone: a pipe as with `| head`, or a terminal that was closed. */
const gone = ["EPIPE", "EIO", "ERR_STREAM_DESTROYED"];
process.stdout.on("error", ({ code = "" }: NodeJS.ErrnoException) => {
	if (gone.includes(code)) return;
	process.stderr.write(`The output cannot be written (${code}). What the command was to do is done.\n`);
	process.exitCode = 1;
});
process.stderr.on("error", () => {}); // there is no other place to say so

const { run, explained } = await import("./cli");
const { printError } = await import("./cli/terminal");
const { onUnexpected } = await import("./cli/unexpected");
onUnexpected((error) => {
	printError(process, explained(error));
	process.exit(1);
});
// The process itself: it makes its streams when they are asked for, and a server needs no standard input.
const code = await run(process.argv.slice(2), process);
process.exitCode ||= code;

export {};
