import { clearBackups } from "../backup/create";
import type { Config } from "../config";
import type { Stores } from "../db/stores";
import { clearIncoming } from "../http/upload";
import { rememberedFor } from "../links/service";
import type { Log } from "../log";
import type { FileStore } from "../media/files";
import type { MediaService } from "../media/service";
import { grace, sweep } from "../media/sweep";
import { tooMany } from "./media";

const daily = 24 * 60 * 60 * 1000;

type Options = { stores: Stores; files: FileStore; media: MediaService; config: Config; log: Log };

/** What a server does at its start and once a day, beside its work. Gives what ends it. */
export function housekeeping({ stores, files, media, config, log }: Options): () => Promise<void> {
	const end = new AbortController();
	const run = async () => {
		try {
			const now = new Date();
			await stores.sessions.sweep(now);
			await stores.links.sweep(new Date(now.getTime() - rememberedFor));
			await stores.audit.sweep(new Date(now.getTime() - config.auditDays * daily));
			await stores.trash.resume();
			const gone = await stores.trash.sweep(new Date(now.getTime() - config.undoDays * daily));
			if (gone > 0) log.info({ gone }, "deleted for ever what nobody brought back");
			await media.collect();
			clearBackups(config);
			await clearIncoming(config.incomingDir, new Date(now.getTime() - grace));
			const swept = await sweep({ images: stores.images, files }, { signal: end.signal });
			if (swept.files + swept.images > 0) log.info(swept, "swept the files of pictures");
			if (swept.missing > 0) log.warn(swept, tooMany(swept.missing, config.uploadDir));
		} catch (error) {
			if (!end.signal.aborted) log.observer.failed("", error);
		}
	};
	let running = run();
	const timer = setInterval(() => {
		running = run();
	}, daily);
	timer.unref();
	return async () => {
		clearInterval(timer);
		end.abort();
		await running;
	};
}
