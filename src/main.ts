// Elysia reads NODE_ENV when it is first imported: unset, its errors would show what callers sent and where files are.
// Hence the assignment before everything else, and the import after it.
Bun.env.NODE_ENV = "production";
// Whatever it makes is for its owner only, in a data directory that was there before as well.
process.umask(0o077);

// Unhandled, either ends the process; Bun may begin its inspector on SIGUSR1.
process.on("SIGUSR1", () => {}).on("SIGUSR2", () => {});

/** The process's own. It makes its streams when they are asked for: a server that logs for programs needs none of them. */
const terminal = {
	env: process.env,
	get stdin() {
		return process.stdin;
	},
	get stdout() {
		return guarded(process.stdout, outputFailed);
	},
	get stderr() {
		return guarded(process.stderr, ignored); // there is no other place to say so
	},
};

function guarded<Stream extends NodeJS.WriteStream>(stream: Stream, failed: (error: NodeJS.ErrnoException) => void) {
	if (stream.listenerCount("error", failed) === 0) stream.on("error", failed);
	return stream;
}

function ignored() {}

function outputFailed({ code = "" }: NodeJS.ErrnoException) {
	// The reader has gone: a pipe as with `| head`, or a terminal that was closed.
	if (["EPIPE", "EIO", "ERR_STREAM_DESTROYED"].includes(code)) return;
	process.stderr.write(`The output cannot be written (${code}). What the command was to do is done.\n`);
	process.exitCode = 1;
}

const { run, describeError } = await import("./cli");
const { exit, printError } = await import("./core/terminal");
const { addEnvFile } = await import("./config/environment");
const { onUnexpected } = await import("./server/unexpected");
onUnexpected((error) => {
	printError(terminal, describeError(error));
	process.exit(1);
});
process.exitCode ||= await main();

async function main(): Promise<number> {
	let warnings: string[];
	try {
		warnings = await addEnvFile(process.env);
	} catch (error) {
		printError(terminal, describeError(error));
		return exit.refused;
	}
	return run(process.argv.slice(2), Object.assign(terminal, { warnings }));
}

export {};
