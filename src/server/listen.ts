import type { Config } from "../config/config";
import { isRange } from "../core/address";
import { OperatorError } from "../core/errors";

/** Calls `listen`. Throws OperatorError with advice when the address cannot be used. */
export function listenOrExplain<T>({ host, port }: Pick<Config, "host" | "port">, listen: () => T): T {
	try {
		return listen();
	} catch (error) {
		const code = (error as NodeJS.ErrnoException).code ?? "";
		if (code === "EADDRINUSE")
			throw new OperatorError(`Port ${port} on ${host} is in use. Stop the other program, or set PORT.`);
		if (code === "EACCES")
			throw new OperatorError(`You need more rights to listen on port ${port}. Set PORT to 1024 or more.`);
		// For a host name that does not resolve, Bun throws EINVAL or ENOENT.
		if (["EADDRNOTAVAIL", "ENOTFOUND", "EINVAL", "ENOENT"].includes(code))
			throw new OperatorError(
				isRange(host)
					? `This machine does not have the address ${host}. Set HOST to one of its addresses.`
					: `The name ${host} does not resolve to an address of this machine. Set HOST to one of its addresses.`,
			);
		if (["EMFILE", "ENFILE"].includes(code))
			throw new OperatorError("Too many files are open. Raise the limit with `ulimit -n` or LimitNOFILE.");
		throw error;
	}
}

/** Returns a host that reaches a server listening on `host`. For "all addresses" it is the loopback address. */
export function reachableHost(host: string): string {
	if (host === "0.0.0.0") return "127.0.0.1";
	if (host === "::") return "[::1]";
	return host.includes(":") ? `[${host}]` : host;
}

/** Returns the base URL that reaches a server listening at `address`. */
export function reachableUrl(address: string): string {
	const { hostname, port } = new URL(address);
	return `http://${reachableHost(hostname.replace(/^\[|\]$/g, ""))}:${port || 80}`;
}
