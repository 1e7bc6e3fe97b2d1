import type { Config } from "../config";
import type { Stores } from "../db/stores";
import { clearIncoming } from "../http/upload";
import type { Log } from "../log";
import type { FileStore } from "../media/files";
import type { MediaService } from "../media/service";
import { grace, sweep } from "../media/sweep";
import { tooMany } from "./media";

const daily = 24 * 60 * 60 * 1000;

type Options = { stores: Stores; files: FileStore; media: MediaService; config: Config; log: Log };

/** What a server does at its start and once a day, beside its work. Gives what ends it. */
export function housekeeping({ stores: { images }, files, media, config, log }: Options): () => Promise<void> {
	const end = new AbortController();
	const run = async () => {
		try {
			await media.collect();
			await clearIncoming(config.incomingDir, new Date(Date.now() - grace));
			const swept = await sweep({ images, files }, { signal: end.signal });
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
