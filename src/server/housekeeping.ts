import { rememberedFor } from "../accounts/invites/service";
import type { Config } from "../config/config";
import type { Log } from "../core/log";
import type { Stores } from "../db/stores";
import { clearIncoming } from "../http/upload";
import { clearBackups } from "../instance/replace/stage";
import type { FileStore } from "../media/files";
import type { MediaService } from "../media/service";
import { describeMissing, minAgeMs, sweep } from "../media/sweep";

const hourly = 60 * 60 * 1000;
const daily = 24 * hourly;

type Options = {
	stores: Stores;
	files: FileStore;
	media: MediaService;
	config: Pick<Config, "auditDays" | "trashDays" | "incomingDir" | "uploadDir" | "databasePath" | "backup">;
	log: Pick<Log, "info" | "warn" | "observer">;
	isReadOnly: () => boolean;
	now?: () => Date;
};

/**
 * Runs the maintenance jobs at the start, then hourly or daily. In read-only mode it skips them.
 * While the clock is not trusted, it deletes nothing by age. Returns a function that stops the jobs.
 */
export function housekeeping({
	stores,
	files,
	media,
	config,
	log,
	isReadOnly,
	now: clock = stores.clock.now,
}: Options): () => Promise<void> {
	const end = new AbortController();
	let hoursUntilDaily = 0;
	const run = async () => {
		try {
			if (isReadOnly()) return;
			const now = clock();
			const isTrusted = stores.clock.isTrusted(); // after `now`, to notice a clock step in between
			await stores.trash.resume();
			if (isTrusted) {
				const deleted = await stores.trash.sweep(new Date(now.getTime() - config.trashDays * daily));
				if (deleted > 0) log.info({ gone: deleted }, "permanently deleted expired content from the trash");
			}
			await media.collect();
			if (hoursUntilDaily > 0) hoursUntilDaily--;
			else if (isTrusted) {
				hoursUntilDaily = 23;
				await runDailyJobs(now);
			}
		} catch (error) {
			if (!end.signal.aborted) log.observer.failed("", error);
		}
	};
	const runDailyJobs = async (now: Date) => {
		await stores.sessions.sweep(now);
		await stores.links.sweep(new Date(now.getTime() - rememberedFor));
		await stores.audit.sweep(new Date(now.getTime() - config.auditDays * daily));
		clearBackups(config);
		await clearIncoming(config.incomingDir, new Date(now.getTime() - minAgeMs));
		const swept = await sweep(
			{ images: stores.images, files, exclusively: media.exclusively },
			{ now, signal: end.signal },
		);
		if (swept.files + swept.images > 0) log.info(swept, "deleted orphaned picture files");
		if (swept.images > 0) media.collectSoon(); // deletes the second file of each
		if (swept.missing > 0) log.warn(swept, describeMissing(swept.missing, config.uploadDir));
	};
	let running = run();
	const timer = setInterval(() => {
		running = run();
	}, hourly);
	timer.unref();
	return async () => {
		clearInterval(timer);
		end.abort();
		await running;
	};
}
