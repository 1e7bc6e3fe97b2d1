import type { Config } from "../config/config";
import { AppError, OperatorError } from "../core/errors";
import type { Log } from "../core/log";
import { engine } from "../db/open";
import { corsHeaders } from "../http/cors";
import { respond } from "../http/problem";
import { listenOrExplain } from "./listen";
import type { MigrationJob, WorkerMessage } from "./upgrade.worker";

/**
 * Brings the database of a server up to date, if it has to be, while whoever calls is told to come back. It takes a thread
 * of its own: this one could not say anything meanwhile. Gives the port to go on with. Throws OperatorError.
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

/** Answers requests while the database is brought up to date. */
export function answerMigrating(corsOrigins: string[]) {
	const cors = corsHeaders(corsOrigins);
	return (request: Request): Response => {
		const id = crypto.randomUUID();
		const response = answer(request, id);
		for (const [name, value] of Object.entries(cors(request))) response.headers.set(name, value);
		response.headers.set("x-request-id", id);
		response.headers.set("cache-control", "no-store");
		response.headers.set("connection", "close"); // the next request meets another server
		return response;
	};
}

function answer(request: Request, id: string): Response {
	if (new URL(request.url).pathname === "/livez") return Response.json({ status: "ok" });
	if (request.method === "OPTIONS") return new Response(null, { status: 204 }); // a refused preflight hides the 503
	return respond(new AppError("busy", "The database is being brought up to date. Try again shortly."), id);
}

function migrateInWorker(work: MigrationJob, notify: (what: string) => void): Promise<void> {
	const worker = new Worker(new URL("./upgrade.worker.ts", import.meta.url));
	return new Promise<void>((resolve, reject) => {
		worker.onmessage = ({ data }: MessageEvent<WorkerMessage>) => {
			if ("notify" in data) return notify(data.notify);
			if (data.refused === null) resolve();
			else reject(new OperatorError(data.refused));
		};
		worker.onerror = ({ message }) => reject(new Error(`Bringing the database up to date broke: ${message}`));
		worker.addEventListener("close", () => reject(new Error("Bringing the database up to date ended early.")));
		worker.postMessage(work);
	}).finally(() => worker.terminate());
}
