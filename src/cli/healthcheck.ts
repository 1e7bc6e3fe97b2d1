import { loadConfig } from "../config";
import { OperatorError } from "../errors";
import { print, type Terminal } from "./terminal";

/** How long the server has to answer, in milliseconds. */
const patience = 3_000;

/** Asks the server that the environment configures whether it is ready: containers have no curl to do it with. */
export async function healthcheck(terminal: Terminal) {
	const { host, port, allowedHosts } = loadConfig(terminal.env);
	const url = `http://${reachable(host)}:${port}/readyz`;
	const headers = allowedHosts[0] ? { host: allowedHosts[0] } : undefined;
	const response = await fetch(url, { headers, signal: AbortSignal.timeout(patience) }).catch(() => null);
	if (!response) throw new OperatorError(`Nothing answers at ${url}.`);
	if (!response.ok) throw new OperatorError(`${url} answers ${response.status}: the server is not ready.`);
	print(terminal, "ready");
}

/** Where to reach what listens on `host`: everywhere means here, too. */
export function reachable(host: string): string {
	if (host === "0.0.0.0") return "127.0.0.1";
	if (host === "::") return "[::1]";
	return host.includes(":") ? `[${host}]` : host;
}
