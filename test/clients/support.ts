/** Runs commands in a folder, and gives what they print. Throws all that a command printed when it fails. */
export const commandIn =
	(cwd: string, env: Record<string, string> = {}) =>
	async (command: string[], more: Record<string, string> = {}): Promise<string> => {
		const child = Bun.spawn(command, {
			cwd,
			env: { ...process.env, ...env, ...more },
			stdin: "ignore",
			stdout: "pipe",
			stderr: "pipe",
		});
		const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
		if ((await child.exited) !== 0) throw new Error(`${command.join(" ")}\n${stdout}\n${stderr}`);
		return stdout;
	};

/** Counts checks and prints how each ended. */
export function tally() {
	let [passed, failed] = [0, 0];
	return {
		async check(name: string, task: () => Promise<void>) {
			try {
				await task();
				passed++;
				console.log("  ok   ", name);
			} catch (error) {
				failed++;
				console.log("  FAIL ", name, error);
			}
		},
		/** Prints the sum; gives the exit code. */
		end(): number {
			console.log(`${passed} passed, ${failed} failed`);
			return failed === 0 ? 0 : 1;
		},
	};
}
