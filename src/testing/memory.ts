import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AppOptions, buildApp } from "../app";
import type { Time } from "../core/clock";
import { inMemory } from "../db/engine";
import { openStores } from "../db/open";
import { memoryFiles } from "../media/memory";

/** Signs what ends with the process. */
export const secret = "a secret of the tests, long enough to sign with";

/** Opens an empty database in memory. */
export const memoryStores = (options: { time?: Time } = {}) =>
	openStores({ path: inMemory, durability: "full", secret, ...options });

/** The whole application over a database in memory, for tests: with the usual lifetimes, and hashes that cost nothing. */
export function memoryApp({
	stores = memoryStores(),
	...options
}: Partial<AppOptions> & Pick<AppOptions, "observers" | "now">) {
	const { app, accounts, media, oneTimeLinks, platform } = buildApp({
		secret,
		files: memoryFiles(),
		incomingDir: join(tmpdir(), "minifeed-incoming"),
		media: { maxUploadBytes: 10 * 1024 ** 2, userQuotaBytes: 500 * 1024 ** 2, minFreeBytes: 0 },
		accessTokens: { algorithm: "HS256", lifetimeSeconds: 1800 },
		refreshTokens: { lifetimeSeconds: 7 * 86_400 },
		passwords: { minLength: 8, memoryKib: 8, passes: 1 },
		registration: "open",
		invites: { by: "users", quota: 5 },
		trashDays: 7,
		corsOrigins: [],
		allowedHosts: [],
		trustedProxies: [],
		rateLimit: false,
		...options,
		stores,
	});
	return { app, accounts, media, oneTimeLinks, limits: platform.limits, stores };
}
