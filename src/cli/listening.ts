import { isIP } from "node:net";
import type { Config } from "../config";
import { OperatorError } from "../errors";

/** Begins to listen. Throws OperatorError where that is not possible, which says why. */
export function listening<T>({ host, port }: Pick<Config, "host" | "port">, listen: () => T): T {
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
				isIP(host) === 0
					? `The name ${host} is not that of an address of this machine. Set HOST.`
					: `This machine has no address ${host}. Set HOST.`,
			);
		if (["EMFILE", "ENFILE"].includes(code))
			throw new OperatorError("No file descriptor is left to listen with. Allow more: ulimit -n, or LimitNOFILE.");
		throw error;
	}
}
