import { setPriority } from "node:os";
import { AppError } from "../../core/errors";
import { type Finding, type Severity, worstSeverity } from "./finding";

export type Report = { status: Severity; checkedAt: Date; findings: Finding[] };

/** Runs all checks of a server. Throws AppError `busy` when the doctor fails. */
export type Doctor = () => Promise<Report>;

/** The doctor of a server with an in-memory database. */
export const noDoctor: Doctor = async () => ({ status: "ok", checkedAt: new Date(), findings: [] });

type Options = {
	/** Command line of this program. */
	command: string[];
	env: Record<string, string | undefined>;
	/** Returns findings that only the running server knows. */
	liveFindings: () => Promise<Finding[]>;
	failed: (error: unknown) => void;
};

/** Runs the doctor in a child process, because reading the database blocks its thread. Concurrent calls share one run. */
export function doctorInChildProcess({ command, env, liveFindings, failed }: Options): Doctor {
	let running: Promise<Report> | null = null;
	const run = async (): Promise<Report> => {
		const child = Bun.spawn([...command, "doctor", "--json", "--of-server"], {
			env,
			stdin: "ignore",
			stdout: "pipe",
			stderr: "pipe",
		});
		try {
			setPriority(child.pid, 10); // requests come first
		} catch {} // without permission, it runs with normal priority
		const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
		await child.exited;
		try {
			const { checked_at, findings } = JSON.parse(stdout) as { checked_at: string; findings: Finding[] };
			const all = [...findings, ...(await liveFindings())];
			return { status: worstSeverity(all), checkedAt: new Date(checked_at), findings: all };
		} catch {
			failed(new Error(`The doctor failed: ${stderr.trim()}`));
			throw new AppError("busy", "The doctor failed. Try again later.");
		}
	};
	return () => {
		running ??= run().finally(() => {
			running = null;
		});
		return running;
	};
}
