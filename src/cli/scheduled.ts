import { join } from "node:path";
import { clearBackups } from "../backup/create";
import { backupService, backupsApart, ownCommand } from "../backup/service";
import type { Config } from "../config";
import { isBackedUp } from "../db/open";
import { realPath } from "../disk";
import { AppError } from "../errors";
import type { Log } from "../log";
import { once } from "./holds";
import type { Terminal } from "./terminal";

type Options = {
	config: Pick<Config, "backup" | "databasePath">;
	env: Terminal["env"];
	log: Pick<Log, "info" | "warn" | "error">;
	/** How this program is called. */
	command?: string[];
};

/** The backups of a server: those that administrators ask for, and those that BACKUP_SCHEDULE says. */
export function scheduledBackups({ config, env, log, command = ownCommand() }: Options) {
	const { directory, schedule } = config.backup;
	const apart = backupsApart({ command, env });
	const lookFailed = once(log);
	const service = backupService({
		folder: directory,
		make: (name) => apart.make(join(directory, name)),
		isRunning: () => isBackedUp(realPath(config.databasePath), lookFailed),
		now: () => new Date(),
		done({ name, state, bytes, error }, seconds) {
			if (state === "done") log.info({ backup: name, bytes, seconds }, "made a backup");
			else log.error({ backup: name, seconds }, `the backup failed: ${error}`);
		},
	});
	const job =
		schedule === undefined
			? null
			: Bun.cron(schedule, async () => {
					try {
						await service.begin();
						await service.ended(); // the next one is not before that
					} catch (error) {
						log.warn(error instanceof AppError ? `no backup: ${error.detail}` : `no backup: ${error}`);
					}
				});
	job?.unref();
	return {
		service,
		/** Gives up the one that runs. */
		async end() {
			job?.stop();
			await apart.stop();
			await service.ended();
			clearBackups(config);
		},
	};
}
