import type { Config } from "../config/config";
import { AppError, OperatorError } from "../core/errors";
import type { Log } from "../core/log";
import { engine } from "../db/open";
import { corsHeaders } from "../http/cors";
import { respond } from "../http/problem";
import { listenOrExplain } from "./listen";
import type { MigrationJob, WorkerMessage } from "./upgrade.worker";

/**
 * Applies pending migrations before the server starts, and answers requests with 503 meanwhile. Returns the port to use.
 * Migrations run in a worker, because SQLite blocks its thread. Throws OperatorError.
 */
export async function migrateBeforeServing(config: Config, log: Log): Promise<number> {
	const { databasePath: path, durability, host: hostname } = config;
	if (!engine.pendingUpgrade(path)) return config.port;
	const server = listenOrExplain(config, () =>
		Bun.serve({ hostname, port: config.port, reusePort: false, fetch: answerMigrating(config.corsOrigins) }),
	);
	try {
		const started = performance.now();
		await migrateInWorker({ path, durability }, (what) => log.info(`upgrade: ${what}`));
		log.info(`upgrade: done in ${Math.round(performance.now() - started)} ms`);
		return server.port ?? config.port;
	} finally {
		await server.stop(true);
	}
}

/** Returns a fetch handler for the time of the migrations: 200 on /livez, otherwise 503. */
export function answerMigrating(corsOrigins: string[]) {
	const cors = corsHeaders(corsOrigins);
	return (request: Request): Response => {
		const id = crypto.randomUUID();
		const response = answer(request, id);
		for (const [name, value] of Object.entries(cors(request))) response.headers.set(name, value);
		response.headers.set("x-request-id", id);
		response.headers.set("cache-control", "no-store");
		response.headers.set("connection", "close"); // the next request needs a connection to the real server
		return response;
	};
}

function answer(request: Request, id: string): Response {
	if (new URL(request.url).pathname === "/livez") return Response.json({ status: "ok" });
	if (request.method === "OPTIONS") return new Response(null, { status: 204 }); // a browser hides the 503 after a failed preflight
	return respond(new AppError("busy", "The server is upgrading its database. Try again shortly."), id);
}

function migrateInWorker(work: MigrationJob, notify: (what: string) => void): Promise<void> {
	const worker = new Worker(new URL("./upgrade.worker.ts", import.meta.url));
	return new Promise<void>((resolve, reject) => {
		worker.onmessage = ({ data }: MessageEvent<WorkerMessage>) => {
			if ("notify" in data) return notify(data.notify);
			if (data.refused === null) resolve();
			else reject(new OperatorError(data.refused));
		};
		worker.onerror = ({ message }) => reject(new Error(`The migration worker failed: ${message}`));
		worker.addEventListener("close", () => reject(new Error("The migration worker ended early.")));
		worker.postMessage(work);
	}).finally(() => worker.terminate());
}
