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
 * Runs the jobs of a server at its start, then once an hour or once a day, but not while nothing may be written.
 * Nothing is deleted by age while the clock is not trusted. Gives what ends it.
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
			const isTrusted = stores.clock.isTrusted(); // after `now`, so that a step in between is noticed
			await stores.trash.resume();
			if (isTrusted) {
				const accounts = await stores.trash.sweep(new Date(now.getTime() - config.trashDays * daily));
				if (accounts > 0) log.info({ gone: accounts }, "deleted for ever what nobody brought back");
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
		if (swept.files + swept.images > 0) log.info(swept, "swept the files of pictures");
		if (swept.images > 0) media.collectSoon(); // the other file of each
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
