import type { Config } from "../config";
import { OperatorError } from "../errors";

/** Begins to listen. Throws OperatorError where that is not possible, which says why. */
export function listening<T>({ host, port }: Pick<Config, "host" | "port">, listen: () => T): T {
	try {
		return listen();
	} catch (error) {
		const code = (error as NodeJS.ErrnoException).code;
		if (code === "EADDRINUSE")
			throw new OperatorError(`Port ${port} on ${host} is taken. Stop what uses it, or set PORT.`);
		if (code === "EACCES")
			throw new OperatorError(`Port ${port} needs more rights than this user has. Set PORT to 1024 or more.`);
		if (["EADDRNOTAVAIL", "ENOTFOUND", "EINVAL"].includes(code ?? ""))
			throw new OperatorError(`This machine has no address ${host}. Set HOST.`);
		throw error;
	}
}
