import { setPriority } from "node:os";
import { join } from "node:path";
import { AppError, OperatorError } from "../../core/errors";
import { backupsIn, backupTime, isBackupName, newBackupName } from "./retention";

export type BackupState = {
	name: string;
	state: "running" | "done" | "failed";
	createdAt: Date;
	/** Null until it is done. */
	bytes: number | null;
	error: string | null;
};

/** The backups of a server. */
export type BackupService = {
	/** Begins one. Throws `conflict` while another runs. */
	begin(): Promise<BackupState>;
	/** The newest first, with the one that runs, and the last one if it failed. */
	list(): Promise<BackupState[]>;
	/** Null for a name that no finished backup has. */
	file(name: string): Blob | null;
};

/** Of a server that keeps everything in memory. */
export const noBackups: BackupService = {
	async begin() {
		throw new AppError("conflict", "Everything is in the memory of this server: there is nothing to back up.");
	},
	list: async () => [],
	file: () => null,
};

type Dependencies = {
	folder: string;
	/** Makes one of this name, in the folder. Throws OperatorError. */
	make: (name: string) => Promise<void>;
	/** Whether one runs, whoever began it. */
	isRunning: () => boolean;
	now: () => Date;
	/** Told how each ended; with the error when that is not a sentence for the operator, so that it can be logged. */
	done: (backup: BackupState, seconds: number, unexpected?: unknown) => void;
};

export function backupService({ folder, make, isRunning, now, done }: Dependencies) {
	let current: { backup: BackupState; ended: Promise<void> } | null = null;
	let failed: BackupState | null = null;

	const begin = async () => {
		if (current || isRunning()) throw new AppError("conflict", "A backup is running already.");
		const name = newBackupName(folder, now());
		const backup: BackupState = { name, state: "running", createdAt: backupTime(name), bytes: null, error: null };
		failed = null;
		current = { backup, ended: run(backup) };
		return backup;
	};

	/** Never rejects: nothing waits for it until the server stops. */
	async function run(backup: BackupState): Promise<void> {
		const started = performance.now();
		const seconds = () => (performance.now() - started) / 1000;
		try {
			await make(backup.name);
			const bytes = backupsIn(folder).find(({ name }) => name === backup.name)?.bytes ?? null;
			current = null;
			done({ ...backup, state: "done", bytes }, seconds());
		} catch (error) {
			current = null;
			failed = { ...backup, state: "failed", error: failureText(error) };
			done(failed, seconds(), error instanceof OperatorError ? undefined : error);
		}
	}

	return {
		begin,
		async list() {
			const finished = backupsIn(folder)
				.filter(({ name }) => name !== current?.backup.name) // it is there, and about to be told so
				.map((kept) => ({ ...kept, state: "done" as const, error: null }));
			return [current?.backup, failed].filter((backup) => backup !== null && backup !== undefined).concat(finished);
		},
		file(name: string) {
			const isThere = isBackupName(name) && backupsIn(folder).some((kept) => kept.name === name);
			return isThere ? Bun.file(join(folder, name)) : null;
		},
		/** When the one that runs has ended, either way. */
		ended: async () => current?.ended,
	};
}

const failureText = (error: unknown) =>
	error instanceof OperatorError ? error.message : "An unexpected error; the log of the server has it.";

type Run = { command: string[]; env: Record<string, string | undefined> };

/**
 * Has another process make backups, of this same program: copying and compressing would hold up whoever calls, and what
 * memory it takes goes with it. It ends when this one does.
 */
export function backupsInChildProcess({ command, env }: Run) {
	let child: Bun.Subprocess<"pipe", "ignore", "pipe"> | null = null;
	return {
		async make(file: string) {
			const running = Bun.spawn([...command, "backup", file, "--until-input-ends"], {
				env,
				stdin: "pipe",
				stdout: "ignore",
				stderr: "pipe",
			});
			child = running;
			try {
				setPriority(running.pid, 10); // whoever calls comes first
			} catch {} // where that is not allowed, it goes on like any other
			const [stderr, code] = await Promise.all([new Response(running.stderr).text(), running.exited]);
			child = null;
			if (code !== 0) throw new OperatorError(stderr.trim() || `It ended with ${running.signalCode ?? code}.`);
		},
		/** Gives up the one that runs. */
		async stop() {
			child?.kill();
			await child?.exited;
		},
	};
}

/** How this program is called: an executable is itself, from source it is what Bun was told to run. */
export const ownCommand = (): string[] =>
	Bun.isStandaloneExecutable ? [process.execPath] : [process.execPath, Bun.main];
