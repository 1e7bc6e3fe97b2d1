import { setPriority } from "node:os";
import { join } from "node:path";
import { AppError, OperatorError } from "../../core/errors";
import { backupsIn, backupTime, isBackupName, newBackupName } from "./retention";

export type BackupState = {
	name: string;
	state: "running" | "done" | "failed";
	createdAt: Date;
	/** Null until the backup is done. */
	bytes: number | null;
	error: string | null;
};

export type BackupService = {
	/** Starts a backup. Throws AppError `conflict` while another runs. */
	begin(): Promise<BackupState>;
	/** Lists the backups, the newest first, including a running one and the last one if it failed. */
	list(): Promise<BackupState[]>;
	/** Returns null unless a finished backup has this name. */
	file(name: string): Blob | null;
};

/** The service of a server with an in-memory database. */
export const noBackups: BackupService = {
	async begin() {
		throw new AppError("conflict", "This server keeps its data in memory and cannot back it up.");
	},
	list: async () => [],
	file: () => null,
};

type Dependencies = {
	folder: string;
	/** Makes a backup with this name in the folder. Throws OperatorError. */
	make: (name: string) => Promise<void>;
	/** True while a backup runs, in this process or another. */
	isRunning: () => boolean;
	now: () => Date;
	/** Called at the end of each backup. `unexpected` is set for any error but OperatorError. */
	done: (backup: BackupState, seconds: number, unexpected?: unknown) => void;
};

export function backupService({ folder, make, isRunning, now, done }: Dependencies) {
	let current: { backup: BackupState; ended: Promise<void> } | null = null;
	let failed: BackupState | null = null;

	const begin = async () => {
		if (current || isRunning()) throw new AppError("conflict", "Another backup is running. Try again when it is done.");
		const name = newBackupName(folder, now());
		const backup: BackupState = { name, state: "running", createdAt: backupTime(name), bytes: null, error: null };
		failed = null;
		current = { backup, ended: run(backup) };
		return backup;
	};

	/** Never rejects, because only the shutdown awaits it. */
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
				.filter(({ name }) => name !== current?.backup.name) // its file exists already at the end of a run
				.map((kept) => ({ ...kept, state: "done" as const, error: null }));
			return [current?.backup, failed].filter((backup) => backup !== null && backup !== undefined).concat(finished);
		},
		file(name: string) {
			const isThere = isBackupName(name) && backupsIn(folder).some((kept) => kept.name === name);
			return isThere ? Bun.file(join(folder, name)) : null;
		},
		/** Resolves when no backup runs, also after a failure. */
		ended: async () => current?.ended,
	};
}

const failureText = (error: unknown) =>
	error instanceof OperatorError ? error.message : "An unexpected error. See the log of the server.";

type Run = { command: string[]; env: Record<string, string | undefined> };

/**
 * Makes backups in a child process: copying blocks its thread, and the memory is freed at the end. The child exits when this
 * process does.
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
				setPriority(running.pid, 10); // requests come first
			} catch {} // without permission, it runs with normal priority
			const [stderr, code] = await Promise.all([new Response(running.stderr).text(), running.exited]);
			child = null;
			if (code !== 0)
				throw new OperatorError(stderr.trim() || `The backup process ended with ${running.signalCode ?? code}.`);
		},
		/** Kills a running backup. */
		async stop() {
			child?.kill();
			await child?.exited;
		},
	};
}

/** Returns the command line of this program: the executable, or Bun and the main file. */
export const ownCommand = (): string[] =>
	Bun.isStandaloneExecutable ? [process.execPath] : [process.execPath, Bun.main];
