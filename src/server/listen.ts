import type { Config } from "../config/config";
import { isRange } from "../core/address";
import { OperatorError } from "../core/errors";

/** Begins to listen. Throws OperatorError where that is not possible, which says why. */
export function listenOrExplain<T>({ host, port }: Pick<Config, "host" | "port">, listen: () => T): T {
	try {
		return listen();
	} catch (error) {
		const code = (error as NodeJS.ErrnoException).code ?? "";
		if (code === "EADDRINUSE")
			throw new OperatorError(`Port ${port} on ${host} is taken. Stop what uses it, or set PORT.`);
		if (code === "EACCES")
			throw new OperatorError(`Port ${port} needs more rights than this user has. Set PORT to 1024 or more.`);
		// For a name without an address, Bun gives EINVAL or ENOENT, whichever error came before.
		if (["EADDRNOTAVAIL", "ENOTFOUND", "EINVAL", "ENOENT"].includes(code))
			throw new OperatorError(
				isRange(host)
					? `This machine has no address ${host}. Set HOST.`
					: `The name ${host} is not that of an address of this machine. Set HOST.`,
			);
		if (["EMFILE", "ENFILE"].includes(code))
			throw new OperatorError("No file descriptor is left to listen with. Allow more: ulimit -n, or LimitNOFILE.");
		throw error;
	}
}

/** Where to reach what listens on `host`: everywhere means here, too. */
export function reachableHost(host: string): string {
	if (host === "0.0.0.0") return "127.0.0.1";
	if (host === "::") return "[::1]";
	return host.includes(":") ? `[${host}]` : host;
}

/** The address of a server as it can be reached. */
export function reachableUrl(address: string): string {
	const { hostname, port } = new URL(address);
	return `http://${reachableHost(hostname.replace(/^\[|\]$/g, ""))}:${port || 80}`;
}
