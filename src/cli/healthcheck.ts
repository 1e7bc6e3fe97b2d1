import { get } from "node:http";
import { loadConfig } from "../config/config";
import { OperatorError } from "../core/errors";
import { print, type Terminal } from "../core/terminal";
import { reachableHost, reachableUrl } from "../server/listen";
import { runningServer } from "../server/running";

/** How long the server has to answer, in milliseconds. */
const timeoutMs = 3_000;

/**
 * Asks the server of the configured data whether it is ready: containers have no curl to do it with. The server tells where
 * it listens; a server that could not write that down is asked where the environment says.
 */
export async function healthcheck(terminal: Terminal) {
	const { host, port, dataDir, allowedHosts } = loadConfig(terminal.env);
	const server = runningServer(dataDir);
	const serverAddress = server && "address" in server ? [reachableUrl(server.address)] : [];
	const addresses = [...new Set([...serverAddress, `http://${reachableHost(host)}:${port}`])];
	const headers = allowedHosts[0] ? { host: allowedHosts[0] } : undefined;
	for (const address of addresses) {
		const url = `${address}/readyz`;
		const status = await statusOf(url, headers);
		if (status === 200) return print(terminal, "ready");
		if (status !== null) throw new OperatorError(`${url} answers ${status}: the server is not ready.`);
	}
	throw new OperatorError(`Nothing answers at ${addresses.map((address) => `${address}/readyz`).join(" or ")}.`);
}

/** Null where nothing answers. Without `fetch`, which would ask the proxy of HTTP_PROXY. */
const statusOf = (url: string, headers: Record<string, string> | undefined): Promise<number | null> =>
	new Promise((resolve) => {
		const request = get(url, { headers, agent: false, timeout: timeoutMs }, (response) => {
			resolve(response.statusCode ?? null);
			response.destroy();
		});
		request.on("error", () => resolve(null)).on("timeout", () => request.destroy(new Error("timeout")));
	});
