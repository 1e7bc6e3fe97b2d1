import { existsSync, statSync } from "node:fs";
import { lazyArgon2 } from "../accounts/users/argon2";
import type { AccountService } from "../accounts/users/service";
import { buildApp } from "../app";
import { type Config, configWarnings, loadConfig } from "../config/config";
import { AppError, formatError, OperatorError } from "../core/errors";
import { type Log, openLog } from "../core/log";
import type { Observer } from "../core/observer";
import { operator } from "../core/permissions";
import { printError, type Terminal } from "../core/terminal";
import { isInMemory } from "../db/engine";
import { engine, openStores } from "../db/open";
import type { Stores } from "../db/stores";
import { requireFilePermissions } from "../disk/permissions";
import { respond, unexpected } from "../http/problem";
import { blocksAllWrites } from "../http/read-only";
import { ownCommand } from "../instance/backup/service";
import { clockFound, failedBackup, proxyFound } from "../instance/doctor/live";
import { doctorInChildProcess } from "../instance/doctor/service";
import { openFileStore } from "../instance/open";
import { keyFile, loadOrCreateSecret, newKeyConsequence } from "../instance/secret-key";
import { requireFolderOf } from "../media/disk";
import { announce } from "./announce";
import { scheduledBackups } from "./backup-schedule";
import { housekeeping } from "./housekeeping";
import { listenOrExplain } from "./listen";
import { createShutdown, type Shutdown } from "./shutdown";
import { migrateBeforeServing } from "./upgrade";
import { clockWriteBlock, logChanges, watchWriteBlock } from "./write-block";

/** Bun refuses longer bodies with a bare 413. The routes have smaller limits with a problem body. */
const maxBodyBytes = 1024 ** 3;
/** Interval at which the server checks for read-only mode without requests. */
const checkIntervalMs = 2_000;
/** Bun closes connections that are silent for longer. */
const idleTimeoutSeconds = 30;
/** Time for running requests to finish after the signal to stop. */
const requestDrainMs = 8_000;
/** Delay of background jobs after the start. */
const backgroundDelayMs = 300;

/** Serves until a signal stops the server. Throws OperatorError when it cannot start. */
export async function serve(terminal: Terminal) {
	const config = loadConfig(terminal.env);
	requirePermissions(config);
	engine.resumeReplace(config.databasePath); // before the secret key is read: an interrupted restore may replace it
	requireMatchingPictures(config);
	const isNewKey = config.secretKey === undefined && !existsSync(keyFile(config.dataDir));
	const secret = config.secretKey ?? loadOrCreateSecret(config.dataDir);
	const log = await openLog(config.log, terminal);
	for (const warning of [...(terminal.warnings ?? []), ...configWarnings(terminal.env)]) log.warn(warning);
	const port = await migrateBeforeServing(config, log);
	const shutdown = createShutdown({ log });
	shutdown.handleSignals();
	try {
		await open(terminal, { config, log, port, secret, isNewKey, shutdown });
	} catch (error) {
		await shutdown.run();
		throw error;
	}
}

type OpenOptions = { config: Config; log: Log; port: number; secret: string; isNewKey: boolean; shutdown: Shutdown };

/** Opens all resources, and adds to `shutdown` the steps that close them. */
async function open(terminal: Terminal, { config, log, port, secret, isNewKey, shutdown }: OpenOptions) {
	const operatorBlock = watchWriteBlock({ config, log });
	const stores = openStores({
		path: config.databasePath,
		durability: config.durability,
		secret,
		isReadOnly: () => operatorBlock()?.why === "maintenance",
		onDiskFailure: exitOnDiskFailure(terminal),
		warn: (warning) => log.warn(warning),
	});
	shutdown.add("database", stores.close);
	const clockBlock = clockWriteBlock(stores.clock, log);
	const writeBlock = () => clockBlock() ?? operatorBlock();
	const isReadOnly = () => blocksAllWrites(writeBlock());
	if (isNewKey && !isInMemory(config.databasePath) && engine.needsKey(config.databasePath))
		log.warn(
			`${keyFile(config.dataDir)} was missing, so the server created a new one. Put the old file back: ${newKeyConsequence}.`,
		);
	// Loaded only when enabled, which saves memory.
	const metrics = config.metrics ? (await import("../http/metrics")).metrics() : null;
	const files = await openFileStore(stores, config, logChanges(log));
	const backups = isInMemory(config.databasePath)
		? null
		: scheduledBackups({ config, env: terminal.env, log, clock: stores.clock });
	const liveFindings = async () => [
		proxyFound(platform.untrustedForwarder()),
		...clockFound(stores.clock),
		...((await backups?.service.list()) ?? []).flatMap(failedBackup),
	];
	const doctor = doctorInChildProcess({
		command: ownCommand(),
		env: terminal.env,
		liveFindings,
		failed: (error) => log.observer.failed("", error),
	});
	const { app, accounts, media, oneTimeLinks, platform } = buildApp({
		...config,
		backups: backups?.service,
		doctor,
		stores,
		files,
		secret,
		writeBlock,
		argon2: lazyArgon2({ dataDir: config.dataDir, warn: (problem) => log.warn(problem) }),
		metrics,
		observers: [log.observer, corruptionLogger(stores, log), ...(metrics ? [metrics.observer] : [])],
	});
	const firstAdmin = () => makeFirstAdmin({ config, stores, accounts, log });
	const isAdminDue = isReadOnly();
	if (!isAdminDue) await firstAdmin();
	app.server = serveApp(app, { config, port, log });
	shutdown.add("read-only check", watchWrites({ isReadOnly, firstAdmin: isAdminDue ? firstAdmin : null, log }));
	const address = String(app.server?.url).replace(/\/$/, "");
	if (!isInMemory(config.databasePath)) {
		const { writeServerFile } = await import("./running"); // imported after the server listens, for a faster start
		shutdown.add(
			"server.json",
			await writeServerFile({ config, env: terminal.env, address, liveFindings, isReadOnly, log }),
		);
	}
	shutdown.add(
		"housekeeping",
		startLater(() => housekeeping({ stores, files, media, config, log, isReadOnly })),
	);
	shutdown.add("trash", stores.trash.end);
	shutdown.add("pictures", media.end); // before the housekeeping, which waits for it
	if (backups) shutdown.add("backups", backups.end);
	shutdown.add("requests", () => finishRequests(app));

	// Frees the memory of the start, which stays allocated without requests. Delayed, to not slow down the first request.
	setTimeout(() => Bun.gc(true), 1_000).unref();

	await announce(address, { terminal, log, config, stores, oneTimeLinks, isReadOnly });
}

type App = ReturnType<typeof buildApp>["app"];
type Serving = { config: Config; port: number; log: Log };

/** Without Elysia's `listen`, which builds its handler and collects garbage three times before the first request. */
const serveApp = (app: App, { config, port, log }: Serving) =>
	listenOrExplain(config, () =>
		Bun.serve({
			hostname: config.host,
			port,
			reusePort: false, // or two servers could share a port
			development: false,
			idleTimeout: idleTimeoutSeconds,
			maxRequestBodySize: maxBodyBytes,
			fetch: app.fetch,
			error: (error: unknown) => {
				const id = Bun.randomUUIDv7();
				log.observer.failed(id, error);
				const response = respond(unexpected(error), id);
				response.headers.set("x-request-id", id);
				response.headers.set("cache-control", "no-store");
				return response;
			},
		}),
	);

type WatchOptions = { isReadOnly: () => boolean; firstAdmin: (() => Promise<void>) | null; log: Log };

/**
 * Creates the first administrator once writes are allowed. Calling `isReadOnly` also logs a wrong clock when no requests come.
 * Returns a function that stops the checks.
 */
function watchWrites({ isReadOnly, firstAdmin, log }: WatchOptions): () => void {
	let pendingAdmin = firstAdmin;
	const timer = setInterval(() => {
		if (isReadOnly() || !pendingAdmin) return;
		pendingAdmin().catch((error) => log.observer.failed("", error));
		pendingAdmin = null;
	}, checkIntervalMs);
	timer.unref();
	return () => clearInterval(timer);
}

async function finishRequests(app: App) {
	const timer = setTimeout(() => app.server?.stop(true).catch(() => {}), requestDrainMs);
	await app.stop().finally(() => clearTimeout(timer));
}

/** Starts background work after a delay, so that first requests need not wait. Returns a function that stops it. */
function startLater(work: () => () => Promise<void>): () => Promise<void> {
	let end = async () => {};
	const timer = setTimeout(() => {
		end = work();
	}, backgroundDelayMs);
	return () => {
		clearTimeout(timer);
		return end();
	};
}

/** Runs before the server touches any file. */
function requirePermissions({ dataDir, databasePath, uploadDir, secretKey }: Config) {
	if (secretKey === undefined) requireFilePermissions({ path: keyFile(dataDir), kind: "file", option: "DATA_DIR" });
	if (isInMemory(databasePath)) return;
	engine.requirePermissions(databasePath);
	requireFilePermissions({ path: uploadDir, kind: "folder", option: "UPLOAD_DIR" });
}

/** Logs the first corruption that a request meets. */
function corruptionLogger(stores: Stores, log: Log): Observer {
	let isLogged = false;
	return {
		failed(_, error) {
			const damage = stores.describeCorruption(error);
			if (damage && !isLogged) log.error(damage);
			isLogged ||= damage !== null;
		},
	};
}

/** Throws OperatorError when UPLOAD_DIR belongs to another database. Runs before the first write. */
function requireMatchingPictures({ databasePath, uploadDir }: Config) {
	if (isInMemory(databasePath)) return;
	engine.assertNotEmptied(databasePath);
	const hasDatabase = (statSync(databasePath, { throwIfNoEntry: false })?.size ?? 0) > 0;
	requireFolderOf(uploadDir, () => (hasDatabase ? engine.instanceOf(databasePath) : null));
}

/** Exits at once: after a failed write, requests could read data that is not on the disk. */
const exitOnDiskFailure =
	(terminal: Terminal) =>
	({ message }: OperatorError) => {
		printError(terminal, message);
		process.exit(1);
	};

type FirstAdmin = { config: Config; stores: Stores; accounts: AccountService; log: Log };

async function makeFirstAdmin({ config: { admin }, stores, accounts, log }: FirstAdmin) {
	if (!admin) return;
	const found = await stores.users.accountByLogin(admin.username);
	if (found) {
		if (found.role !== "admin")
			log.warn(
				`ADMIN_USERNAME is ${found.username}, whose account is not an administrator. The server does not change its role.`,
			);
		return;
	}
	await accounts.admin.create(admin, "admin", operator).catch((error) => {
		throw error instanceof AppError
			? new OperatorError(`The first administrator cannot be created: ${formatError(error)}`)
			: error;
	});
}
