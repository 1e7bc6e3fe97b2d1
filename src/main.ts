// Elysia reads NODE_ENV when it is imported. Without it, error responses would show request values and file paths.
// So this assignment runs first, and the imports below are dynamic.
Bun.env.NODE_ENV = "production";
// New files are for their owner only, also in a data directory with wider permissions.
process.umask(0o077);

// Without a handler both signals end the process, and Bun may start its inspector on SIGUSR1.
process.on("SIGUSR1", () => {}).on("SIGUSR2", () => {});

/** The terminal of this process. Getters, because a server that logs JSON needs none of its streams. */
const terminal = {
	env: process.env,
	get stdin() {
		return process.stdin;
	},
	get stdout() {
		return guarded(process.stdout, outputFailed);
	},
	get stderr() {
		return guarded(process.stderr, ignored); // no stream is left to report it
	},
};

function guarded<Stream extends NodeJS.WriteStream>(stream: Stream, failed: (error: NodeJS.ErrnoException) => void) {
	if (stream.listenerCount("error", failed) === 0) stream.on("error", failed);
	return stream;
}

function ignored() {}

function outputFailed({ code = "" }: NodeJS.ErrnoException) {
	// The reader closed the pipe, as `| head` does, or the terminal was closed.
	if (["EPIPE", "EIO", "ERR_STREAM_DESTROYED"].includes(code)) return;
	process.stderr.write(`The output cannot be written (${code}). The command did its work.\n`);
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
