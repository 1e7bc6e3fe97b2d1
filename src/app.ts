import { type AnyElysia, Elysia } from "elysia";
import "./http/checks";
import { accountRoutes } from "./accounts/routes";
import { type AccountOptions, accountServices, type SignInOptions, signInServices } from "./accounts/services";
import type { Observer } from "./core/observer";
import { createRetention } from "./core/retention";
import type { Stores } from "./db/stores";
import { docs } from "./http/docs/swagger";
import { health } from "./http/health";
import type { Metrics } from "./http/metrics";
import { combined } from "./http/observe";
import { type HttpOptions, httpPlatform } from "./http/platform";
import { withProblems } from "./http/problem";
import { type InstanceOptions, instanceRoutes } from "./instance/routes";
import type { FileStore } from "./media/files";
import { mediaRoutes } from "./media/routes";
import { type MediaLimits, mediaService } from "./media/service";
import { createPictureUrls } from "./media/signed-urls";
import { socialRoutes } from "./social/routes";
import { exportRoutes } from "./takeout/routes";
import { trashRoutes } from "./trash/routes";

type Options = {
	stores: Stores;
	files: FileStore;
	media: MediaLimits;
	/** Days for which deleted posts, comments and accounts can be restored; 0 deletes permanently. */
	trashDays: number;
	observers?: Observer[];
	/** Metrics for /metrics; null disables it. */
	metrics?: Metrics | null;
	/** By default the clock of the stores. */
	now?: () => Date;
};
export type AppOptions = Options & AccountOptions & SignInOptions & HttpOptions & InstanceOptions;

/** Wires the whole application. It opens no files and no ports. */
export function buildApp({ stores, files, observers = [], metrics = null, ...options }: AppOptions) {
	const { now, steadyNow } = options.now ? { now: options.now, steadyNow: options.now } : stores.clock;
	const observer = combined(observers);
	const failed = (error: unknown) => observer.failed("", error);
	const media = mediaService({ images: stores.images, files, limits: options.media, now, failed });
	const pictureUrls = createPictureUrls({ secret: options.secret, now });
	const retention = createRetention({ days: options.trashDays, quota: options.media.userQuotaBytes, now });
	/** Returns at once: a large deletion runs in the background. */
	const finishDeleting = async () => void stores.trash.resume().then(media.collectSoon).catch(failed);
	const common = { stores, files, media, pictureUrls, retention, finishDeleting, failed, now };
	const accounts = accountServices({ ...options, ...common });
	const services = { ...common, ...accounts, ...signInServices({ ...options, ...common, services: accounts }) };
	const platform = httpPlatform({ ...options, ...services, observer, app: () => app, now: steadyNow });

	// The server and `app.handle` use the same router. Bun's router would run before it. Elysia's fast path for standard host
	// names misreads the path after a Host of fewer than four characters.
	const app = new Elysia({ systemRouter: false, handler: { standardHostname: false } })
		.use(platform.everyRequest)
		.use(health({ ready: () => stores.ping() }))
		.use(docs((): AnyElysia => app))
		.use(accountRoutes(platform, { ...services, corsOrigins: options.corsOrigins }))
		.use(socialRoutes(platform, services))
		.use(mediaRoutes(platform, services))
		.use(exportRoutes(platform, services))
		.use(trashRoutes(platform, services))
		.use(instanceRoutes(platform, { ...options, ...services }));
	if (metrics) app.use(metrics.route(platform, { ...services, isReadOnly: () => options.writeBlock?.() != null }));

	return { ...services, platform, app: withProblems(app) };
}

/** The type of the whole API: `treaty<App>()` of @elysiajs/eden makes a typed client from it. */
export type App = ReturnType<typeof buildApp>["app"];
