import { get } from "node:http";
import { loadConfig } from "../config/config";
import { list } from "../config/read-options";
import { OperatorError } from "../core/errors";
import { print, type Terminal } from "../core/terminal";
import { reachableHost, reachableUrl } from "../server/listen";
import { runningServer } from "../server/running";

const timeoutMs = 3_000;

/**
 * Succeeds when the server is ready, for containers without curl. Takes the address from server.json.
 * Without that file it uses HOST and PORT. Throws OperatorError.
 */
export async function healthcheck(terminal: Terminal) {
	const { host, port, dataDir, allowedHosts } = loadConfig(terminal.env);
	const server = runningServer(dataDir);
	const isKnown = server !== null && "address" in server;
	const serverAddress = isKnown ? [reachableUrl(server.address)] : [];
	const addresses = [...new Set([...serverAddress, `http://${reachableHost(host)}:${port}`])];
	// The server refuses other hosts, and this shell may lack its ALLOWED_HOSTS.
	const [allowedHost] = isKnown ? list(String(server.options.ALLOWED_HOSTS ?? "")) : allowedHosts;
	const headers = allowedHost ? { host: allowedHost } : undefined;
	for (const address of addresses) {
		const url = `${address}/readyz`;
		const status = await statusOf(url, headers);
		if (status === 200) return print(terminal, "ready");
		if (status !== null) throw new OperatorError(`The server is not ready: ${url} answers ${status}.`);
	}
	throw new OperatorError(`No server answers at ${addresses.map((address) => `${address}/readyz`).join(" or ")}.`);
}

/** Resolves to null without an answer. Not with `fetch`, which would use HTTP_PROXY. */
const statusOf = (url: string, headers: Record<string, string> | undefined): Promise<number | null> =>
	new Promise((resolve) => {
		const request = get(url, { headers, agent: false, timeout: timeoutMs }, (response) => {
			resolve(response.statusCode ?? null);
			response.destroy();
		});
		request.on("error", () => resolve(null)).on("timeout", () => request.destroy(new Error("timeout")));
	});
