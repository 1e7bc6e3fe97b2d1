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

/** Bun itself refuses bodies longer than this many bytes, with a bare 413. Routes have smaller limits, and say more. */
const maxBodyBytes = 1024 ** 3;
/** How often the server looks whether something keeps it from writing, while no requests come, in milliseconds. */
const checkIntervalMs = 2_000;
/** A connection that is silent for longer is closed. */
const idleTimeoutSeconds = 30;
/** How long running requests have to finish after the signal to stop, in milliseconds. */
const requestDrainMs = 8_000;
/** Between the start and the work that the server does beside its requests. */
const backgroundDelayMs = 300;

/** Serves until it is told to stop. Throws OperatorError when it cannot start. */
export async function serve(terminal: Terminal) {
	const config = loadConfig(terminal.env);
	requirePermissions(config);
	engine.resumeReplace(config.databasePath); // before the key is read: a restore that was cut short may bring another
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

/** Opens everything, and has `end` close it again. */
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
	shutdown.add("closing the database", stores.close);
	const clockBlock = clockWriteBlock(stores.clock, log);
	const writeBlock = () => clockBlock() ?? operatorBlock();
	const isReadOnly = () => blocksAllWrites(writeBlock());
	if (isNewKey && !isInMemory(config.databasePath) && engine.needsKey(config.databasePath))
		log.warn(`${keyFile(config.dataDir)} was missing, and another was made. Put it back: ${newKeyConsequence}.`);
	// Most run without, and save the memory.
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
	shutdown.add(
		"ending the look at the clock",
		watchWrites({ isReadOnly, firstAdmin: isAdminDue ? firstAdmin : null, log }),
	);
	const address = String(app.server?.url).replace(/\/$/, "");
	if (!isInMemory(config.databasePath)) {
		const { writeServerFile } = await import("./running"); // when the server listens already
		shutdown.add(
			"deleting server.json",
			await writeServerFile({ config, env: terminal.env, address, liveFindings, isReadOnly, log }),
		);
	}
	shutdown.add(
		"ending the housekeeping",
		startLater(() => housekeeping({ stores, files, media, config, log, isReadOnly })),
	);
	shutdown.add("ending the work on the trash", stores.trash.end);
	shutdown.add("ending the work on pictures", media.end); // before the housekeeping, which waits for it
	if (backups) shutdown.add("ending the backup", backups.end);
	shutdown.add("finishing the requests", () => finishRequests(app));

	// What the start leaves behind, nothing would collect while nobody calls. Later, so that the first call need not wait.
	setTimeout(() => Bun.gc(true), 1_000).unref();

	await announce(address, { terminal, log, config, stores, oneTimeLinks, isReadOnly });
}

type App = ReturnType<typeof buildApp>["app"];
type Serving = { config: Config; port: number; log: Log };

/** Elysia's `listen` makes its handler three times and collects garbage as often, before the first request. */
const serveApp = (app: App, { config, port, log }: Serving) =>
	listenOrExplain(config, () =>
		Bun.serve({
			hostname: config.host,
			port,
			reusePort: false, // or two copies could share a port
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
 * Makes the first administrator once writes are allowed. `isReadOnly` also logs a wrong clock, while no requests come. Returns a
 * function that ends the watch.
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

/** Starts work a moment later, so that the first requests need not wait for it. Returns a function that ends it. */
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

/** Before any of it is touched. */
function requirePermissions({ dataDir, databasePath, uploadDir, secretKey }: Config) {
	if (secretKey === undefined) requireFilePermissions({ path: keyFile(dataDir), kind: "file", option: "DATA_DIR" });
	if (isInMemory(databasePath)) return;
	engine.requirePermissions(databasePath);
	requireFilePermissions({ path: uploadDir, kind: "folder", option: "UPLOAD_DIR" });
}

/** What a request met that is no fault of its own, once. */
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

/** Before anything is written to a database that is not the one of the pictures. */
function requireMatchingPictures({ databasePath, uploadDir }: Config) {
	if (isInMemory(databasePath)) return;
	engine.assertNotEmptied(databasePath);
	const hasDatabase = (statSync(databasePath, { throwIfNoEntry: false })?.size ?? 0) > 0;
	requireFolderOf(uploadDir, () => (hasDatabase ? engine.instanceOf(databasePath) : null));
}

/** At once: whoever still reads here may read what no disk has. */
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
		if (found.role !== "admin") log.warn(`ADMIN_USERNAME names ${found.username}, who is no admin and is left so.`);
		return;
	}
	await accounts.admin.create(admin, "admin", operator).catch((error) => {
		throw error instanceof AppError
			? new OperatorError(`The first administrator cannot be made: ${formatError(error)}`)
			: error;
	});
}
