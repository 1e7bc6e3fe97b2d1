import { setPriority } from "node:os";
import { AppError } from "../../core/errors";
import { type Finding, type Severity, worstSeverity } from "./finding";

export type Report = { status: Severity; checkedAt: Date; findings: Finding[] };

/** What looks after a server. Throws `busy` when it breaks. */
export type Doctor = () => Promise<Report>;

/** Of a server that keeps everything in memory. */
export const noDoctor: Doctor = async () => ({ status: "ok", checkedAt: new Date(), findings: [] });

type Options = {
	/** How this program is called. */
	command: string[];
	env: Record<string, string | undefined>;
	/** What only the server knows. */
	liveFindings: () => Promise<Finding[]>;
	failed: (error: unknown) => void;
};

/**
 * Has another process look, of this same program: to read a whole database would hold up whoever calls. Who asks while it
 * looks gets the same answer.
 */
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
			setPriority(child.pid, 10); // whoever calls comes first
		} catch {} // where that is not allowed, it goes on like any other
		const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
		await child.exited;
		try {
			const { checked_at, findings } = JSON.parse(stdout) as { checked_at: string; findings: Finding[] };
			const all = [...findings, ...(await liveFindings())];
			return { status: worstSeverity(all), checkedAt: new Date(checked_at), findings: all };
		} catch {
			failed(new Error(`The doctor broke: ${stderr.trim()}`));
			throw new AppError("busy", "It could not be looked at just now.");
		}
	};
	return () => {
		running ??= run().finally(() => {
			running = null;
		});
		return running;
	};
}
