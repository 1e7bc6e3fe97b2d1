import { join } from "node:path";
import type { Config } from "../config/config";
import type { Clock } from "../core/clock";
import { AppError } from "../core/errors";
import type { Log } from "../core/log";
import { follow } from "../core/schedule";
import type { Terminal } from "../core/terminal";
import { engine } from "../db/open";
import { realPath } from "../disk/free-space";
import { backupService, backupsInChildProcess, ownCommand } from "../instance/backup/service";
import { clearBackups } from "../instance/replace/stage";
import { logChanges } from "./write-block";

/** Interval between two looks at the schedule. */
const checkIntervalMs = 10_000;

type Options = {
	config: Pick<Config, "backup" | "databasePath">;
	env: Terminal["env"];
	log: Pick<Log, "info" | "warn" | "error">;
	/** While it is not trusted, a due backup waits. */
	clock?: Pick<Clock, "now" | "steadyNow" | "isTrusted">;
	/** Starts this program; tests use another. */
	command?: string[];
};

/** Makes the backups of a server: for administrators, and by BACKUP_SCHEDULE. */
export function scheduledBackups({ config, env, log, clock = anyClock, command = ownCommand() }: Options) {
	const { directory, schedule } = config.backup;
	const childBackups = backupsInChildProcess({ command, env });
	const logLockFailure = logChanges(log);
	const service = backupService({
		folder: directory,
		make: (name) => childBackups.make(join(directory, name)),
		isRunning: () => engine.isBackupRunning(realPath(config.databasePath), logLockFailure),
		now: () => new Date(),
		done({ name, state, bytes, error }, seconds, unexpected) {
			if (state === "done") log.info({ backup: name, bytes, seconds }, "backup created");
			else if (unexpected === undefined) log.error({ backup: name, seconds }, `backup failed: ${error}`);
			else log.error({ backup: name, seconds, err: unexpected }, "backup failed: unexpected error");
		},
	});
	const begin = async () => {
		try {
			await service.begin();
		} catch (error) {
			if (error instanceof AppError) log.warn(`scheduled backup skipped: ${error.detail}`);
			else log.error({ err: error }, "scheduled backup skipped: unexpected error");
		}
	};
	const isDue = schedule === undefined ? () => false : follow(schedule, clock.now());
	const check = () => {
		const now = clock.now();
		if (clock.isTrusted() && isDue(now, clock.steadyNow().getTime())) void begin();
	};
	const timer = schedule === undefined ? undefined : setInterval(check, checkIntervalMs);
	timer?.unref();
	return {
		service,
		/** Stops the schedule and kills a running backup. */
		async end() {
			clearInterval(timer);
			await childBackups.stop();
			await service.ended();
			clearBackups(config);
		},
	};
}

const anyClock = { now: () => new Date(), steadyNow: () => new Date(performance.now()), isTrusted: () => true };
