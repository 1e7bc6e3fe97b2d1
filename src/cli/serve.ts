import { buildApp } from "../app";
import { keptSecret } from "../auth/secret";
import type { Config } from "../config";
import { openStores } from "../db/open";
import { AppError, StartupError } from "../errors";
import { respond } from "../http/problem";
import { commit, version } from "../version";

/** Longest body that is received at all, in bytes; routes have smaller limits of their own. */
const maxBodyBytes = 16 * 1024 * 1024;
/** How long running requests have to finish after the signal to stop, in milliseconds. */
const stopWithin = 8_000;

/** Serves until it is told to stop. Throws StartupError when it cannot start. */
export async function serve(
	config: Config,
	output: { log: (line: string) => void; error: (...data: unknown[]) => void },
) {
	const secret = config.secretKey ?? keptSecret(config.dataDir);
	const stores = openStores({
		path: config.databasePath,
		durability: config.durability,
		secret,
	});
	const { app, accounts } = buildApp({
		...config,
		stores,
		secret,
		log: output.error,
	});
	if (config.admin && !(await stores.users.credentialsByLogin(config.admin.username)))
		await accounts.create(config.admin, "admin").catch((error) => {
			throw error instanceof AppError
				? new StartupError(`The first administrator cannot be made: ${reason(error)}`)
				: error;
		});

	try {
		app.listen({
			hostname: config.host,
			port: config.port,
			reusePort: false, // Elysia's default lets two copies share a port
			maxRequestBodySize: maxBodyBytes,
			error: (error: unknown) => {
				output.error("the server failed", error);
				return respond(new AppError("internal", "Something broke on our side."), "");
			},
		});
	} catch (error) {
		await stores.close();
		throw explained(error, config);
	}

	const stop = async () => {
		process.once("SIGTERM", () => process.exit(1)).once("SIGINT", () => process.exit(1));
		const timer = setTimeout(() => app.server?.stop(true), stopWithin);
		await app.stop();
		clearTimeout(timer);
		await stores.close();
		process.exit(0);
	};
	process.once("SIGTERM", stop).once("SIGINT", stop);

	const address = String(app.server?.url).replace(/\/$/, "");
	for (const line of [
		commit ? `minifeed ${version} (${commit})` : `minifeed ${version}`,
		"",
		`  listening on   ${address}`,
		`  documentation  ${address}/docs`,
		`  database       ${config.databasePath}`,
		"",
		"Make the first account:",
		`  curl ${address}/auth/register -H 'Content-Type: application/json' \\`,
		`    -d '{"username": "ada", "email": "ada@example.com", "password": "correct horse battery"}'`,
	])
		output.log(line);
}

const reason = (error: AppError) =>
	[error.detail, ...(error.errors ?? []).map(({ pointer, detail }) => `${pointer.slice(1)}: ${detail}`)].join(" ");

function explained(error: unknown, { host, port }: Config): unknown {
	const code = (error as NodeJS.ErrnoException).code;
	if (code === "EADDRINUSE")
		return new StartupError(`Port ${port} on ${host} is taken. Stop what uses it, or set PORT.`);
	if (code === "EACCES")
		return new StartupError(`Port ${port} needs more rights than this user has. Set PORT to 1024 or more.`);
	if (code === "EADDRNOTAVAIL") return new StartupError(`This machine has no address ${host}. Set HOST.`);
	return error;
}
